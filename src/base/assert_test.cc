// SPDX-License-Identifier: MIT
#include "base/assert.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

TEST(Assert, LetsWhatHoldsPassAndLooksOnce) {
  int looks = 0;
  ASSERT(++looks == 1);
  EXPECT_EQ(looks, 1);
}

TEST(AssertDeathTest, EndsTheProcessAndSaysWhatAndWhere) {
  const int trees = 3;
  EXPECT_DEATH(ASSERT(trees == 4), "assert_test\\.cc:[0-9]+: assertion failed: trees == 4");
}

TEST(AssertDeathTest, LeavesInnerLoopsAloneInReleaseBuildsOnly) {
#ifdef NDEBUG
  int looks = 0;
  DCHECK(++looks == 2);
  EXPECT_EQ(looks, 0);
#else
  EXPECT_DEATH(DCHECK(1 > 2), "assertion failed: 1 > 2");
#endif
}

}  // namespace
}  // namespace ml_inference
