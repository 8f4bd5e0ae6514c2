// SPDX-License-Identifier: MIT
#include "app/rows_file.h"

#include "app/predict_rows.h"
#include "app/row_parser.h"
#include "app/tree_text.h"
#include "app/verification.h"
#include "model/forest_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;

// A file that goes with the test.
class TextFile {
 public:
  explicit TextFile(const std::string& text, const std::string& ending = "")
      : path_(::testing::TempDir() +
              ::testing::UnitTest::GetInstance()->current_test_info()->name() +
              std::to_string(count_++) + ending) {
    std::ofstream(path_) << text;
  }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  ~TextFile() { std::remove(path_.c_str()); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  static inline int count_ = 0;
  std::string path_;
};

// "low" where x is at most 0.5, else "high"; city is text and is not looked at.
Model threshold_model() {
  Schema schema{.feature_names = {"x", "city"},
                .input = {.accepts_missing = true},
                .categories = {{1, {"Berlin", "Rome"}, UnknownCategory::refused}},
                .targets = {{.class_labels = {"low", "high"}}}};
  ForestBuilder builder({.feature_count = 2, .output_count = 2});
  builder.start_tree(3);
  builder.numerical_test(0, {.feature = 0, .threshold = 0.5, .left = 1, .right = 2});
  builder.leaf(1, std::vector{0.75, 0.25});
  builder.leaf(2, std::vector{0.125, 0.875});
  return make_model(schema, std::move(builder).build().value(), {}).value();
}

std::shared_ptr<const ServedModel> served() {
  return ServedModel::make(threshold_model(), "threshold").value();
}

std::string shown(const RowBatch& batch, std::size_t taken) {
  const std::vector<double>& cells = batch.request.cells;
  return std::to_string(cells[2 * taken]) + " " + std::to_string(cells[2 * taken + 1]);
}

// What becomes of each row: its two cells, or why it is refused.
std::vector<std::string> rows_of(const std::string& text) {
  const auto model = served();
  const TextFile file(text);
  const auto rows = RowsFile::open(file.path(), *model);
  if (!rows) return {rows.error().message};
  RowParser parser((*rows)->layout());
  std::vector<std::string> read;
  RowBlock block;
  RowBatch batch;
  while ((*rows)->next(block).value()) {
    parser.start(block);
    while (parser.next(batch)) {
      std::size_t refused = 0;
      for (std::size_t row = 0; row < batch.row_count; ++row) {
        const bool is_refused =
            refused < batch.refusals.size() && batch.refusals[refused].row == row;
        read.push_back(is_refused ? batch.refusals[refused].reason : shown(batch, row - refused));
        if (is_refused) ++refused;
      }
      EXPECT_EQ(batch.request.row_count + refused, batch.row_count);
    }
  }
  return read;
}

TEST(RowsFile, ReadsCsvByTheNamesOfItsColumns) {
  EXPECT_THAT(rows_of("city,x\nRome,1.5\nBerlin,\n"),
              ::testing::ElementsAre("1.500000 1.000000", "nan 0.000000"));
}

TEST(RowsFile, ReadsJsonLinesByPositionAndByName) {
  EXPECT_THAT(rows_of("[1.5, \"Rome\"]\n\n{\"city\": \"Berlin\", \"x\": \"NaN\"}\n"),
              ::testing::ElementsAre("1.500000 1.000000", "nan 0.000000"));
}

TEST(RowsFile, SaysWhyARowIsRefusedAndGoesOn) {
  EXPECT_THAT(rows_of("[1, \"Oslo\"]\n\n[1]\n[1, \"Rome\"\n[2, \"Rome\"]\n"),
              ::testing::ElementsAre(
                  "line 1: row.1: Input should be one of the feature's categories",
                  "line 3: row: List should have at least 2 items after validation, not 1",
                  HasSubstr("line 4: row: no JSON at byte 11: "), "2.000000 1.000000"));
  EXPECT_THAT(rows_of("x,city\none,Rome\n"),
              ::testing::ElementsAre("line 2 column 'x' is no number"));
}

TEST(RowsFile, RefusesACsvRowOfAnotherWidthAndGoesOn) {
  EXPECT_THAT(rows_of("x,city\n1,Rome,2\n1,Rome\n1\n\n2,Rome\n3\n"),
              ::testing::ElementsAre(
                  "line 2: expected 2 cells as in the header, got 3", "1.000000 1.000000",
                  "line 4: expected 2 cells as in the header, got 1", "2.000000 1.000000",
                  "line 7: expected 2 cells as in the header, got 1"));
}

TEST(RowsFile, TakesTrueAndFalseForNumbers) {
  EXPECT_THAT(rows_of("x,city\nTrue,Rome\nfalse,Rome\n"),
              ::testing::ElementsAre("1.000000 1.000000", "0.000000 1.000000"));
  EXPECT_THAT(rows_of("[true,\"Rome\"]\n{\"x\":false,\"city\":\"Rome\"}\n[1,true]\n"),
              ::testing::ElementsAre("1.000000 1.000000", "0.000000 1.000000",
                                     HasSubstr("row.1: Input should be one of the feature's")));
}

TEST(RowsFile, SkipsAByteOrderMark) {
  EXPECT_THAT(rows_of("\xEF\xBB\xBF[1,\"Rome\"]\n"), ::testing::ElementsAre("1.000000 1.000000"));
  EXPECT_THAT(rows_of("\xEF\xBB\xBFx,city\n1,Rome\n"), ::testing::ElementsAre("1.000000 1.000000"));
}

TEST(RowsFile, IgnoresTheColumnWithoutANameThatPandasWrites) {
  EXPECT_THAT(rows_of(",x,city\n0,1,Rome\n1,2,Rome\n"),
              ::testing::ElementsAre("1.000000 1.000000", "2.000000 1.000000"));
}

TEST(RowsFile, BoundsWhatAMessageShowsOfALongKey) {
  const std::string key(1'000'000, 'k');
  const std::vector<std::string> messages = rows_of("{\"" + key + "\":1}\n");
  EXPECT_THAT(messages.front(), HasSubstr("line 1: row.kkk"));
  EXPECT_LT(messages.front().size(), 500U);
}

TEST(RowsFile, RefusesCsvThatLacksAFeature) {
  EXPECT_THAT(rows_of("x\n1\n").front(),
              HasSubstr("the rows lack 1 of the model's 2 features: 'city'"));
}

TEST(RowsFile, RefusesRowsThatBreakTheRulesOfCsvAndGoesOn) {
  EXPECT_THAT(
      rows_of("x,city\n1,Ro\"me\n2,\"Rome\"x,\n3,\xFF\n4\r5,Rome\n6,Rome\n"),
      ::testing::ElementsAre(
          "line 2 column 2: a quote inside a cell, expected the whole cell in quotes",
          "line 3 column 2: text after the closing quote, expected a comma or the end of the line",
          "line 4 column 2: not utf-8", "line 5 column 1: a carriage return without a line feed",
          "6.000000 1.000000"));
}

TEST(RowsFile, TellsWhatAHeaderLacks) {
  EXPECT_THAT(rows_of("").front(),
              HasSubstr(": csv: line 1: expected a header row of names, got nothing"));
  EXPECT_THAT(rows_of("\nx,x\n").front(),
              HasSubstr(": csv: line 2 column 2: the name 'x' stands twice"));
  EXPECT_THAT(rows_of("x,,\n").front(), HasSubstr(": csv: line 1 column 3: the name '' stands "));
  EXPECT_THAT(rows_of("\"x,city\n1,Rome\n").front(),
              HasSubstr(": csv: line 1 column 1: the quote is never closed"));
}

std::string verification_of(const std::string& expected) {
  const TextFile rows("[0.5, \"Rome\"]\n[1, \"Oslo\"]\n");
  const TextFile expect(expected);
  const Result<Verification> seen = verify_model(*served(), rows.path(), expect.path(), 1e-6);
  return seen ? verification_text(*seen) : seen.error().message;
}

TEST(Verification, TellsTheLargestDifference) {
  EXPECT_EQ(verification_of("{\"prediction\":\"low\",\"probabilities\":{\"low\":0.75000001}}\n"
                            "{\"error\":\"unknown\"}\n"),
            "2 rows equal, 1 of them refused as expected, largest difference 1e-08 at row 1."
            "probabilities.low");
}

TEST(Verification, NamesTheFirstAnswerThatDiffers) {
  EXPECT_THAT(verification_of("{\"prediction\":\"high\"}\n{\"error\":\"\"}\n"),
              HasSubstr("1 row differs of 2: the first at row 1.prediction: expected \"high\", got "
                        "\"low\"; largest difference 0"));
  EXPECT_THAT(verification_of("{\"probabilities\":{\"low\":0.7}}\n{\"error\":\"\"}\n"),
              HasSubstr("row 1.probabilities.low: expected 0.7, got 0.75"));
  EXPECT_THAT(verification_of("{\"error\":\"\"}\n{\"error\":\"\"}\n"),
              HasSubstr("row 1: expected a refusal, got an answer"));
  EXPECT_THAT(verification_of("{\"prediction\":\"low\"}\n{\"prediction\":\"low\"}\n"),
              HasSubstr("row 2: expected an answer, got the refusal"));
  EXPECT_THAT(verification_of("{\"prediction\":\"low\"}\n"), HasSubstr("expected as many"));
}

TEST(Verification, ComparesAllRowsAndTellsTheLargestDifferenceOfAll) {
  const TextFile rows("[0,\"Rome\"]\n[1,\"Rome\"]\n[1,\"Oslo\"]\n");
  const TextFile expect("{\"confidence\":0.5}\n{\"confidence\":100}\n{\"confidence\":1}\n");
  EXPECT_EQ(verify_model(*served(), rows.path(), expect.path(), 1e-6).error().message,
            "3 rows differ of 3: the first at row 1.confidence: expected 0.5, got 0.75: a "
            "difference of 0.25, at most 1e-06 passes; largest difference 0.991 (relative) at row "
            "2.confidence");
}

TEST(Verification, RefusesExpectationsThatSayNothing) {
  EXPECT_THAT(verification_of("{\"prediction\":\"low\"}\n{}\n"),
              HasSubstr("line 2: an empty object, expected prediction, prediction_index, "));
  EXPECT_THAT(verification_of("{\"predction\":\"low\"}\n{\"error\":\"\"}\n"),
              HasSubstr("line 1: 'predction' is no member of an answer, expected prediction, "));
  EXPECT_THAT(verification_of("{\"prediction\":\"low\",\"error\":\"\"}\n"),
              HasSubstr("line 1: error stands beside an answer"));
  EXPECT_THAT(verification_of("{\"prediction\":NaN}\n"), HasSubstr("expected a JSON object: "));
  const TextFile header("x,city\n");
  const TextFile none("\n");
  EXPECT_THAT(verify_model(*served(), header.path(), none.path(), 0).error().message,
              HasSubstr("has no rows, expected at least one"));
}

// What predict prints of the rows.
std::string predicted(const ServedModel& model, const std::string& rows_path) {
  std::string lines;
  const auto write = [&lines](std::string_view more, const PredictTally&) -> Result<void> {
    lines += more;
    return {};
  };
  EXPECT_TRUE(predict_rows(model, {.rows_path = rows_path}, write));
  return lines;
}

// A regression whose leaves are what JSON has no number for, and of two targets.
Model model_of_no_numbers() {
  Schema schema{.feature_names = {"x"},
                .input = {.accepts_missing = true},
                .targets = {{.task = Task::regression}, {.task = Task::regression}}};
  ForestBuilder builder({.feature_count = 1, .output_count = 2, .takes_any_leaf_value = true});
  builder.start_tree(3);
  builder.numerical_test(0, {.feature = 0, .threshold = 0.5, .left = 1, .right = 2});
  builder.leaf(1, std::vector{HUGE_VAL, -HUGE_VAL});
  builder.leaf(2, std::vector{std::nan(""), 2.5});
  return make_model(schema, std::move(builder).build().value(), {}).value();
}

TEST(Verification, TakesWhatPredictPrints) {
  const TextFile rows("[0.5,\"Rome\"]\n[1,\"Oslo\"]\n[null,\"Berlin\"]\n");
  const TextFile expect(predicted(*served(), rows.path()));
  const Verification seen = verify_model(*served(), rows.path(), expect.path(), 0).value();
  EXPECT_EQ(verification_text(seen),
            "3 rows equal, 1 of them refused as expected, largest difference 0");
}

TEST(Verification, TakesWhatPredictPrintsWhereItIsNoNumber) {
  const auto model = ServedModel::make(model_of_no_numbers(), "no numbers").value();
  const TextFile rows("[0]\n[1]\n");
  const std::string lines = predicted(*model, rows.path());
  EXPECT_EQ(lines,
            "{\"prediction\":[\"Infinity\",\"-Infinity\"]}\n"
            "{\"prediction\":[\"NaN\",2.5]}\n");
  const TextFile expect(lines);
  EXPECT_EQ(verification_text(verify_model(*model, rows.path(), expect.path(), 0).value()),
            "2 rows equal, largest difference 0");
  const TextFile other(
      "{\"prediction\":[\"Infinity\",\"Infinity\"]}\n"
      "{\"prediction\":[\"NaN\",2.5]}\n");
  EXPECT_THAT(verify_model(*model, rows.path(), other.path(), 0).error().message,
              HasSubstr("row 1.prediction.1: expected Infinity, got -Infinity"));
}

TEST(Verification, ComparesWhatLiesBesideAModel) {
  const TextFile model("");
  EXPECT_EQ(verify_beside(*served(), model.path()).value().row_count, 0U);
  const std::string rows = model.path() + ".rows.jsonl";
  const std::string expect = model.path() + ".expect.jsonl";
  std::ofstream(rows) << "[0.5, \"Rome\"]\n";
  EXPECT_THAT(verify_beside(*served(), model.path()).error().message,
              HasSubstr("is there without"));
  std::ofstream(expect) << "{\"prediction\":\"low\"}\n";
  EXPECT_EQ(verify_beside(*served(), model.path()).value().row_count, 1U);
  const std::string csv_rows = model.path() + ".rows.csv";
  std::ofstream(csv_rows) << "x,city\n0.5,Rome\n";
  EXPECT_THAT(verify_beside(*served(), model.path()).error().message, HasSubstr("expected one"));
  std::remove(rows.c_str());
  EXPECT_EQ(verify_beside(*served(), model.path()).value().row_count, 1U);
  std::remove(csv_rows.c_str());
  std::remove(expect.c_str());
}

TEST(TreeText, ShowsATreeAsTextAndAsAGraph) {
  const Model model = threshold_model();
  EXPECT_EQ(tree_as_text(model, 0).value(),
            "x <= 0.5, missing right?\n  yes: leaf [0.75, 0.25]\n  no: leaf [0.125, 0.875]\n");
  const std::string dot = tree_as_dot(model, 0).value();
  EXPECT_THAT(dot, HasSubstr("n0 [label=\"x <= 0.5, missing right\"]"));
  EXPECT_THAT(dot, HasSubstr("n0 -> n1 [label=\"yes\"]"));
  EXPECT_EQ(tree_as_text(model, 1).error().message,
            "the model has no tree 1, it has 1 tree, counted from 0");
}

}  // namespace
}  // namespace ml_inference
