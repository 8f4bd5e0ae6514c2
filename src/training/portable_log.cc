// SPDX-License-Identifier: MIT
#include "training/portable_log.h"

#include <bit>
#include <cstdint>
#include <numbers>

namespace ml_inference {

// value = m * 2^e with m between sqrt(1/2) and sqrt(2), and ln(m) = 2 atanh(s) with s = (m - 1)/(m
// + 1), which lies between -0.172 and 0.172: the series s + s^3/3 + s^5/5 + ... is done after
// s^21/21.
double portable_log2(double value) {
  constexpr std::uint64_t kMantissaMask = (std::uint64_t{1} << 52) - 1;
  constexpr std::uint64_t kExponentOfOne = std::uint64_t{1023} << 52;
  const auto bits = std::bit_cast<std::uint64_t>(value);
  double exponent = static_cast<double>(static_cast<std::int64_t>(bits >> 52) - 1023);
  double mantissa = std::bit_cast<double>((bits & kMantissaMask) | kExponentOfOne);
  if (mantissa > std::numbers::sqrt2) {
    mantissa *= 0.5;
    exponent += 1;
  }
  const double s = (mantissa - 1) / (mantissa + 1);
  const double square = s * s;
  double series = 0;
  for (int power = 21; power >= 1; power -= 2) series = series * square + 1.0 / power;
  return exponent + s * series * (2 * std::numbers::log2e);
}

}  // namespace ml_inference
