// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace ml_inference {

/// The text for a terminal: control characters as JSON escapes them ("\\n", "\\u001b"), everything
/// else as it is. What a file holds can then neither end a line nor steer whoever reads it.
[[nodiscard]] std::string printable_text(std::string_view text);

}  // namespace ml_inference
