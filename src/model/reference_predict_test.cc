// SPDX-License-Identifier: MIT
// The specification by worked examples: each expected number can be found with pen and paper.
#include "model/reference_predict.h"

#include "model/forest_builder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace ml_inference {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// One test on feature 0: 1 to the left of it, 2 to the right.
void add_stump(ForestBuilder& builder, double threshold, bool missing_goes_left = false) {
  builder.start_tree(3);
  builder.numerical_test(
      0, {.threshold = threshold, .left = 1, .right = 2, .missing_goes_left = missing_goes_left});
  builder.leaf(1, std::vector{1.0});
  builder.leaf(2, std::vector{2.0});
}

Forest stump(double threshold, bool missing_goes_left = false) {
  ForestBuilder builder(1, 1, Aggregation::sum);
  add_stump(builder, threshold, missing_goes_left);
  return std::move(builder).build().value();
}

// Trees that are one leaf each.
Forest constants(Aggregation aggregation, const std::vector<std::vector<double>>& leaves) {
  ForestBuilder builder(1, leaves.front().size(), aggregation);
  for (const std::vector<double>& leaf : leaves) {
    builder.start_tree(1);
    builder.leaf(0, leaf);
  }
  return std::move(builder).build().value();
}

std::vector<double> predict(const Forest& forest, const std::vector<float>& rows) {
  const std::size_t row_count = rows.size() / forest.feature_count();
  std::vector<double> out(row_count * forest.output_count(), -1.0);  // to be overwritten
  reference_predict(forest, {rows, row_count, forest.feature_count()}, out);
  return out;
}

TEST(ReferencePredict, SendsARowOnTheThresholdToTheLeft) {
  const std::vector<float> rows{0.5F, std::nextafter(0.5F, 1.0F), std::nextafter(0.5F, 0.0F)};
  EXPECT_EQ(predict(stump(0.5), rows), (std::vector{1.0, 2.0, 1.0}));
}

TEST(ReferencePredict, ComparesAFloat32WithAFloat64) {
  // 0.1F is 0.100000001490116..., more than 0.1; in float32 the two would be equal.
  EXPECT_EQ(predict(stump(0.1), {0.1F}), std::vector{2.0});
  EXPECT_EQ(predict(stump(std::nextafter(0.5, 1.0)), {0.5F}), std::vector{1.0});
  EXPECT_EQ(predict(stump(1e-320), {0.0F, 1e-45F}), (std::vector{1.0, 2.0}));
}

TEST(ReferencePredict, TreatsBothZerosAlike) {
  EXPECT_EQ(predict(stump(0.0), {0.0F, -0.0F}), (std::vector{1.0, 1.0}));
  EXPECT_EQ(predict(stump(-0.0), {0.0F, -0.0F}), (std::vector{1.0, 1.0}));
}

TEST(ReferencePredict, ComparesInfinitiesAsNumbers) {
  EXPECT_EQ(predict(stump(1e300), {kInfinity, -kInfinity}), (std::vector{2.0, 1.0}));
  EXPECT_EQ(predict(stump(kInfinity), {kInfinity}), std::vector{1.0});
  EXPECT_EQ(predict(stump(-kInfinity), {-kInfinity, 0.0F}), (std::vector{1.0, 2.0}));
}

TEST(ReferencePredict, SendsAMissingValueWhereTheTestSays) {
  EXPECT_EQ(predict(stump(0.5, true), {NAN, 0.0F, 1.0F}), (std::vector{1.0, 1.0, 2.0}));
  EXPECT_EQ(predict(stump(0.5, false), {NAN, 0.0F, 1.0F}), (std::vector{2.0, 1.0, 2.0}));
}

TEST(ReferencePredict, AddsInTreeOrder) {
  // From left to right 1 vanishes beside 1e16; in another order it would not.
  EXPECT_EQ(predict(constants(Aggregation::sum, {{1e16}, {1.0}, {-1e16}}), {0.0F}),
            std::vector{0.0});
  EXPECT_EQ(predict(constants(Aggregation::sum, {{1e16}, {-1e16}, {1.0}}), {0.0F}),
            std::vector{1.0});
}

TEST(ReferencePredict, AveragesBySummingFirst) {
  const Forest forest = constants(Aggregation::average, {{0.1, 0.9}, {0.2, 0.8}, {0.3, 0.7}});
  EXPECT_EQ(predict(forest, {0.0F}), (std::vector{(0.1 + 0.2 + 0.3) / 3, (0.9 + 0.8 + 0.7) / 3}));
}

TEST(ReferencePredict, AnswersEachRowForItself) {
  ForestBuilder builder(2, 1, Aggregation::sum);
  add_stump(builder, 0.0);
  builder.start_tree(3);
  builder.numerical_test(0, {.feature = 1, .threshold = 5.0, .left = 2, .right = 1});
  builder.leaf(1, std::vector{10.0});
  builder.leaf(2, std::vector{20.0});
  const Forest forest = std::move(builder).build().value();
  EXPECT_EQ(predict(forest, {-1, 4, -1, 6, 1, 4, 1, 6}), (std::vector{21.0, 11.0, 22.0, 12.0}));
}

TEST(ReferencePredict, TakesNoRows) { EXPECT_TRUE(predict(stump(0.5), {}).empty()); }

TEST(ReferencePredictDeathTest, WantsShapesThatFit) {
  const Forest forest = stump(0.5);
  const std::vector<float> rows{1.0F, 2.0F};
  std::vector<double> out(2);
  EXPECT_DEATH(reference_predict(forest, {rows, 1, 2}, out), "assertion failed");
  EXPECT_DEATH(reference_predict(forest, {rows, 2, 1}, std::span(out).first(1)),
               "assertion failed");
}

}  // namespace
}  // namespace ml_inference
