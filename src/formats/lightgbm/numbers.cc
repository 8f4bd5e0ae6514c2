// SPDX-License-Identifier: MIT
#include "formats/lightgbm/numbers.h"

#include "base/number_text.h"

namespace ml_inference {

std::string LightgbmPlace::text() const {
  return tree == kHeader ? std::string(key) : fmt::format("tree {}: {}", tree, key);
}

void refuse_count(std::string_view text, std::size_t expected, const LightgbmPlace& place) {
  refuse(Code::invalid_argument, "lightgbm: {} has {}, expected {}", place.text(),
         count_text(count_words(text), "value"), expected);
}

void check_room(std::string_view text, std::size_t count, const LightgbmPlace& place) {
  if (count > text.size() / 2 + 1) refuse_count(text, count, place);
}

}  // namespace ml_inference
