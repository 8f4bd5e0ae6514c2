// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace ml_inference {

/// Whether `text` is well-formed UTF-8: shortest forms only, no surrogates, nothing above U+10FFFF.
/// Source: Unicode 15, table 3-7.
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace ml_inference
