// SPDX-License-Identifier: MIT
// Which content coding a client would have (RFC 9110, section 12.5.3).
#pragma once

#include "server/content_coding.h"

#include <string_view>

namespace ml_inference {

/// What Accept-Encoding asks for.
struct WantedCoding {
  ContentCoding coding = ContentCoding::identity;

  /// Whether an answer without coding is not acceptable, and one in `coding` is.
  bool refuses_identity = false;

  friend bool operator==(const WantedCoding&, const WantedCoding&) = default;
};

/// The coding with the largest weight; of equal ones gzip, then deflate. An element that is not
/// well-formed counts as weight 0. Where nothing is acceptable the answer has no coding: the field
/// is a wish, and an answer more useful than a 406.
///
/// accept_encoding  the field's value, or empty; several fields are joined by commas.
[[nodiscard]] WantedCoding negotiate_coding(std::string_view accept_encoding);

}  // namespace ml_inference
