// SPDX-License-Identifier: MIT
#include "server/coded_body.h"

#include "base/assert.h"

#include <fmt/format.h>

namespace ml_inference {

void CodedBody::reset(ContentCoding coding) {
  inflater_.reset();
  coding_ = coding;
}

std::optional<RequestRefusal> CodedBody::take(std::string_view bytes, std::string& body) {
  ASSERT(has_coding());
  if (!inflater_) {
    const bool is_gzip = coding_ == ContentCoding::gzip;
    inflater_.emplace(is_gzip ? Inflater::Format::gzip : Inflater::Format::zlib, size_max_, share_);
  }
  switch (inflater_->feed(bytes, body)) {
    case Inflater::Status::fine: break;
    case Inflater::Status::no_room: return RequestRefusal{503, std::string(kNoRoomForBody)};
    case Inflater::Status::too_large:
      return RequestRefusal{
          413, fmt::format("the body is over the limit of {} bytes once it is decoded from {}",
                           inflater_->size_max(), name_of(coding_))};
    case Inflater::Status::broken:
      return RequestRefusal{
          400, fmt::format("the body is no {} stream: {}", name_of(coding_), inflater_->fault())};
  }
  return std::nullopt;
}

std::optional<RequestRefusal> CodedBody::end(const std::string& body) {
  if (!inflater_) return std::nullopt;
  if (!inflater_->is_whole()) {
    return RequestRefusal{400, fmt::format("the body ends within its {} stream", name_of(coding_))};
  }
  inflater_.reset();
  ASSERT(share_.take(body.size()));  // less than it has
  return std::nullopt;
}

}  // namespace ml_inference
