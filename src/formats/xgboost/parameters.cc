// SPDX-License-Identifier: MIT
#include "formats/xgboost/parameters.h"

#include "formats/format_error.h"
#include "model/limits.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace ml_inference {
namespace {

constexpr std::string_view kSpaces = " \t\r\n\f";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1);
}

[[noreturn]] void refuse_base_score(std::string_view text) {
  refuse(Code::invalid_argument, "xgboost: base_score {}, expected a number or a list of numbers",
         quoted_text(text));
}

float nearest_float(std::string_view text, std::string_view whole_text) {
  // Not "nan" and "inf", which from_chars knows and the parameter does not.
  const bool begins_like_a_number =
      text.find_first_of("0123456789.") <= (text.starts_with('-') ? 1 : 0);
  if (!begins_like_a_number) refuse_base_score(whole_text);
  float value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {
    double wide = 0;  // a number below the floats, or beyond them
    std::from_chars(text.data(), text.data() + text.size(), wide);
    return static_cast<float>(wide);
  }
  if (error != std::errc() || end != text.data() + text.size()) refuse_base_score(whole_text);
  return value;
}

std::vector<float> number_list(std::string_view text) {
  std::vector<float> values;
  std::string_view left = trimmed(text.substr(1, text.size() - 2));
  if (left.empty()) refuse_base_score(text);
  while (true) {
    const std::size_t comma = left.find(',');
    if (values.size() == kOutputCountMax) refuse_base_score(text);
    values.push_back(nearest_float(trimmed(left.substr(0, comma)), text));
    if (comma == std::string_view::npos) return values;
    left.remove_prefix(comma + 1);
  }
}

}  // namespace

std::uint32_t xgboost_count(std::string_view name, std::string_view text) {
  constexpr std::uint32_t kMax = std::numeric_limits<std::int32_t>::max();
  std::uint32_t value = 0;
  const std::string_view digits = trimmed(text);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value > kMax) {
    refuse(Code::invalid_argument, "xgboost: {} is {}, expected a whole number from 0 to {}", name,
           quoted_text(text), kMax);
  }
  return value;
}

std::vector<float> xgboost_base_score(std::string_view text) {
  const std::string_view bare = trimmed(text);
  if (bare.empty()) refuse_base_score(text);
  if (bare.front() != '[') return {nearest_float(bare, text)};
  if (bare.back() != ']' || bare.size() < 2) refuse_base_score(text);
  return number_list(bare);
}

}  // namespace ml_inference
