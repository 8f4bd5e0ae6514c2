// SPDX-License-Identifier: MIT
#include "api/predict_csv.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace ml_inference {
namespace {

std::string written(const Schema& schema, ErrorColumn column, const std::vector<double>& answer) {
  const PredictCsv csv(schema, column);
  std::string text;
  csv.append_header(text);
  csv.append_row(text, answer);
  csv.append_no_answer(text, "a, \"b\"");
  return text;
}

TEST(PredictCsv, HasAColumnForEachProbabilityAndScore) {
  Schema schema;
  schema.feature_names = {"x"};
  schema.targets[0] = {.class_labels = {"no", "yes"}, .score_count = 1};
  EXPECT_EQ(written(schema, ErrorColumn::none, {0.25, 0.75, 1.5}),
            "prediction,probability_no,probability_yes,score\n"
            "yes,0.25,0.75,1.5\n"
            ",,,\n");
  schema.targets[0].score_count = 2;
  EXPECT_EQ(written(schema, ErrorColumn::last, {1, 0, -1, HUGE_VAL}),
            "prediction,probability_no,probability_yes,score_0,score_1,error\n"
            "no,1.0,0.0,-1.0,Infinity,\n"
            ",,,,,\"a, \"\"b\"\"\"\n");
}

TEST(PredictCsv, HasTheNumberAloneForARegression) {
  Schema schema;
  schema.feature_names = {"x"};
  schema.targets[0] = {.task = Task::regression};
  EXPECT_EQ(written(schema, ErrorColumn::none, {1e-5}), "prediction\n1e-05\n\"\"\n");
  EXPECT_EQ(written(schema, ErrorColumn::last, {std::nan("")}),
            "prediction,error\nNaN,\n,\"a, \"\"b\"\"\"\n");
}

TEST(PredictCsv, NamesColumnsAfterTheirTargets) {
  Schema schema;
  schema.feature_names = {"x"};
  schema.targets = {{.name = "colour", .class_labels = {1, 2}},
                    {.name = "a,b", .class_labels = {true}}};
  EXPECT_EQ(written(schema, ErrorColumn::none, {0.5, 0.5, 1}),
            "colour.prediction,colour.probability_1,colour.probability_2,\"a,b.prediction\","
            "\"a,b.probability_true\"\n"
            "1,0.5,0.5,true,1.0\n"
            ",,,,\n");
  schema.targets[1].name = "colour";
  EXPECT_TRUE(written(schema, ErrorColumn::none, {0.5, 0.5, 1})
                  .starts_with("0.prediction,0.probability_1,0.probability_2,1.prediction,"));
}

TEST(PredictCsv, QuotesACellThatNeedsIt) {
  const auto cell = [](std::string_view text) {
    std::string out;
    append_csv_cell(out, text);
    return out;
  };
  EXPECT_EQ(cell("plain text"), "plain text");
  EXPECT_EQ(cell(""), "\"\"");
  EXPECT_EQ(cell(" x"), "\" x\"");
  EXPECT_EQ(cell("a,b"), "\"a,b\"");
  EXPECT_EQ(cell("a\nb\r"), "\"a\nb\r\"");
  EXPECT_EQ(cell("say \"hi\""), "\"say \"\"hi\"\"\"");
}

}  // namespace
}  // namespace ml_inference
