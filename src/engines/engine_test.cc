// SPDX-License-Identifier: MIT
// Every engine against the specification, to the last bit: random forests, and rows on, beside and
// far from the thresholds, missing and infinite.
#include "engines/engine.h"

#include "engines/packed_engine.h"
#include "engines/plain_engine.h"
#include "model/forest_builder.h"
#include "model/reference_predict.h"
#include "model/testing/random_forest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

struct EngineCase {
  const char* name;
  std::function<std::unique_ptr<const Engine>(const Forest&)> make;
};

// The list of all engines: a new one is tested by standing here.
const std::vector<EngineCase>& all_engines() {
  static const std::vector<EngineCase> engines{{"plain", make_plain_engine},
                                               {"packed", make_packed_engine},
                                               {"chosen", make_engine}};
  return engines;
}

template <class T>
std::vector<double> reference_of(const Forest& forest, MatrixView<const T> rows) {
  std::vector<double> out(rows.row_count() * forest.output_count(), -1.0);
  reference_predict(forest, rows, out);
  return out;
}

class EveryEngine : public ::testing::TestWithParam<EngineCase> {
 protected:
  template <class T>
  void expect_equal(const Forest& forest, MatrixView<const T> rows) {
    const std::vector<double> expected = reference_of(forest, rows);
    std::vector<double> got(expected.size(), -2.0);
    GetParam().make(forest)->predict(rows, got);
    const auto bytes = [](const std::vector<double>& values) {
      return std::as_bytes(std::span(values));
    };
    ASSERT_TRUE(std::ranges::equal(bytes(expected), bytes(got)));
  }
};

TEST_P(EveryEngine, EqualsTheReferenceOnRandomForests) {
  constexpr std::size_t kRowCount = 64;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const testing::RandomForestShape shape{
        .feature_count = 1 + seed % 7,
        .output_count = 1 + seed % 4,
        .tree_count = 1 + seed % 21,
        .depth = seed % 9,
        .aggregation = seed % 2 == 0 ? Aggregation::sum : Aggregation::average};
    const Forest forest = testing::make_random_forest(shape, seed);
    const std::vector<float> rows =
        testing::make_random_rows(kRowCount, shape.feature_count, seed + 1);
    expect_equal(forest, MatrixView<const float>(rows, kRowCount, shape.feature_count));
  }
}

TEST_P(EveryEngine, TakesAtMostSixteenBytesANodeAndItsLeaves) {
  const testing::RandomForestShape shape{
      .feature_count = 5, .output_count = 3, .tree_count = 64, .depth = 8};
  const Forest forest = testing::make_random_forest(shape, 1);
  const std::size_t leaves = forest.leaf_count() * forest.leaf_width() * sizeof(double);
  const std::size_t trees = forest.tree_count() * 2 * sizeof(std::uint64_t);
  EXPECT_LE(GetParam().make(forest)->memory_size(), 16 * forest.nodes().size() + leaves + trees);
}

// Every kind of forest that ForestBuilder knows: each combination of two number types and seven
// questions, with rows of both types.
TEST_P(EveryEngine, EqualsTheReferenceOnForestsOfEveryKind) {
  constexpr std::size_t kRowCount = 48;
  for (std::uint64_t kind = 0; kind < 512; ++kind) {
    const auto is = [kind](unsigned bit) { return (kind >> bit & 1) != 0; };
    const auto type = [&is](unsigned bit) {
      return is(bit) ? NumberType::float32 : NumberType::float64;
    };
    const testing::RandomForestShape shape{
        .feature_count = 1 + kind % 5,
        .output_count = 1 + kind % 3,
        .tree_count = 3 + kind % 37,
        .depth = kind % 7,
        .aggregation = is(5) ? Aggregation::sum : Aggregation::average,
        .leaf_width = is(3) || is(4) ? 1U : 0U,
        .feature_type = type(0),
        .sum_type = type(1),
        .category_rule = static_cast<CategoryRule>(kind % 3),
        .has_base = is(5),
        .base_last = is(2),
        .strict = is(6),
        .zero_is_missing = is(7),
        .categorical = is(8),
        .linear = is(4)};
    const Forest forest = testing::make_random_forest(shape, kind);
    const auto floats = testing::make_random_rows(kRowCount, shape.feature_count, kind);
    expect_equal(forest, MatrixView<const float>(floats, kRowCount, shape.feature_count));
    const auto doubles = testing::make_random_double_rows(kRowCount, shape.feature_count, kind);
    expect_equal(forest, MatrixView<const double>(doubles, kRowCount, shape.feature_count));
  }
}

TEST(MakeEngine, NamesWhatItMade) {
  const auto name = [](const testing::RandomForestShape& shape) {
    return make_engine(testing::make_random_forest(shape, 1))->name();
  };
  EXPECT_EQ(name({.depth = 4}), "select");
  EXPECT_EQ(name({.depth = 4, .categorical = true}), "select");
  EXPECT_EQ(name({.tree_count = 3, .depth = 12}), "walk");
}

// Each of these makes its own tree go differently in float64 than in a careless float32.
TEST_P(EveryEngine, ComparesAFloat32FeatureWithAFloat64Threshold) {
  const float feature = 0.1F;  // 0.10000000149011612
  for (const double threshold :
       {0.1, 0.10000000149011611, 0.10000000149011612, 0.2, 1e300, -1e300, 1e-320,
        std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
    ForestBuilder builder({.feature_count = 1, .output_count = 1});
    for (const bool is_strict : {false, true}) {
      builder.start_tree(3);
      builder.numerical_test(
          0, {.feature = 0, .threshold = threshold, .left = 1, .right = 2, .is_strict = is_strict});
      builder.leaf(1, std::vector{is_strict ? 4.0 : 1.0});
      builder.leaf(2, std::vector{is_strict ? 8.0 : 2.0});
    }
    const Forest forest = std::move(builder).build().value();
    const std::vector<float> rows{feature,
                                  0.0F,
                                  -0.0F,
                                  3.4e38F,
                                  -3.4e38F,
                                  std::numeric_limits<float>::infinity(),
                                  -std::numeric_limits<float>::infinity(),
                                  std::numeric_limits<float>::quiet_NaN(),
                                  1e-45F};
    expect_equal(forest, MatrixView<const float>(rows, rows.size(), 1));
  }
}

TEST_P(EveryEngine, AnswersAForestOfSingleLeaves) {
  ForestBuilder builder(
      {.feature_count = 2, .output_count = 2, .aggregation = Aggregation::average});
  for (int tree = 0; tree < 3; ++tree) {
    builder.start_tree(1);
    builder.leaf(0, std::vector{0.25, 0.75});
  }
  const Forest forest = std::move(builder).build().value();
  const std::vector<float> rows{1.0F, std::numeric_limits<float>::quiet_NaN()};
  expect_equal(forest, MatrixView<const float>(rows, 1, 2));
}

TEST_P(EveryEngine, TakesNoRows) {
  const Forest forest = testing::make_random_forest({}, 1);
  expect_equal(forest, MatrixView<const float>({}, 0, forest.feature_count()));
  expect_equal(forest, MatrixView<const double>({}, 0, forest.feature_count()));
}

INSTANTIATE_TEST_SUITE_P(Engines, EveryEngine, ::testing::ValuesIn(all_engines()),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace ml_inference
