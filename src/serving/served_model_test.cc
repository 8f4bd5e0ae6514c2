// SPDX-License-Identifier: MIT
#include "serving/served_model.h"

#include "model/forest_builder.h"

#include <gtest/gtest.h>

#include <limits>
#include <utility>

namespace ml_inference {
namespace {

// Two features, two classes: "low" where the first feature is at most 0.5, else "high".
Model threshold_model() {
  Schema schema;
  schema.feature_names = {"x", "y"};
  schema.class_labels = {std::string("low"), std::string("high")};
  ForestBuilder builder(2, 2, Aggregation::sum);
  builder.start_tree(3);
  builder.numerical_test(0, {.feature = 0, .threshold = 0.5, .left = 1, .right = 2});
  builder.leaf(1, std::vector{0.75, 0.25});
  builder.leaf(2, std::vector{0.125, 0.875});
  return make_model(schema, std::move(builder).build().value(), {"built-in", ""}).value();
}

TEST(ServedModel, KnowsItsNameAndItsSchema) {
  const auto served = ServedModel::make(threshold_model(), "threshold").value();
  EXPECT_EQ(served->name(), "threshold");
  EXPECT_EQ(served->schema().feature_count(), 2U);
  EXPECT_EQ(served->model().provenance().format, "built-in");
  EXPECT_EQ(served->steps_per_row(), 2U);  // the test and a leaf
}

TEST(ServedModel, PredictsEachRow) {
  const auto served = ServedModel::make(threshold_model(), "threshold").value();
  PredictScratch scratch;
  const auto outputs =
      served->predict({.cells = {0.5, 9, 0.51, 9, -1, 9}, .row_count = 3}, scratch);
  EXPECT_EQ(std::vector(outputs.begin(), outputs.end()),
            (std::vector{0.75, 0.25, 0.125, 0.875, 0.75, 0.25}));
}

TEST(ServedModel, UsesItsScratchAgainForFewerRows) {
  const auto served = ServedModel::make(threshold_model(), "threshold").value();
  PredictScratch scratch;
  static_cast<void>(served->predict({.cells = {0, 0, 0, 0}, .row_count = 2}, scratch));
  const auto outputs = served->predict({.cells = {1, 0}, .row_count = 1}, scratch);
  EXPECT_EQ(std::vector(outputs.begin(), outputs.end()), (std::vector{0.125, 0.875}));
  EXPECT_TRUE(served->predict({}, scratch).empty());
}

TEST(ServedModel, IsNotMadeOfAModelWhoseFirstAnswerIsNone) {
  constexpr double kMax = std::numeric_limits<double>::max();
  Schema schema;
  schema.task = Task::regression;
  schema.feature_names = {"x"};
  ForestBuilder builder(1, 1, Aggregation::sum);
  for (int tree = 0; tree < 2; ++tree) {
    builder.start_tree(1);
    builder.leaf(0, std::vector{kMax});
  }
  Result<Forest> forest = std::move(builder).build();
  ASSERT_TRUE(forest.has_value()) << forest.error().message;
  const auto served = ServedModel::make(
      make_model(schema, std::move(forest).value(), {"built-in", ""}).value(), "overflowing");
  ASSERT_FALSE(served.has_value());
  EXPECT_EQ(served.error().code, Code::internal);
  EXPECT_EQ(served.error().message, "warm-up: a row of zeros gave inf, expected a finite number");
}

TEST(BestClass, IsTheFirstOfTheLargest) {
  EXPECT_EQ(best_class(std::vector{0.1, 0.7, 0.2}), 1U);
  EXPECT_EQ(best_class(std::vector{0.4, 0.4, 0.2}), 0U);
  EXPECT_EQ(best_class(std::vector{0.2, 0.4, 0.4}), 1U);
  EXPECT_EQ(best_class(std::vector{1.0}), 0U);
}

}  // namespace
}  // namespace ml_inference
