// SPDX-License-Identifier: MIT
#include "serving/served_model.h"

#include "model/estimators/constant.h"
#include "model/forest_builder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <utility>

namespace ml_inference {
namespace {

// Two features, two classes: "low" where the first feature is at most 0.5, else "high".
Model threshold_model() {
  Schema schema;
  schema.feature_names = {"x", "y"};
  schema.targets[0].class_labels = {std::string("low"), std::string("high")};
  ForestBuilder builder({.feature_count = 2, .output_count = 2});
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

// The library that trained the model would give an infinity, too.
// A float64 number beside the threshold, of which float32 knows nothing.
TEST(ServedModel, KeepsTheCellsOfAForestOfFloat64) {
  Schema schema{.feature_names = {"x"}, .targets = {{.task = Task::regression}}};
  ForestBuilder builder(
      {.feature_count = 1, .output_count = 1, .feature_type = NumberType::float64});
  builder.start_tree(3);
  builder.numerical_test(0, {.threshold = 1, .left = 1, .right = 2});
  builder.leaf(1, std::vector{1.0});
  builder.leaf(2, std::vector{2.0});
  Model model = make_model(schema, std::move(builder).build().value(), {}).value();
  const auto served = ServedModel::make(std::move(model), "float64").value();
  PredictScratch scratch;
  const auto answers =
      served->predict({.cells = {1, std::nextafter(1.0, 2.0)}, .row_count = 2}, scratch);
  EXPECT_EQ(std::vector(answers.begin(), answers.end()), (std::vector{1.0, 2.0}));
}

TEST(ServedModel, AppliesTheLinkAndGivesTheSumsAsScores) {
  Schema schema{.feature_names = {"x"},
                .targets = {{.class_labels = {"no", "yes"}, .score_count = 1}}};
  ForestBuilder builder({.feature_count = 1, .output_count = 1, .base = {0}});
  builder.start_tree(3);
  builder.numerical_test(0, {.threshold = 0, .left = 1, .right = 2});
  builder.leaf(1, std::vector{0.0});
  builder.leaf(2, std::vector{1000.0});
  const Link link{.function = LinkFunction::logistic, .two_classes = true};
  Model model = make_model(schema, std::move(builder).build().value(), {}, link).value();
  const auto served = ServedModel::make(std::move(model), "link").value();
  PredictScratch scratch;
  const auto answers = served->predict({.cells = {0, 1}, .row_count = 2}, scratch);
  EXPECT_EQ(std::vector(answers.begin(), answers.end()),
            (std::vector{0.5, 0.5, 0.0, 0.0, 1.0, 1000.0}));
}

TEST(ServedModel, GivesWhatTheModelGivesEvenWhereItIsNoFiniteNumber) {
  constexpr double kMax = std::numeric_limits<double>::max();
  Schema schema;
  schema.targets[0].task = Task::regression;
  schema.feature_names = {"x"};
  ForestBuilder builder({.feature_count = 1, .output_count = 1});
  for (int tree = 0; tree < 2; ++tree) {
    builder.start_tree(1);
    builder.leaf(0, std::vector{kMax});
  }
  const auto served =
      ServedModel::make(make_model(schema, std::move(builder).build().value(), {}).value(), "large")
          .value();
  PredictScratch scratch;
  const auto answers = served->predict({.cells = {0}, .row_count = 1}, scratch);
  EXPECT_EQ(answers.front(), std::numeric_limits<double>::infinity());
}

TEST(ServedModel, AnswersRowsThatNobodyLooksAtWithoutTheirCells) {
  Schema schema{.feature_names = {"x", "y"},
                .takes_any_width = true,
                .targets = {{.class_labels = {"no", "yes"}}}};
  const std::vector<double> answer{0.25, 0.75};
  Model model = make_model(schema, std::make_unique<Constant>(2, answer), {}).value();
  const auto served = ServedModel::make(std::move(model), "constant").value();
  PredictScratch scratch;
  const auto answers = served->predict({.cells = {}, .row_count = 2}, scratch);
  EXPECT_EQ(std::vector(answers.begin(), answers.end()), (std::vector{0.25, 0.75, 0.25, 0.75}));
  EXPECT_TRUE(served->predict({}, scratch).empty());
}

}  // namespace
}  // namespace ml_inference
