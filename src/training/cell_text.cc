// SPDX-License-Identifier: MIT
#include "training/cell_text.h"

#include "data/table.h"

#include <cmath>

namespace ml_inference {

bool is_missing_cell(std::string_view text) {
  const std::optional<double> number = parse_number(text);
  return number && std::isnan(*number);
}

bool is_zero_padded(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t+-");
  if (first == std::string_view::npos || first + 1 >= text.size()) return false;
  return text[first] == '0' && text[first + 1] >= '0' && text[first + 1] <= '9';
}

bool is_told_apart(double number) {
  constexpr double kEnd = 9007199254740992.0;  // 2^53, to which 2^53 + 1 is rounded
  return std::abs(number) < kEnd;
}

std::optional<std::int64_t> whole_number_cell(std::string_view text) {
  const std::optional<double> number = parse_number(text);
  if (!number || !is_told_apart(*number) || is_zero_padded(text)) return std::nullopt;
  if (*number != std::trunc(*number)) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

}  // namespace ml_inference
