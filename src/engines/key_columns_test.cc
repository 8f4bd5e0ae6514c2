// SPDX-License-Identifier: MIT
#include "engines/key_columns.h"

#include "model/forest_builder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// A forest of trees of one test each.
Forest forest_of(ForestShape shape, const std::vector<NumericalTest>& tests) {
  shape.output_count = 1;
  ForestBuilder builder(shape);
  for (NumericalTest test : tests) {
    test.left = 1;
    test.right = 2;
    builder.start_tree(3);
    builder.numerical_test(0, test);
    builder.leaf(1, std::vector{1.0});
    builder.leaf(2, std::vector{0.0});
  }
  return std::move(builder).build().value();
}

template <class Feature>
std::vector<std::int32_t> keys_of(const KeyColumns<Feature>& columns,
                                  const std::vector<double>& row) {
  std::vector<std::int32_t> keys(columns.column_count());
  columns.keys_of(std::span<const double>(row), keys.data());
  return keys;
}

TEST(KeyColumns, HaveOneForEachFeatureAndWayOfMissingValues) {
  const Forest forest =
      forest_of({.feature_count = 3}, {{.feature = 2, .threshold = 1},
                                       {.feature = 2, .threshold = 5},
                                       {.feature = 2, .threshold = 1, .missing_goes_left = true},
                                       {.feature = 0, .threshold = 1, .zero_is_missing = true}});
  const auto columns = KeyColumns<float>::make(forest).value();
  EXPECT_EQ(columns.column_count(), 1U + 3U);
  EXPECT_EQ(columns.first_categorical(), 4U);
}

TEST(KeyColumns, SendWhatIsMissingBelowOrAboveEveryKey) {
  const Forest forest = forest_of({.feature_count = 1},
                                  {{.threshold = 1}, {.threshold = 1, .missing_goes_left = true}});
  const auto columns = KeyColumns<float>::make(forest).value();
  EXPECT_EQ(keys_of(columns, {kNan}),
            (std::vector<std::int32_t>{kLeastKey, kGreatestKey, kLeastKey}));
}

TEST(KeyColumns, RankFloat64FeaturesAmongTheThresholds) {
  const Forest forest = forest_of({.feature_count = 1, .feature_type = NumberType::float64},
                                  {{.threshold = 7}, {.threshold = -2}, {.threshold = 7}});
  const auto columns = KeyColumns<double>::make(forest).value();
  EXPECT_EQ(keys_of(columns, {-2})[1], 0);
  EXPECT_EQ(keys_of(columns, {-1.9})[1], 1);
  EXPECT_EQ(keys_of(columns, {7.1})[1], 2);
  EXPECT_EQ(columns.test_of(forest.nodes()[0]).key, 1);
}

TEST(KeyColumns, SayTheSameOfABlockAsOfItsRows) {
  const Forest forest = forest_of(
      {.feature_count = 2, .feature_type = NumberType::float64},
      {{.feature = 0, .threshold = 7}, {.feature = 1, .threshold = 0, .zero_is_missing = true}});
  const auto columns = KeyColumns<double>::make(forest).value();
  const std::vector<double> rows{7, 0, 8, -1, kNan, kNan};
  std::vector<std::int32_t> block(columns.column_count() * kBlockRowCount);
  columns.keys_of_block(MatrixView<const double>(rows, 3, 2), kHalfBlockRowCount, block.data());
  for (std::size_t row = 0; row < kHalfBlockRowCount; ++row) {
    const std::size_t taken = std::min<std::size_t>(row, 2);
    const auto expected = keys_of(columns, {rows[2 * taken], rows[2 * taken + 1]});
    for (std::size_t column = 0; column < expected.size(); ++column) {
      EXPECT_EQ(block[column * kBlockRowCount + row], expected[column]);
    }
  }
}

// Sets of one word under a feature with codes up to a million take as many words as that one.
TEST(KeyColumns, RefuseSetsThatGrowTooLarge) {
  ForestBuilder builder({.feature_count = 1, .output_count = 1});
  const std::vector<std::uint32_t> wide(1'000'000 / 32, 1U);
  constexpr std::size_t kTreeCount = 3'000;
  for (std::size_t tree = 0; tree < kTreeCount; ++tree) {
    const std::vector<std::uint32_t> narrow{static_cast<std::uint32_t>(tree)};
    const std::size_t set = builder.category_set(tree == 0 ? wide : narrow);
    builder.start_tree(3);
    builder.categorical_test(0, {.set = set, .left = 1, .right = 2});
    builder.leaf(1, std::vector{1.0});
    builder.leaf(2, std::vector{0.0});
  }
  const Forest forest = std::move(builder).build().value();
  const auto columns = KeyColumns<float>::make(forest);
  ASSERT_FALSE(columns.has_value());
  EXPECT_EQ(columns.error().code, Code::resource_exhausted);
}

}  // namespace
}  // namespace ml_inference
