// SPDX-License-Identifier: MIT
#include "training/random.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

// Worked out by a second program, in Python, from the papers that random.h names.
TEST(Random, HasTheSameNumbersEverywhere) {
  Random random(42, 0);
  EXPECT_EQ(random.next(), 724465786356705809U);
  EXPECT_EQ(random.next(), 6585763957715291552U);
}

TEST(Random, DrawsEveryNumberBelowTheBoundAboutAsOften) {
  Random random(7, 3);
  int counts[6] = {};
  for (int draw = 0; draw < 60'000; ++draw) ++counts[random.below(6)];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 400);
}

TEST(Random, GivesEachStreamItsOwnNumbers) {
  EXPECT_NE(Random(1, 0).next(), Random(1, 1).next());
  EXPECT_NE(Random(1, 0).next(), Random(2, 0).next());
  EXPECT_NE(Random(1, 2).next(), Random(2, 1).next());
}

}  // namespace
}  // namespace ml_inference
