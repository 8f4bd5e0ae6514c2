// SPDX-License-Identifier: MIT
#include "serving/served_model.h"

#include "model/estimators/constant.h"
#include "model/forest_builder.h"
#include "model/testing/random_forest.h"
#include "serving/testing/called_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>
#include <latch>
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

// A forest of the shape behind its engine.
std::shared_ptr<const ServedModel> forest_model(const testing::RandomForestShape& shape) {
  Schema schema;
  for (std::size_t feature = 0; feature < shape.feature_count; ++feature) {
    schema.feature_names.push_back("x" + std::to_string(feature));
  }
  schema.targets[0].class_labels = {std::string("a"), std::string("b"), std::string("c")};
  Model model = make_model(schema, testing::make_random_forest(shape, 3), {}).value();
  return ServedModel::make(std::move(model), "random").value();
}

std::vector<std::uint64_t> bits(std::span<const double> values) {
  std::vector<std::uint64_t> all;
  for (const double value : values) all.push_back(std::bit_cast<std::uint64_t>(value));
  return all;
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
  const auto answers = dear->predict(numbered_rows(5), scratch);
  EXPECT_THAT(answers, ElementsAre(0, 2, 4, 6, 8));
  EXPECT_THAT(seen.pieces, ElementsAre(2, 2, 1));
  const auto cheap = counting_model(seen, 100);
  static_cast<void>(cheap->predict(numbered_rows(10'000), scratch));
  EXPECT_THAT(seen.pieces, ElementsAre(10'000));
}

TEST(ServedModel, BeginsNoFurtherPieceOnceItIsAskedToStop) {
  using ::testing::ElementsAre;
  Counting::Seen seen;
  seen.stop_at = 3;
  PredictScratch scratch;
  const auto served = counting_model(seen, 5'000'000);
  static_cast<void>(
      served->predict(numbered_rows(10'000), scratch, {.stop = seen.stop.get_token()}));
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

// The request's cells, as a message may hold them.
template <class Number>
PredictRequest packed_rows(const PredictRequest& rows, PackedCells::Type type, std::string& bytes) {
  bytes.assign(1, 'x');  // at an address that is no number's
  for (const double cell : rows.cells) {
    const auto number = static_cast<Number>(cell);
    bytes.append(reinterpret_cast<const char*>(&number), sizeof(number));
  }
  return {.packed = {type, std::string_view(bytes).substr(1)}, .row_count = rows.row_count};
}

TEST(ServedModel, GivesPackedRowsTheAnswersOfTheirCells) {
  for (const std::size_t feature_count : {1U, 5U, 9'000U}) {  // the last: more than are unpacked
    const auto served =
        forest_model({.feature_count = feature_count, .tree_count = 20, .depth = 6});
    for (const std::size_t row_count : {1U, 2U, 300U}) {
      PredictRequest rows{
          .cells = testing::make_random_double_rows(row_count, feature_count, row_count),
          .row_count = row_count};
      for (double& cell : rows.cells) cell = static_cast<double>(static_cast<float>(cell));
      PredictScratch scratch;
      const std::vector<std::uint64_t> expected = bits(served->predict(rows, scratch));
      std::string bytes;
      const auto narrow = packed_rows<float>(rows, PackedCells::Type::float32, bytes);
      EXPECT_EQ(bits(served->predict(narrow, scratch)), expected);
      const auto wide = packed_rows<double>(rows, PackedCells::Type::float64, bytes);
      EXPECT_EQ(bits(served->predict(wide, scratch)), expected);
      std::vector<double> cells{7};
      wide.append_cells(cells);
      EXPECT_EQ(bits(std::span(cells).subspan(1)), bits(rows.cells));
    }
  }
}

TEST(ServedModel, GivesTheSameAnswersHoweverManyWorkersComputeThem) {
  constexpr std::size_t kFeatureCount = 5;
  for (const std::size_t depth : {4U, 12U}) {  // asked all tests at once; walked
    const auto served =
        forest_model({.feature_count = kFeatureCount, .tree_count = 100, .depth = depth});
    const std::size_t enough = 2'000'000 / served->steps_per_row() + 1;
    for (const std::size_t row_count : {std::size_t{1}, enough, enough + 127, 2 * enough + 1,
                                        4 * enough + 64, 4 * enough + 100}) {
      const PredictRequest request{
          .cells = testing::make_random_double_rows(row_count, kFeatureCount, row_count),
          .row_count = row_count};
      PredictScratch scratch;
      const std::vector<std::uint64_t> alone = bits(served->predict(request, scratch));
      for (const std::size_t workers : {1U, 2U, 3U}) {
        WorkerPool pool(workers, testing::patient_queue(1));
        std::vector<std::uint64_t> together;
        ASSERT_TRUE(testing::is_taken(pool, [&] {
          PredictScratch memory;
          together = bits(served->predict(request, memory, {.workers = &pool}));
        }));
        pool.finish();
        EXPECT_EQ(together, alone) << row_count << " rows, " << workers << " workers";
      }
    }
  }
}

// Lets nobody go before two threads are within a part, and remembers what it was given.
class Meeting final : public Estimator {
 public:
  struct Seen {
    std::latch two_are_within{2};
    std::atomic<int> parts = 0;
    std::atomic<bool> is_open = false;  // lets the warm-up row pass
  };
  explicit Meeting(Seen& seen) : seen_(seen) {}

  [[nodiscard]] std::size_t feature_count() const override { return 1; }
  [[nodiscard]] std::size_t answer_width() const override { return 1; }
  [[nodiscard]] std::size_t steps_per_row() const override { return 10'000; }
  void predict(MatrixView<const double> rows, std::span<double> out, Workspace&) const override {
    if (seen_.is_open && seen_.parts++ < 2) seen_.two_are_within.arrive_and_wait();
    for (std::size_t row = 0; row < rows.row_count(); ++row) out[row] = rows.row(row)[0] + 1;
  }
  void for_each_forest(const std::function<void(const Forest&)>&) const override {}
  void run_forests_by(const ForestRunnerMaker&) override {}

 private:
  Seen& seen_;
};

TEST(ServedModel, HasTwoWorkersComputePartsOfOneBatchAtTheSameTime) {
  Meeting::Seen seen;
  Schema schema{.feature_names = {"x"}, .targets = {{.task = Task::regression}}};
  Model model = make_model(schema, std::make_unique<Meeting>(seen), {}).value();
  const auto served = ServedModel::make(std::move(model), "meeting").value();
  seen.is_open = true;
  const PredictRequest request = numbered_rows(1'000);
  std::vector<double> answers;
  WorkerPool pool(2, testing::patient_queue(1));
  ASSERT_TRUE(testing::is_taken(pool, [&] {
    PredictScratch scratch;
    const auto all = served->predict(request, scratch, {.workers = &pool});
    answers.assign(all.begin(), all.end());
  }));
  pool.finish();             // would never return if a part waited for the other
  EXPECT_EQ(seen.parts, 8);  // of 128 rows, the last of 104
  ASSERT_EQ(answers.size(), 1'000U);
  for (std::size_t row = 0; row < 1'000; ++row) {
    EXPECT_EQ(answers[row], static_cast<double>(row + 1));
  }
}

// Refuses every row that is a multiple of something.
class Refusing final : public Estimator {
 public:
  explicit Refusing(std::size_t every) : every_(every) {}

  [[nodiscard]] std::size_t feature_count() const override { return 1; }
  [[nodiscard]] std::size_t answer_width() const override { return 1; }
  [[nodiscard]] std::size_t steps_per_row() const override { return 10'000; }
  void predict(MatrixView<const double>, std::span<double>, Workspace&) const override {}
  [[nodiscard]] bool may_refuse() const override { return true; }
  [[nodiscard]] std::optional<std::string> refusal(std::span<const double> row,
                                                   Workspace&) const override {
    const auto number = static_cast<std::size_t>(row[0]);
    if (number % every_ != 0) return std::nullopt;
    return std::to_string(number);
  }
  void for_each_forest(const std::function<void(const Forest&)>&) const override {}
  void run_forests_by(const ForestRunnerMaker&) override {}

 private:
  std::size_t every_;
};

TEST(ServedModel, FindsTheFirstRefusalsByRowWhoeverLooksForThem) {
  Schema schema{.feature_names = {"x"}, .targets = {{.task = Task::regression}}};
  const PredictRequest request = numbered_rows(5'000);
  for (const std::size_t every : {1U, 7U, 60U, 4'999U, 10'000U}) {
    Model model = make_model(schema, std::make_unique<Refusing>(every), {}).value();
    const auto served = ServedModel::make(std::move(model), "refusing").value();
    std::vector<RowRefusal> expected;
    for (std::size_t row = 0; row < 5'000 && expected.size() < 100; row += every) {
      expected.push_back({row, std::to_string(row)});
    }
    PredictScratch scratch;
    EXPECT_EQ(served->refusals(request, 100, scratch), expected);
    for (const std::size_t workers : {1U, 2U, 3U}) {
      WorkerPool pool(workers, testing::patient_queue(1));
      std::vector<RowRefusal> together;
      ASSERT_TRUE(testing::is_taken(pool, [&] {
        PredictScratch memory;
        together = served->refusals(request, 100, memory, {.workers = &pool});
      }));
      pool.finish();
      EXPECT_EQ(together, expected) << every << ", " << workers << " workers";
    }
  }
}

TEST(ServedModel, AsksNoRowOfAModelThatRefusesNone) {
  const auto served = ServedModel::make(threshold_model(), "threshold").value();
  PredictScratch scratch;
  EXPECT_THAT(served->refusals({.cells = {0, 0}, .row_count = 1}, 100, scratch),
              ::testing::IsEmpty());
}

}  // namespace
}  // namespace ml_inference
