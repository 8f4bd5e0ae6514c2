// SPDX-License-Identifier: MIT
#include "model/shared_leaves.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

using Leaf = std::vector<double>;

SharedLeaves leaves_of(const std::vector<Leaf>& all) {
  SharedLeaves leaves(all.front().size());
  for (const Leaf& leaf : all) leaves.add(leaf);
  return leaves;
}

void expect_holds(const SharedLeaves& leaves, const std::vector<Leaf>& all) {
  ASSERT_EQ(leaves.leaf_count(), all.size());
  for (std::size_t leaf = 0; leaf < all.size(); ++leaf) {
    EXPECT_EQ(Leaf(leaves.of(leaf).begin(), leaves.of(leaf).end()), all[leaf]) << leaf;
  }
}

// So many, of which one in `repeated` is new.
std::vector<Leaf> some_leaves(std::size_t count, std::size_t repeated) {
  std::mt19937 random(7);
  std::vector<Leaf> all;
  for (std::size_t leaf = 0; leaf < count; ++leaf) {
    const auto number = static_cast<double>(random() % (count / repeated));
    all.push_back({number, 0.5, -number});
  }
  return all;
}

TEST(SharedLeaves, ThatAreEqualHaveOneEntry) {
  const std::vector<Leaf> all{{1, 0, 0}, {0, 1, 0}, {1, 0, 0}, {0, 1, 0}, {0.5, 0.5, 0}};
  const SharedLeaves leaves = leaves_of(all);
  expect_holds(leaves, all);
  EXPECT_TRUE(leaves.are_shared());
  EXPECT_EQ(leaves.entry_count(), 3U);
  EXPECT_EQ(leaves.entry_of(3), 1U);
}

TEST(SharedLeaves, AreComparedBitByBit) {
  const SharedLeaves leaves = leaves_of({{0.0, 1}, {-0.0, 1}});
  EXPECT_NE(leaves.entry_of(0), leaves.entry_of(1));
}

TEST(SharedLeaves, OfOneNumberAreNotShared) {
  const std::vector<Leaf> all{{1}, {1}, {2}};
  const SharedLeaves leaves = leaves_of(all);
  expect_holds(leaves, all);
  EXPECT_FALSE(leaves.are_shared());
  EXPECT_EQ(leaves.memory_size(), 3 * sizeof(double));
}

TEST(SharedLeaves, AreKeptApartInTheEndWhereSharingSavesNothing) {
  const std::vector<Leaf> all{{1, 0}, {0, 1}, {0.5, 0.5}};
  SharedLeaves leaves = leaves_of(all);
  leaves.finish();
  expect_holds(leaves, all);
  EXPECT_EQ(leaves.memory_size(), 6 * sizeof(double));
}

TEST(SharedLeaves, HoldEveryLeafWhateverTheirNumber) {
  for (const std::size_t repeated : {2, 5, 100, 20'000}) {
    const std::vector<Leaf> all = some_leaves(60'000, repeated);
    const SharedLeaves leaves = leaves_of(all);
    expect_holds(leaves, all);
    EXPECT_EQ(leaves.are_shared(), repeated > 5) << repeated;
  }
}

TEST(SharedLeaves, AreReorderedFromOneOn) {
  for (const std::size_t repeated : {2, 100}) {
    std::vector<Leaf> all = some_leaves(20'000, repeated);
    SharedLeaves leaves = leaves_of({all.begin(), all.end() - 3});
    for (auto leaf = all.end() - 3; leaf != all.end(); ++leaf) leaves.add(*leaf);
    leaves.reorder(19'997, std::vector<std::uint32_t>{19'999, 19'997, 19'998});
    std::rotate(all.end() - 3, all.end() - 1, all.end());
    leaves.finish();
    expect_holds(leaves, all);
  }
}

// As when sharing stops long after the first trees were put in order.
TEST(SharedLeaves, MayStopSharingAfterTheyWereReordered) {
  std::vector<Leaf> all(17'000, Leaf{1, 2});
  all[0] = {3, 4};
  SharedLeaves leaves = leaves_of(all);
  std::vector<std::uint32_t> order(all.size());
  for (std::uint32_t leaf = 0; leaf < order.size(); ++leaf) {
    order[leaf] = static_cast<std::uint32_t>(order.size()) - 1 - leaf;
  }
  leaves.reorder(0, order);
  std::swap(all.front(), all.back());
  for (int leaf = 0; leaf < 20'000; ++leaf) {
    all.push_back({static_cast<double>(leaf), -1});
    leaves.add(all.back());
  }
  EXPECT_FALSE(leaves.are_shared());
  expect_holds(leaves, all);
}

TEST(SharedLeaves, AreEqualAsNumbersInWhateverOrderTheyWereMet) {
  SharedLeaves leaves = leaves_of({{1, 0}, {0, 1}});
  leaves.reorder(0, std::vector<std::uint32_t>{1, 0});
  EXPECT_EQ(leaves, leaves_of({{0, 1}, {1, 0}}));
  EXPECT_NE(leaves, leaves_of({{1, 0}, {0, 1}}));
  EXPECT_NE(leaves, leaves_of({{0, 1}}));
}

}  // namespace
}  // namespace ml_inference
