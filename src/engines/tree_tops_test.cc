// SPDX-License-Identifier: MIT
#include "engines/tree_tops.h"

#include "engines/key_columns.h"
#include "model/testing/random_forest.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace ml_inference {
namespace {

TreeTops tops_of(const testing::RandomForestShape& shape) {
  const Forest forest = testing::make_random_forest(shape, 3);
  return {forest, KeyColumns<float>::make(forest).value()};
}

TEST(TreeTops, AreWholeTreesWhereAllAreSmall) {
  const TreeTops tops = tops_of({.tree_count = 4, .depth = 6});
  EXPECT_TRUE(tops.are_whole());
  EXPECT_EQ(tops.tree_count(), 4U);
}

TEST(TreeTops, EndAfterTheFirstTestsOfLargeTrees) {
  const TreeTops tops = tops_of({.tree_count = 4, .depth = 16});
  EXPECT_FALSE(tops.are_whole());
  for (std::size_t tree = 0; tree < 4; ++tree) {
    EXPECT_LE(tops.tests(tree).size(), TreeTops::kTopTestCountMax);
  }
}

TEST(TreeTops, NameChildrenBeforeParents) {
  const TreeTops tops = tops_of({.tree_count = 1, .depth = 7});
  std::vector<bool> is_known(kResultCountMax, false);
  const auto is_ready = [&is_known](std::uint16_t place) {
    return place < kExitCountMax * kPlaceUnit || is_known[place / kPlaceUnit - kExitCountMax];
  };
  for (const SelectTest& test : tops.tests(0)) {
    EXPECT_TRUE(is_ready(test.left));
    EXPECT_TRUE(is_ready(test.right));
    is_known[test.result / kPlaceUnit] = true;
  }
}

// A feature's thresholds share byte columns, 255 each.
TEST(TreeTops, HaveOneByteColumnForEachFeatureOfFewThresholds) {
  EXPECT_EQ(tops_of({.feature_count = 1, .tree_count = 30, .depth = 6}).byte_column_count(), 2U)
      << "one for each way of missing values";
}

}  // namespace
}  // namespace ml_inference
