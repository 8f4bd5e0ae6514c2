// SPDX-License-Identifier: MIT
// Any bytes as the texts of a log line: the line keeps its limit, is UTF-8, and is one line.
#include "base/assert.h"
#include "base/utf8.h"
#include "telemetry/json_line.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ml_inference;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = size == 0 ? 0 : data[0] % size;
  const LogField fields[] = {{text.substr(cut / 2, 20), 1}, {"text", text.substr(cut)}, {"d", 0.1}};
  static JsonLine json_line;
  const std::string_view line =
      json_line.format(JsonLine::Time{}, LogLevel::info, text, text.substr(0, cut), fields);
  ASSERT(line.size() <= kLogLineSizeMax && is_utf8(line));
  ASSERT(line.find('\n') == line.size() - 1 && line.ends_with("}\n"));
  return 0;
}
