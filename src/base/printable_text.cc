// SPDX-License-Identifier: MIT
#include "base/printable_text.h"

#include "base/json_text.h"

namespace ml_inference {

std::string printable_text(std::string_view text) {
  std::string out;
  for (const char byte : text) {
    const auto value = static_cast<unsigned char>(byte);
    if (value >= 0x20 && value != 0x7F) {
      out += byte;
      continue;
    }
    if (value == 0x7F) {  // JSON leaves it as it is
      out += "\\u007f";
      continue;
    }
    std::string quoted;
    append_json_string(quoted, std::string_view(&byte, 1));
    out.append(quoted, 1, quoted.size() - 2);
  }
  return out;
}

}  // namespace ml_inference
