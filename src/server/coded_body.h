// SPDX-License-Identifier: MIT
// The body of a request that has a content coding, decoded as it comes.
#pragma once

#include "server/body_budget.h"
#include "server/content_coding.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ml_inference {

/// Why a request cannot be handed over.
struct RequestRefusal {
  int status;
  std::string detail;
};

inline constexpr std::string_view kNoRoomForBody =
    "the bodies of other requests fill the memory that is set aside for them";

/// Decodes one body after the other.
/// Threads: belongs to one thread.
class CodedBody {
 public:
  /// size_max  of a body, as it is sent and as it is decoded.
  /// share     outlives this; has what the body takes, and zlib while it comes.
  CodedBody(std::size_t size_max, BodyShare& share) : size_max_(size_max), share_(share) {}

  /// Ready for the next body. Leaves the share alone.
  void reset(ContentCoding coding);

  /// Whether there is anything to decode.
  [[nodiscard]] bool has_coding() const { return coding_ != ContentCoding::identity; }

  /// Decodes the next bytes, and appends them to `body`: always the same, empty at first. Or says
  /// why not: 400, 413 or 503; then reset().
  [[nodiscard]] std::optional<RequestRefusal> take(std::string_view bytes, std::string& body);

  /// All has come. A body without any bytes is an empty one.
  [[nodiscard]] std::optional<RequestRefusal> end(const std::string& body);

 private:
  const std::size_t size_max_;
  BodyShare& share_;
  ContentCoding coding_ = ContentCoding::identity;
  std::optional<Inflater> inflater_;  // once a byte is there
};

}  // namespace ml_inference
