// SPDX-License-Identifier: MIT
#include "formats/format_error.h"

#include <algorithm>

namespace ml_inference {

std::string quoted_text(std::string_view text) {
  constexpr std::size_t kShownMax = 64;
  std::string out = "'";
  for (const char byte : text.substr(0, kShownMax)) {
    const bool is_printable = byte >= 0x20 && byte < 0x7F;
    out += is_printable ? byte : '?';
  }
  out += text.size() > kShownMax ? "...'" : "'";
  return out;
}

}  // namespace ml_inference
