// SPDX-License-Identifier: MIT
// Sums of gradients in whole numbers, so that they come out the same in any order: by any number of
// threads, and for a node by taking the sum of its sibling from that of its parent.
#pragma once

#include "base/assert.h"

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace ml_inference {

/// What some rows have together, and what one row has: 16 bytes, added as two words.
struct alignas(16) GradientSum {
  std::uint64_t gradient = 0;           ///< in units, in two's complement
  std::uint64_t hessian_and_count = 0;  ///< hessian in units << count_bits | count of rows

  GradientSum& operator+=(const GradientSum& other) {
    gradient += other.gradient;
    hessian_and_count += other.hessian_and_count;
    return *this;
  }
  GradientSum& operator-=(const GradientSum& other) {
    gradient -= other.gradient;
    hessian_and_count -= other.hessian_and_count;
    return *this;
  }
  friend GradientSum operator+(GradientSum left, const GradientSum& right) { return left += right; }
  friend GradientSum operator-(GradientSum left, const GradientSum& right) { return left -= right; }
  bool operator==(const GradientSum&) const = default;
};

/// What a unit stands for: powers of two, so that nothing but the first rounding loses a bit. The
/// largest gradient of n rows has about 62 - log2(n) bits, at most 52; the largest hessian
/// 64 - 2 log2(n), at most 40, of a million rows 22.
class GradientUnits {
 public:
  /// row_count     1 to 2^26.
  /// gradient_max, hessian_max  the largest magnitudes of one row; finite, may be 0.
  GradientUnits(std::size_t row_count, double gradient_max, double hessian_max)
      : count_bits_(static_cast<int>(std::bit_width(row_count))) {
    ASSERT(row_count >= 1 && count_bits_ <= 27);
    const int hessian_bits = 64 - 2 * count_bits_;
    gradient_unit_ = unit_of(gradient_max, 62 - count_bits_ < 52 ? 62 - count_bits_ : 52);
    hessian_unit_ = unit_of(hessian_max, hessian_bits < 40 ? hessian_bits : 40);
    per_gradient_ = 1 / gradient_unit_;
    per_hessian_ = 1 / hessian_unit_;
  }

  /// One row, each number rounded to the nearest unit; of the hessian at least one.
  [[nodiscard]] GradientSum row(double gradient, double hessian) const {
    const double units = gradient * per_gradient_;
    const auto rounded = static_cast<std::int64_t>(units + (units < 0 ? -0.5 : 0.5));
    const auto hessian_units = static_cast<std::int64_t>(hessian * per_hessian_ + 0.5);
    return {static_cast<std::uint64_t>(rounded),
            static_cast<std::uint64_t>(hessian_units > 0 ? hessian_units : 1) << count_bits_ | 1};
  }

  [[nodiscard]] double gradient_unit() const { return gradient_unit_; }
  [[nodiscard]] double hessian_unit() const { return hessian_unit_; }

  [[nodiscard]] std::size_t count(const GradientSum& sum) const {
    return sum.hessian_and_count & ((std::uint64_t{1} << count_bits_) - 1);
  }

  [[nodiscard]] std::uint64_t hessian_units(const GradientSum& sum) const {
    return sum.hessian_and_count >> count_bits_;
  }

  // In units, rounded to a float64:
  [[nodiscard]] static double gradient(const GradientSum& sum) {
    return static_cast<double>(static_cast<std::int64_t>(sum.gradient));
  }
  [[nodiscard]] double hessian(const GradientSum& sum) const {
    return static_cast<double>(static_cast<std::int64_t>(hessian_units(sum)));
  }

 private:
  // 2^-900 at least, so that its inverse is finite: what is smaller counts as nothing.
  static double unit_of(double largest, int bits) {
    int exponent = 0;
    std::frexp(largest, &exponent);
    return largest == 0 ? 1 : std::ldexp(1.0, exponent - bits < -900 ? -900 : exponent - bits);
  }

  int count_bits_;
  double gradient_unit_;
  double hessian_unit_;
  double per_gradient_;
  double per_hessian_;
};

}  // namespace ml_inference
