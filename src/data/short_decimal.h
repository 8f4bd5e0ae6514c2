// SPDX-License-Identifier: MIT
// Numbers as most tables have them, "5.1" or "-120", read several times as fast as any number is.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ml_inference {

/// The most digits of a short decimal: with them, digits and power of ten are whole doubles.
inline constexpr std::size_t kShortDecimalDigitsMax = 15;

/// Reads a number that begins at `at`: a minus perhaps, digits, and perhaps a point and more
/// digits; kShortDecimalDigitsMax in all. Returns where it ends, or null when there is no such
/// number; what it ends at is the caller's to judge ("1e5" ends at the e).
///
/// The text ends with a byte that belongs to no number, as a std::string does with its zero.
/// value  equal to std::from_chars() to the last bit: the digits and the power of ten are exact, so
/// their quotient is rounded once.
/// Source: Clinger, How to Read Floating Point Numbers Accurately, PLDI 1990, section 5.
inline const char* read_short_decimal(const char* at, double& value) {
  static constexpr double kPowersOfTen[kShortDecimalDigitsMax + 1] = {
      1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  const auto digit = [](char byte) { return static_cast<unsigned>(byte) - unsigned{'0'}; };
  const bool is_negative = *at == '-';
  if (is_negative) ++at;
  std::uint64_t digits = 0;  // of a text that is too long it holds nonsense, which is thrown away
  const char* const begin = at;
  for (; digit(*at) < 10; ++at) digits = digits * 10 + digit(*at);
  auto digit_count = static_cast<std::size_t>(at - begin);
  if (digit_count == 0) return nullptr;
  std::size_t fraction_size = 0;
  if (*at == '.') {
    const char* const fraction = ++at;
    for (; digit(*at) < 10; ++at) digits = digits * 10 + digit(*at);
    fraction_size = static_cast<std::size_t>(at - fraction);
    if (fraction_size == 0) return nullptr;
    digit_count += fraction_size;
  }
  if (digit_count > kShortDecimalDigitsMax) return nullptr;
  const double magnitude =
      static_cast<double>(static_cast<std::int64_t>(digits)) / kPowersOfTen[fraction_size];
  value = is_negative ? -magnitude : magnitude;
  return at;
}

}  // namespace ml_inference
