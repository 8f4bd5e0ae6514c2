// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ml_inference {

/// The bytes that a text stands for; white space in it is skipped. Nothing where it is no base64.
/// Source: RFC 4648, section 4; Nettle's decoder.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace ml_inference
