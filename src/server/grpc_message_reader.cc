// SPDX-License-Identifier: MIT
#include "server/grpc_message_reader.h"

#include "base/assert.h"
#include "server/coded_body.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ml_inference {

void GrpcMessageReader::reset(bool is_encoded) {
  next();
  is_encoded_ = is_encoded;
}

void GrpcMessageReader::next() {
  prefix_size_ = 0;
  inflater_.reset();
  share_.end(message_);
}

GrpcMessageReader::Progress GrpcMessageReader::feed(std::string_view bytes) {
  std::size_t consumed = 0;
  while (prefix_size_ < kPrefixSize) {
    if (consumed == bytes.size()) return {consumed, Status::need_more};
    prefix_[prefix_size_++] = static_cast<unsigned char>(bytes[consumed++]);
    if (prefix_size_ == kPrefixSize && !begin_message()) return {consumed, Status::refused};
  }
  const std::size_t taken = std::min(bytes.size() - consumed, missing_size());
  if (!take(bytes.substr(consumed, taken))) return {consumed, Status::refused};
  consumed += taken;
  if (missing_size() > 0) return {consumed, Status::need_more};
  return {consumed, end_message() ? Status::message : Status::refused};
}

// The prefix is known: takes memory for the whole message.
bool GrpcMessageReader::begin_message() {
  size_ = taken_size_ = 0;
  for (std::size_t i = 1; i < kPrefixSize; ++i) size_ = size_ << 8 | prefix_[i];
  if (prefix_[0] > 1) {
    return refuse(400, GrpcStatus::internal,
                  fmt::format("a message begins with the flag {}, expected 0 or 1", prefix_[0]));
  }
  const bool is_compressed = prefix_[0] == 1;
  if (is_compressed && !is_encoded_) {
    return refuse(400, GrpcStatus::internal,
                  "a message is compressed, and grpc-encoding does not say how");
  }
  if (const std::size_t limit = share_.size_max(size_max_); size_ > limit) {
    return refuse(413, GrpcStatus::resource_exhausted,
                  fmt::format("a message has {} bytes, the limit is {}", size_, limit));
  }
  if (is_compressed) {  // takes memory as it is decoded
    inflater_.emplace(Inflater::Format::either, size_max_, share_);
    return true;
  }
  if (!share_.take(size_)) return refuse_decoded(Inflater::Status::no_room);
  share_.make_room(message_, size_);
  return true;
}

// Decodes as bytes come, so that a large message never holds its loop for long.
bool GrpcMessageReader::take(std::string_view bytes) {
  taken_size_ += bytes.size();
  if (!inflater_) {
    message_ += bytes;
    return true;
  }
  if (bytes.empty()) return true;
  const Inflater::Status status = inflater_->feed(bytes, message_);
  return status == Inflater::Status::fine || refuse_decoded(status);
}

bool GrpcMessageReader::end_message() {
  if (!inflater_) return true;
  if (!inflater_->is_whole()) return refuse_decoded(Inflater::Status::broken);
  inflater_.reset();
  ASSERT(share_.take(message_.size()));  // less than it has
  return true;
}

bool GrpcMessageReader::refuse_decoded(Inflater::Status status) {
  switch (status) {
    case Inflater::Status::too_large:
      return refuse(413, GrpcStatus::resource_exhausted,
                    fmt::format("a message decompresses to more than the limit of {} bytes",
                                inflater_->size_max()));
    case Inflater::Status::no_room:
      return refuse(503, GrpcStatus::unavailable, std::string(kNoRoomForBody));
    case Inflater::Status::broken:
    case Inflater::Status::fine: break;
  }
  return refuse(400, GrpcStatus::internal, "a message is no whole gzip or zlib stream");
}

bool GrpcMessageReader::refuse(int status, GrpcStatus grpc_status, std::string detail) {
  refusal_ = {status, grpc_status, std::move(detail)};
  return false;
}

}  // namespace ml_inference
