// SPDX-License-Identifier: MIT
// Every engine against the specification, to the last bit: random forests, and rows on, beside and
// far from the thresholds, missing and infinite.
#include "engines/engine.h"

#include "engines/scalar_engine.h"
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
  static const std::vector<EngineCase> engines{{"scalar", make_scalar_engine},
                                               {"chosen", make_engine}};
  return engines;
}

std::vector<double> reference_of(const Forest& forest, MatrixView<const float> rows) {
  std::vector<double> out(rows.row_count() * forest.output_count(), -1.0);
  reference_predict(forest, rows, out);
  return out;
}

class EveryEngine : public ::testing::TestWithParam<EngineCase> {
 protected:
  void expect_equal(const Forest& forest, MatrixView<const float> rows) {
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
    expect_equal(forest, {rows, kRowCount, shape.feature_count});
  }
}

// Each of these makes its own tree go differently in float64 than in a careless float32.
TEST_P(EveryEngine, ComparesAFloat32FeatureWithAFloat64Threshold) {
  const float feature = 0.1F;  // 0.10000000149011612
  for (const double threshold :
       {0.1, 0.10000000149011611, 0.10000000149011612, 0.2, 1e300, -1e300, 1e-320,
        std::numeric_limits<double>::infinity(), -std::numeric_limits<double>::infinity()}) {
    ForestBuilder builder(1, 1, Aggregation::sum);
    builder.start_tree(3);
    builder.numerical_test(0, {.feature = 0, .threshold = threshold, .left = 1, .right = 2});
    builder.leaf(1, std::vector{1.0});
    builder.leaf(2, std::vector{2.0});
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
    expect_equal(forest, {rows, rows.size(), 1});
  }
}

TEST_P(EveryEngine, AnswersAForestOfSingleLeaves) {
  ForestBuilder builder(2, 2, Aggregation::average);
  for (int tree = 0; tree < 3; ++tree) {
    builder.start_tree(1);
    builder.leaf(0, std::vector{0.25, 0.75});
  }
  const Forest forest = std::move(builder).build().value();
  const std::vector<float> rows{1.0F, std::numeric_limits<float>::quiet_NaN()};
  expect_equal(forest, {rows, 1, 2});
}

TEST_P(EveryEngine, TakesNoRows) {
  const Forest forest = testing::make_random_forest({}, 1);
  expect_equal(forest, {{}, 0, forest.feature_count()});
}

INSTANTIATE_TEST_SUITE_P(Engines, EveryEngine, ::testing::ValuesIn(all_engines()),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace ml_inference
