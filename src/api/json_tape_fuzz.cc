// SPDX-License-Identifier: MIT
// Any bytes: either a fault inside the text, or a document that reads back as itself.
#include "api/json_tape.h"
#include "base/assert.h"

#include <cstddef>
#include <cstdint>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using ml_inference::JsonTape;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  JsonTape tape;
  if (const auto parsed = tape.parse(text); !parsed) {
    ASSERT(parsed.error().offset <= size);
    return 0;
  }
  std::string once;
  append_json(once, tape.nodes(), 0);
  JsonTape again;
  ASSERT(again.parse(once).has_value());
  std::string twice;
  append_json(twice, again.nodes(), 0);
  ASSERT(once == twice);
  return 0;
}
