// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstdint>

namespace ml_inference {

/// e to the power of `x`, the same bits on every machine: only additions and multiplications, each
/// rounded as IEEE 754 says, where the C library's exp() may differ in its last bit from one
/// processor to the next. No branches, so that a loop over many is vectorised.
///
/// x  not NaN; below -708 it counts as -708, above 709 as 709, so that the result is always normal.
/// Within 2 units in the last place; exactly 1 for 0.
/// Source: Muller et al., "Handbook of Floating-Point Arithmetic", 2018, on reduction by two
/// constants (Cody and Waite).
[[nodiscard]] inline double portable_exp(double x) {
  // x = k ln 2 + r with a whole k and |r| <= ln(2)/2, and e^r by its series: r^14/14! < 2^-57.
  constexpr double kLog2E = 0x1.71547652b82fep+0;
  constexpr double kLn2High = 0x1.62e42fefa38p-1;   // 42 bits: k times it is exact
  constexpr double kLn2Low = 0x1.ef35793c7673p-45;  // the rest
  constexpr double kRounder = 0x1.8p52;             // adding it rounds to a whole number
  x = x < -708 ? -708 : x;
  x = x > 709 ? 709 : x;
  const double rounded = x * kLog2E + kRounder;
  const double k = rounded - kRounder;
  const double r = (x - k * kLn2High) - k * kLn2Low;
  double series = 1.0 / 6227020800;
  series = series * r + 1.0 / 479001600;
  series = series * r + 1.0 / 39916800;
  series = series * r + 1.0 / 3628800;
  series = series * r + 1.0 / 362880;
  series = series * r + 1.0 / 40320;
  series = series * r + 1.0 / 5040;
  series = series * r + 1.0 / 720;
  series = series * r + 1.0 / 120;
  series = series * r + 1.0 / 24;
  series = series * r + 1.0 / 6;
  series = series * r + 0.5;
  series = series * r + 1;
  series = series * r + 1;
  // The low bits of `rounded` are k, in two's complement: shifted, they add to the exponent.
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(series) +
                               (std::bit_cast<std::uint64_t>(rounded) << 52));
}

}  // namespace ml_inference
