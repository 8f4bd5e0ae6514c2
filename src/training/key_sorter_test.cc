// SPDX-License-Identifier: MIT
// Sorted keys beside std::sort's, for every count up to some and ranks of every spread.
#include "training/key_sorter.h"

#include "training/random.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace ml_inference {
namespace {

// Ranks below 2^16 of a kind: all alike, some, spread evenly, in a heap at one end, with
// stragglers.
std::uint32_t random_rank(std::size_t kind, Random& random) {
  switch (kind) {
    case 0: return 7;
    case 1: return 100 + random.below(3);
    case 2: return random.below(1U << 16);
    case 3: return static_cast<std::uint32_t>(std::pow(random.fraction(), 8) * 65'000);
    case 4: return random.below(50) == 0 ? random.below(1U << 16) : 30'000 + random.below(20);
    default: return 65'535 - random.below(700);
  }
}

template <class Number>
void expect_sorted(KeySorter<Number>& sorter, std::size_t count, std::size_t kind, Number factor,
                   Random& random) {
  using Key = RankKey<Number>;
  const std::span<Number> keys = sorter.keys(count);
  std::uint32_t least = ~0U;
  std::uint32_t greatest = 0;
  for (std::size_t index = 0; index < count; ++index) {
    keys[index] = Key::make(random_rank(kind, random) * factor, index);
    least = std::min(least, Key::rank(keys[index]));
    greatest = std::max(greatest, Key::rank(keys[index]));
  }
  std::vector<Number> expected(keys.begin(), keys.end());
  std::ranges::sort(expected);
  const std::span<const Number> sorted = sorter.sort(least, greatest);
  ASSERT_TRUE(std::ranges::equal(sorted, expected)) << count << " keys of kind " << kind;
}

template <class Number>
void expect_all_sorted(Number factor) {
  KeySorter<Number> sorter;
  Random random(1, 2);
  for (std::size_t kind = 0; kind < 6; ++kind) {
    for (std::size_t count = 1; count < 200; ++count) {
      ASSERT_NO_FATAL_FAILURE(expect_sorted<Number>(sorter, count, kind, factor, random));
    }
    for (const std::size_t count : {1'000U, 2'047U, 2'048U, 7'000U, 20'000U, 65'536U}) {
      ASSERT_NO_FATAL_FAILURE(expect_sorted<Number>(sorter, count, kind, factor, random));
    }
  }
}

TEST(KeySorter, SortsNarrowKeysAsStdSortDoes) { expect_all_sorted<std::uint32_t>(1); }

TEST(KeySorter, SortsWideKeysAsStdSortDoes) {
  expect_all_sorted<std::uint64_t>(1);
  expect_all_sorted<std::uint64_t>(65'537);
}

TEST(RankKey, KeepsTheGreatestRankAndIndex) {
  const std::uint32_t narrow = RankKey<std::uint32_t>::make(65'535, 65'535);
  EXPECT_EQ(RankKey<std::uint32_t>::rank(narrow), 65'535U);
  EXPECT_EQ(RankKey<std::uint32_t>::index(narrow), 65'535U);
  const std::uint64_t wide = RankKey<std::uint64_t>::make(0xFFFF'FFFFU, 0xFFFF'FFFEU);
  EXPECT_EQ(RankKey<std::uint64_t>::rank(wide), 0xFFFF'FFFFU);
  EXPECT_EQ(RankKey<std::uint64_t>::index(wide), 0xFFFF'FFFEU);
}

}  // namespace
}  // namespace ml_inference
