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

// Digits at the front of `text`, which loses them. What is beyond 64 bits wraps, as it does there.
std::uint64_t take_digits(std::string_view& text, std::size_t size_max, std::uint64_t* power) {
  std::uint64_t value = 0;
  std::size_t count = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
    if (count++ >= size_max) continue;
    value = value * 10 + static_cast<std::uint64_t>(text.front() - '0');
    if (power != nullptr) *power *= 10;
  }
  return value;
}

bool take_sign(std::string_view& text) {
  if (text.empty() || (text.front() != '-' && text.front() != '+')) return false;
  const bool is_negative = text.front() == '-';
  text.remove_prefix(1);
  return is_negative;
}

// The power of ten as a float, put together from factors of 1e8 and 10.
float power_of_ten(std::uint64_t exponent) {
  float power = 1;
  for (; exponent >= 8; exponent -= 8) power *= 1e8F;
  for (; exponent > 0; --exponent) power *= 10.0F;
  return power;
}

// A number in decimal, rounded step by step.
float stepwise_float(std::string_view text) {
  constexpr std::size_t kFractionDigitsMax = 19;  // what is behind them is left out
  constexpr std::uint64_t kExponentMax = 38;
  const std::string_view whole_text = text;
  const bool is_negative = take_sign(text);
  const bool has_digit = text.find_first_of("0123456789") <= (text.starts_with('.') ? 1U : 0U);
  if (!has_digit) refuse_base_score(whole_text);
  auto value = static_cast<float>(take_digits(text, text.size(), nullptr));
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    std::uint64_t power = 1;
    const std::uint64_t fraction = take_digits(text, kFractionDigitsMax, &power);
    value += static_cast<float>(static_cast<double>(fraction) / static_cast<double>(power));
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    const bool is_fraction = take_sign(text);
    const std::uint64_t exponent = take_digits(text, text.size(), nullptr);
    if (exponent > kExponentMax) refuse_base_score(whole_text);
    value = is_fraction ? value / power_of_ten(exponent) : value * power_of_ten(exponent);
  }
  if (!text.empty()) refuse_base_score(whole_text);
  return is_negative ? -value : value;
}

float nearest_float(std::string_view text, std::string_view whole_text) {
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
  if (bare.front() != '[') return {stepwise_float(bare)};
  if (bare.back() != ']' || bare.size() < 2) refuse_base_score(text);
  return number_list(bare);
}

}  // namespace ml_inference
