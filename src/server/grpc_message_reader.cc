// SPDX-License-Identifier: MIT
#include "server/grpc_message_reader.h"

#include "api/http.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <zlib.h>

namespace ml_inference {
namespace {

constexpr int kAnyWindowBits =
    15 + 32;  // zlib.h: 32 more: the header says whether gzip's or zlib's

// What a decoded message takes at first, in sizes of the encoded one: numbers seldom shrink more.
constexpr std::size_t kExpectedRatio = 4;
constexpr std::size_t kDecodedSizeMin = 1024;

// zlib's state for one message; ends with it.
class Inflater {
 public:
  Inflater() { is_sound_ = inflateInit2(&stream_, kAnyWindowBits) == Z_OK; }
  ~Inflater() {
    if (is_sound_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  [[nodiscard]] bool is_sound() const { return is_sound_; }
  [[nodiscard]] z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
  bool is_sound_ = false;
};

}  // namespace

void GrpcMessageReader::reset(bool is_encoded) {
  next();
  is_encoded_ = is_encoded;
}

void GrpcMessageReader::next() {
  prefix_size_ = 0;
  message_.clear();
  if (message_.capacity() > kKeptBodySize) message_.shrink_to_fit();
  share_.release();
}

GrpcMessageReader::Progress GrpcMessageReader::feed(std::string_view bytes) {
  std::size_t consumed = 0;
  while (prefix_size_ < kPrefixSize) {
    if (consumed == bytes.size()) return {consumed, Status::need_more};
    prefix_[prefix_size_++] = static_cast<unsigned char>(bytes[consumed++]);
    if (prefix_size_ == kPrefixSize && !begin_message()) return {consumed, Status::refused};
  }
  const std::size_t taken = std::min(bytes.size() - consumed, missing_size());
  message_.append(bytes.substr(consumed, taken));
  consumed += taken;
  if (missing_size() > 0) return {consumed, Status::need_more};
  if (is_compressed_ && !inflate_message()) return {consumed, Status::refused};
  return {consumed, Status::message};
}

// The prefix is known: takes memory for the whole message.
bool GrpcMessageReader::begin_message() {
  size_ = 0;
  for (std::size_t i = 1; i < kPrefixSize; ++i) size_ = size_ << 8 | prefix_[i];
  if (prefix_[0] > 1) {
    return refuse(400, GrpcStatus::internal,
                  fmt::format("a message begins with the flag {}, expected 0 or 1", prefix_[0]));
  }
  is_compressed_ = prefix_[0] == 1;
  if (is_compressed_ && !is_encoded_) {
    return refuse(400, GrpcStatus::internal,
                  "a message is compressed, and grpc-encoding does not say how");
  }
  if (size_ > size_max_) {
    return refuse(413, GrpcStatus::resource_exhausted,
                  fmt::format("a message has {} bytes, the limit is {}", size_, size_max_));
  }
  return reserve(message_, size_, size_);
}

// Room for `size` bytes in text, where everything takes share_size out of the budget.
bool GrpcMessageReader::reserve(std::string& text, std::size_t size, std::size_t share_size) {
  if (share_.take(share_size)) {
    text.reserve(size);
    return true;
  }
  return refuse(503, GrpcStatus::unavailable,
                "the bodies of other requests fill the memory that is set aside for them");
}

// Replaces the message by what it holds, which may take no more than the limit.
bool GrpcMessageReader::inflate_message() {
  Inflater inflater;
  if (!inflater.is_sound()) {
    return refuse(503, GrpcStatus::unavailable, "there is no memory to decompress a message");
  }
  z_stream& stream = inflater.stream();
  stream.next_in = reinterpret_cast<Bytef*>(message_.data());
  stream.avail_in = static_cast<uInt>(message_.size());
  std::string decoded;
  std::size_t room = std::min(std::max(kExpectedRatio * message_.size(), kDecodedSizeMin),
                              size_max_ + 1);  // the one byte tells what is too large
  int result = Z_OK;
  while (result == Z_OK) {
    if (!reserve(decoded, room, message_.size() + room)) return false;
    decoded.resize(room);
    stream.next_out = reinterpret_cast<Bytef*>(decoded.data()) + stream.total_out;
    stream.avail_out = static_cast<uInt>(room - stream.total_out);
    result = ::inflate(&stream, Z_NO_FLUSH);
    if (stream.total_out > size_max_) {
      return refuse(
          413, GrpcStatus::resource_exhausted,
          fmt::format("a message decompresses to more than the limit of {} bytes", size_max_));
    }
    if (stream.avail_out > 0 && result == Z_OK && stream.avail_in == 0) break;
    room = std::min(2 * room, size_max_ + 1);
  }
  if (result != Z_STREAM_END || stream.avail_in > 0) {
    return refuse(400, GrpcStatus::internal, "a message is no whole gzip or zlib stream");
  }
  decoded.resize(stream.total_out);
  message_ = std::move(decoded);
  size_ = message_.size();
  return true;
}

bool GrpcMessageReader::refuse(int status, GrpcStatus grpc_status, std::string detail) {
  refusal_ = {status, grpc_status, std::move(detail)};
  return false;
}

}  // namespace ml_inference
