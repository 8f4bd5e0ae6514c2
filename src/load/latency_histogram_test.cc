// SPDX-License-Identifier: MIT
#include "load/latency_histogram.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

TEST(LatencyHistogram, KeepsSmallValuesExactly) {
  LatencyHistogram histogram;
  for (std::uint64_t value = 1; value <= 100; ++value) histogram.record(value);
  EXPECT_EQ(histogram.quantile_ns(0.5), 50);
  EXPECT_EQ(histogram.quantile_ns(0.99), 99);
  EXPECT_EQ(histogram.quantile_ns(1), 100);
  EXPECT_EQ(histogram.mean_ns(), 50.5);
}

TEST(LatencyHistogram, IsWithinEightTenthsOfAPercentAtEveryScale) {
  for (std::uint64_t value = 1; value < (std::uint64_t{1} << 41); value += value / 37 + 1) {
    LatencyHistogram histogram;
    histogram.record(value);
    histogram.record(value * 2);  // so that the greatest value does not hide the bucket's middle
    EXPECT_NEAR(histogram.quantile_ns(0.5) / static_cast<double>(value), 1, 0.008) << value;
  }
}

TEST(LatencyHistogram, TakesTheLongestWaitAsItsLastQuantile) {
  LatencyHistogram histogram;
  histogram.record(~std::uint64_t{0});
  histogram.record(0);
  EXPECT_EQ(histogram.quantile_ns(0), 0);
  EXPECT_GT(histogram.quantile_ns(1), 4e12);
  EXPECT_EQ(histogram.max_ns(), ~std::uint64_t{0});
}

TEST(LatencyHistogram, IsZeroWhenNothingWasRecorded) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.quantile_ns(0.99), 0);
  EXPECT_EQ(histogram.mean_ns(), 0);
}

}  // namespace
}  // namespace ml_inference
