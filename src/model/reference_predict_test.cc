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
  ForestBuilder builder({.feature_count = 1, .output_count = 1});
  add_stump(builder, threshold, missing_goes_left);
  return std::move(builder).build().value();
}

// Trees that are one leaf each.
Forest constants(Aggregation aggregation, const std::vector<std::vector<double>>& leaves) {
  ForestBuilder builder(
      {.feature_count = 1, .output_count = leaves.front().size(), .aggregation = aggregation});
  for (const std::vector<double>& leaf : leaves) {
    builder.start_tree(1);
    builder.leaf(0, leaf);
  }
  return std::move(builder).build().value();
}

std::vector<double> predict(const Forest& forest, const std::vector<float>& rows) {
  const std::size_t row_count = rows.size() / forest.feature_count();
  std::vector<double> out(row_count * forest.output_count(), -1.0);  // to be overwritten
  reference_predict(forest, MatrixView<const float>(rows, row_count, forest.feature_count()), out);
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
  ForestBuilder builder({.feature_count = 2, .output_count = 1});
  add_stump(builder, 0.0);
  builder.start_tree(3);
  builder.numerical_test(0, {.feature = 1, .threshold = 5.0, .left = 2, .right = 1});
  builder.leaf(1, std::vector{10.0});
  builder.leaf(2, std::vector{20.0});
  const Forest forest = std::move(builder).build().value();
  EXPECT_EQ(predict(forest, {-1, 4, -1, 6, 1, 4, 1, 6}), (std::vector{21.0, 11.0, 22.0, 12.0}));
}

// A forest of single leaves of one value each.
Forest leaves(ForestShape shape, const std::vector<double>& values) {
  shape.feature_count = 1;
  ForestBuilder builder(shape);
  for (std::size_t tree = 0; tree < values.size(); ++tree) {
    builder.start_tree(1, tree % shape.output_count);
    builder.leaf(0, {&values[tree], 1});
  }
  return std::move(builder).build().value();
}

TEST(ReferencePredict, AddsEachNarrowTreeToItsOwnOutput) {
  EXPECT_EQ(predict(leaves({.output_count = 2, .leaf_width = 1}, {1, 10, 2, 20}), {0.0F}),
            (std::vector{3.0, 30.0}));
  const ForestShape shape{.output_count = 2, .leaf_width = 1, .aggregation = Aggregation::average};
  EXPECT_EQ(predict(leaves(shape, {1, 10, 2}), {0.0F}), (std::vector{1.5, 10.0}));
}

TEST(ReferencePredict, CarriesSumsInFloat32WhereTheForestDoes) {
  // 2^24 + 1 is no float32: it is rounded to the even 2^24, twice.
  const double big = 16777216;
  const ForestShape narrow{.output_count = 1, .sum_type = NumberType::float32};
  EXPECT_EQ(predict(leaves(narrow, {big, 1, 1}), {0.0F}), std::vector{big});
  EXPECT_EQ(predict(leaves({.output_count = 1}, {big, 1, 1}), {0.0F}), std::vector{big + 2});
  EXPECT_EQ(predict(leaves(narrow, {0.1}), {0.0F}), std::vector{static_cast<double>(0.1F)});
}

TEST(ReferencePredict, BeginsOrEndsWithTheBase) {
  const double big = 16777216;
  ForestShape shape{.output_count = 1, .sum_type = NumberType::float32, .base = {big}};
  EXPECT_EQ(predict(leaves(shape, {1, 1}), {0.0F}), std::vector{big});
  shape.base_last = true;
  EXPECT_EQ(predict(leaves(shape, {1, 1}), {0.0F}), std::vector{big + 2});
}

TEST(ReferencePredict, RoundsARowToTheTypeOfTheFeatures) {
  for (const NumberType type : {NumberType::float32, NumberType::float64}) {
    ForestBuilder builder({.feature_count = 1, .output_count = 1, .feature_type = type});
    add_stump(builder, 0.1);
    const Forest forest = std::move(builder).build().value();
    const std::vector<double> row{0.1};  // as a float32 above 0.1
    std::vector<double> out(1);
    reference_predict(forest, MatrixView<const double>(row, 1, 1), out);
    EXPECT_EQ(out.front(), type == NumberType::float32 ? 2.0 : 1.0);
    EXPECT_EQ(predict(forest, {0.1F}), std::vector{2.0});
  }
}

TEST(ReferencePredict, AddsWhatALinearLeafGives) {
  ForestBuilder builder(
      {.feature_count = 1, .output_count = 1, .feature_type = NumberType::float64});
  builder.start_tree(1);
  const std::vector<std::uint32_t> features{0};
  const std::vector<double> coefficients{2};
  builder.linear_leaf(0, {.constant = 1, .features = features, .coefficients = coefficients}, 7);
  EXPECT_EQ(predict(std::move(builder).build().value(), {3.0F, NAN}), (std::vector{7.0, 7.0}));
}

TEST(ReferencePredict, TakesNoRows) { EXPECT_TRUE(predict(stump(0.5), {}).empty()); }

TEST(ReferencePredictDeathTest, WantsShapesThatFit) {
  const Forest forest = stump(0.5);
  const std::vector<float> rows{1.0F, 2.0F};
  std::vector<double> out(2);
  EXPECT_DEATH(reference_predict(forest, MatrixView<const float>(rows, 1, 2), out),
               "assertion failed");
  const MatrixView<const float> two(rows, 2, 1);
  EXPECT_DEATH(reference_predict(forest, two, std::span(out).first(1)), "assertion failed");
}

}  // namespace
}  // namespace ml_inference
