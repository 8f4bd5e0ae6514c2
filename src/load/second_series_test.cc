// SPDX-License-Identifier: MIT
#include "load/second_series.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ml_inference {
namespace {

using testing::ElementsAre;

TEST(SecondSeries, CountsARequestWhereItFellDue) {
  SecondSeries series;
  series.due(0);
  series.due(1);
  series.ended(1, true, std::nullopt);
  series.due(3);
  series.ended(3, false, 64);
  series.ended(0, false, 32);  // three seconds after it fell due
  EXPECT_THAT(series.counts(), ElementsAre(SecondCounts{.sent = 1, .p99_ms = 32e-6},
                                           SecondCounts{.sent = 1, .failed = 1}, SecondCounts{},
                                           SecondCounts{.sent = 1, .p99_ms = 64e-6}));
}

TEST(SecondSeries, SaysTheSameOfSecondsThatAreOver) {
  SecondSeries series;
  for (std::uint64_t second = 0; second < 1'000; ++second) {
    series.due(second);
    series.ended(second, second % 2 == 1, second);
  }
  const auto counts = series.counts();
  ASSERT_EQ(counts.size(), 1'000);
  EXPECT_EQ(counts[101], (SecondCounts{.sent = 1, .failed = 1, .p99_ms = 101e-6}));
}

TEST(SecondSeries, IsEmptyBeforeTheFirstRequest) { EXPECT_TRUE(SecondSeries().counts().empty()); }

}  // namespace
}  // namespace ml_inference
