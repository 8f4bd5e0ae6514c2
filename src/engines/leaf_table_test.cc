// SPDX-License-Identifier: MIT
#include "engines/leaf_table.h"

#include "model/forest_builder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

// A chain of tests whose leaves are the given ones, in this order.
Forest chain(const std::vector<std::vector<double>>& leaves) {
  ForestBuilder builder({.feature_count = 1, .output_count = leaves.front().size()});
  builder.start_tree(2 * leaves.size() - 1);
  std::size_t node = 0;
  for (std::size_t leaf = 0; leaf + 1 < leaves.size(); ++leaf, node += 2) {
    builder.numerical_test(node, {.threshold = -static_cast<double>(leaf),
                                  .left = node == 0 ? 2 : node + 2,
                                  .right = node == 0 ? 1 : node + 1});
    builder.leaf(node + 1, leaves[leaf]);
  }
  builder.leaf(node, leaves.back());
  return std::move(builder).build().value();
}

using Table = LeafTable<double>;

TEST(LeafTable, GivesEqualLeavesOneEntry) {
  const Forest forest = chain({{1, 0, 0}, {0, 1, 0}, {1, 0, 0}, {0, 1, 0}, {0.5, 0.5, 0}});
  const Table table(forest);
  std::vector<std::uint32_t> seen;
  for (std::size_t leaf = 0; leaf < forest.leaf_count(); ++leaf) {
    const std::uint32_t entry = table.entry_of(leaf);
    seen.push_back(entry);
    for (std::size_t value = 0; value < 3; ++value) {
      EXPECT_EQ(table.values(entry)[value], forest.leaf_values(leaf)[value]);
    }
    EXPECT_EQ(table.values(entry)[3], 0);
  }
  EXPECT_EQ(*std::ranges::max_element(seen), 2U);
  EXPECT_EQ(table.stride(), 4U);
}

TEST(LeafTable, KeepsZerosOfEitherSignApart) {
  const Forest forest = chain({{0.0, 1}, {-0.0, 1}});
  const Table table(forest);
  EXPECT_NE(table.entry_of(0), table.entry_of(1));
}

TEST(LeafTable, FollowsAnOrderWhereItIsGivenOne) {
  const Forest forest = chain({{1, 0}, {1, 0}, {0, 1}});
  Table table(forest, std::vector<std::uint32_t>{2, 0, 1, 1});
  EXPECT_EQ(table.values(0)[1], forest.leaf_values(2)[1]);
  EXPECT_EQ(table.values(3)[1], forest.leaf_values(1)[1]);
  EXPECT_EQ(table.entry_of(0), 1U);
  EXPECT_EQ(table.entry_of(2), 0U);
  EXPECT_EQ(table.stride(), 2U);
  table.forget_leaves();
  EXPECT_EQ(table.memory_size(), 4 * 2 * sizeof(double));
}

TEST(LeafTable, SharesNothingWhereLeavesDiffer) {
  std::vector<std::vector<double>> leaves;
  for (int leaf = 0; leaf < 20'000; ++leaf) leaves.push_back({static_cast<double>(leaf), 1, 2});
  const Forest forest = chain(leaves);
  const Table table(forest);
  EXPECT_EQ(table.memory_size(), leaves.size() * 3 * sizeof(double));
  EXPECT_EQ(table.values(table.entry_of(19'999))[0], forest.leaf_values(19'999)[0]);
}

}  // namespace
}  // namespace ml_inference
