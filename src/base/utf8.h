// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string_view>

namespace ml_inference {

/// The size in bytes of the character that `text` begins with, or 0 when the bytes there are no
/// well-formed character. `text` is not empty.
[[nodiscard]] std::size_t utf8_sequence_size(std::string_view text);

/// Whether `text` is well-formed UTF-8: shortest forms only, no surrogates, nothing above U+10FFFF.
/// Source: Unicode 15, table 3-7.
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace ml_inference
