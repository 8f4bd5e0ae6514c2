// SPDX-License-Identifier: MIT
#include "serving/served_model.h"

#include "model/estimators/constant.h"
#include "model/forest_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <numeric>
#include <stop_token>
#include <utility>
#include <vector>

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

// Counts what it is asked, and asks to be stopped while it answers a row that is told beforehand.
class Counting final : public Estimator {
 public:
  struct Seen {
    std::vector<std::size_t> pieces;  // how many rows each call had
    std::stop_source stop;
    double stop_at = -1;
  };
  Counting(Seen& seen, std::size_t steps) : seen_(seen), steps_(steps) {}

  [[nodiscard]] std::size_t feature_count() const override { return 1; }
  [[nodiscard]] std::size_t answer_width() const override { return 1; }
  [[nodiscard]] std::size_t steps_per_row() const override { return steps_; }
  void predict(MatrixView<const double> rows, std::span<double> out, Workspace&) const override {
    seen_.pieces.push_back(rows.row_count());
    for (std::size_t row = 0; row < rows.row_count(); ++row) {
      out[row] = 2 * rows.row(row)[0];
      if (rows.row(row)[0] == seen_.stop_at) seen_.stop.request_stop();
    }
  }
  void for_each_forest(const std::function<void(const Forest&)>&) const override {}
  void run_forests_by(const ForestRunnerMaker&) override {}

 private:
  Seen& seen_;
  std::size_t steps_;
};

std::shared_ptr<const ServedModel> counting_model(Counting::Seen& seen, std::size_t steps) {
  Schema schema{.feature_names = {"x"}, .targets = {{.task = Task::regression}}};
  Model model = make_model(schema, std::make_unique<Counting>(seen, steps), {}).value();
  auto served = ServedModel::make(std::move(model), "counting").value();
  seen.pieces.clear();  // of the warm-up row
  return served;
}

PredictRequest numbered_rows(std::size_t count) {
  PredictRequest request{.cells = std::vector<double>(count), .row_count = count};
  std::iota(request.cells.begin(), request.cells.end(), 0.0);
  return request;
}

TEST(ServedModel, PredictsRowsInPiecesByWhatTheyCost) {
  using ::testing::ElementsAre;
  Counting::Seen seen;
  PredictScratch scratch;
  const auto dear = counting_model(seen, 4'000'000);
  EXPECT_EQ(dear->rows_per_piece(), 2U);
  const auto answers = dear->predict(numbered_rows(5), scratch);
  EXPECT_THAT(answers, ElementsAre(0, 2, 4, 6, 8));
  EXPECT_THAT(seen.pieces, ElementsAre(2, 2, 1));
  const auto cheap = counting_model(seen, 100);
  static_cast<void>(cheap->predict(numbered_rows(10'000), scratch));
  EXPECT_THAT(seen.pieces, ElementsAre(10'000));
  EXPECT_EQ(counting_model(seen, 1'000'000'000)->rows_per_piece(), 1U);
  EXPECT_EQ(counting_model(seen, 0)->rows_per_piece(), 10'000'000U);
}

TEST(ServedModel, BeginsNoFurtherPieceOnceItIsAskedToStop) {
  using ::testing::ElementsAre;
  Counting::Seen seen;
  seen.stop_at = 3;
  PredictScratch scratch;
  const auto served = counting_model(seen, 5'000'000);
  static_cast<void>(served->predict(numbered_rows(10'000), scratch, seen.stop.get_token()));
  EXPECT_THAT(seen.pieces, ElementsAre(2, 2));
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
