// SPDX-License-Identifier: MIT
#include "training/early_stopping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace ml_inference {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(DrawValidation, TakesTheSameShareOfEveryClass) {
  std::vector<std::int32_t> classes;
  for (int row = 0; row < 1'000; ++row) classes.push_back(row % 10 == 0 ? 1 : 0);
  const RowShares shares = draw_validation(1'000, classes, 200, 7);
  ASSERT_THAT(shares.validation, SizeIs(200));
  ASSERT_THAT(shares.training, SizeIs(800));
  EXPECT_EQ(std::ranges::count_if(shares.validation, [](auto row) { return row % 10 == 0; }), 20);
}

TEST(DrawValidation, GivesEveryRowToOneSideInOrder) {
  const RowShares shares = draw_validation(100, {}, 33, 1);
  EXPECT_TRUE(std::ranges::is_sorted(shares.training));
  EXPECT_TRUE(std::ranges::is_sorted(shares.validation));
  std::vector<std::uint32_t> all;
  std::ranges::merge(shares.training, shares.validation, std::back_inserter(all));
  for (std::uint32_t row = 0; row < 100; ++row) EXPECT_EQ(all[row], row);
}

TEST(DrawValidation, DependsOnTheSeed) {
  EXPECT_EQ(draw_validation(100, {}, 30, 1).validation, draw_validation(100, {}, 30, 1).validation);
  EXPECT_NE(draw_validation(100, {}, 30, 1).validation, draw_validation(100, {}, 30, 2).validation);
}

TEST(DrawValidation, SetsNothingAsideWhenNotAsked) {
  EXPECT_THAT(draw_validation(10, {}, 0, 1).validation, IsEmpty());
  EXPECT_THAT(draw_validation(10, {}, 0, 1).training, SizeIs(10));
}

TEST(ShouldStop, WhenNoneOfTheLastRoundsIsBetter) {
  EXPECT_FALSE(should_stop(std::vector{3.0, 2.0, 2.0}, 3, 0));         // too few rounds
  EXPECT_TRUE(should_stop(std::vector{3.0, 2.0, 2.0, 2.0}, 2, 0));     // 2 is never less than 2
  EXPECT_FALSE(should_stop(std::vector{3.0, 2.0, 2.5, 1.9}, 2, 0));    // the last one is
  EXPECT_FALSE(should_stop(std::vector{3.0, 2.0, 1.9, 2.5}, 2, 0));    // the one before is
  EXPECT_TRUE(should_stop(std::vector{3.0, 2.0, 1.9, 1.95}, 2, 0.2));  // not by enough
}

}  // namespace
}  // namespace ml_inference
