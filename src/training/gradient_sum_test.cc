// SPDX-License-Identifier: MIT
#include "training/gradient_sum.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

TEST(GradientUnits, KeepWhatARowHasToAFewUnits) {
  const GradientUnits units(1'000'000, 0.75, 0.25);
  for (const double gradient : {0.75, -0.75, 0.1, -1e-9, 0.0}) {
    const GradientSum row = units.row(gradient, 0.1);
    EXPECT_NEAR(GradientUnits::gradient(row) * units.gradient_unit(), gradient, 1e-12);
    EXPECT_NEAR(units.hessian(row) * units.hessian_unit(), 0.1, 1e-6);
    EXPECT_EQ(units.count(row), 1U);
  }
}

TEST(GradientUnits, NeverOverflowInSums) {
  for (const std::size_t count : {1U, 2U, 3U, 1'000U, 65'535U, 65'536U, 1U << 26U}) {
    const GradientUnits units(count, 1, 1);
    for (const double gradient : {1.0, -1.0}) {
      const GradientSum row = units.row(gradient, 1);
      // count times the row, as adding it up would give.
      const GradientSum sum{row.gradient * count, row.hessian_and_count * count};
      EXPECT_EQ(units.count(sum), count);
      EXPECT_NEAR(GradientUnits::gradient(sum) * units.gradient_unit(),
                  gradient * static_cast<double>(count), 1e-9 * static_cast<double>(count));
      EXPECT_EQ(units.hessian(sum) * units.hessian_unit(), static_cast<double>(count));
    }
  }
}

TEST(GradientUnits, LoseNothingOfTheDifferenceOfSums) {
  const GradientUnits units(10, 3, 1);
  GradientSum all;
  for (int row = 0; row < 10; ++row) all += units.row(row - 4.3, 0.1 * row);
  GradientSum some;
  for (int row = 0; row < 7; ++row) some += units.row(row - 4.3, 0.1 * row);
  GradientSum others;
  for (int row = 7; row < 10; ++row) others += units.row(row - 4.3, 0.1 * row);
  EXPECT_EQ(all - some, others);
}

TEST(GradientUnits, TakeGradientsOfAnySize) {
  for (const double largest : {0.0, 1e-320, 1e-200, 1e140}) {
    const GradientUnits units(100, largest, largest);
    const GradientSum row = units.row(largest, largest);
    EXPECT_GE(units.hessian(row), 1);
    if (largest >= 1e-200) {
      EXPECT_NEAR(GradientUnits::gradient(row) * units.gradient_unit() / largest, 1, 1e-9);
    }
  }
}

}  // namespace
}  // namespace ml_inference
