// SPDX-License-Identifier: MIT
#include "base/number_text.h"

#include "base/assert.h"

#include <charconv>
#include <cmath>
#include <string_view>

namespace ml_inference {
namespace {

// The longest shortest form is "-2.2250738585072014e-308": 24 characters.
constexpr std::size_t kTextSizeMax = 32;

// Python's rule for repr: an exponent only outside [1e-4, 1e16).
constexpr double kFixedMin = 1e-4;
constexpr double kFixedEnd = 1e16;

}  // namespace

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value < 0 ? "-Infinity" : "Infinity";
    return;
  }
  const double magnitude = std::fabs(value);
  const bool fixed = magnitude == 0 || (magnitude >= kFixedMin && magnitude < kFixedEnd);
  char text[kTextSizeMax];
  const auto [end, error] =
      std::to_chars(text, text + kTextSizeMax, value,
                    fixed ? std::chars_format::fixed : std::chars_format::scientific);
  ASSERT(error == std::errc());
  const std::string_view digits(text, static_cast<std::size_t>(end - text));
  out += digits;
  if (fixed && !digits.contains('.')) out += ".0";
}

std::string number_text(double value) {
  std::string out;
  append_number(out, value);
  return out;
}

std::string count_text(std::size_t count, std::string_view noun) {
  std::string out = std::to_string(count) + " ";
  out += noun;
  if (count != 1) out += 's';
  return out;
}

}  // namespace ml_inference
