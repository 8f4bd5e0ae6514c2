// SPDX-License-Identifier: MIT
#include "api/json_rows.h"

#include "api/testing/stumps.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ml_inference {
namespace {

class JsonRowsTest : public ::testing::Test {
 protected:
  // What is wrong with the rows, or nothing.
  std::string read_list(const Schema& schema, std::string_view json, const RowRules& rules = {}) {
    EXPECT_TRUE(tape_.parse(json).has_value());
    call_.clear();
    FaultList faults;
    const JsonRows rows(schema);
    rows.read_list(tape_.nodes(), 0, call_, {.list = faults, .base = {"instances"}}, rules);
    return faults.empty() ? "" : faults.summary();
  }

  static Schema one_feature() {
    Schema schema;
    schema.feature_names = {"x"};
    return schema;
  }

  JsonTape tape_;
  PredictCall call_;
};

TEST_F(JsonRowsTest, AreListsOrObjects) {
  EXPECT_EQ(read_list(testing::iris_schema(),
                      R"([[1,2,3,4],{"petal width":8,"petal length":7,"sepal width":6,)"
                      R"("sepal length":5}])"),
            "");
  EXPECT_EQ(call_.request.cells, (std::vector<double>{1, 2, 3, 4, 5, 6, 7, 8}));
  EXPECT_EQ(call_.form, RowForm::list);
}

TEST_F(JsonRowsTest, AreValuesOfTheOnlyFeatureWhereTheDialectSaysSo) {
  EXPECT_EQ(read_list(one_feature(), "[1,2,[3]]", {.takes_lists = true}), "");
  EXPECT_EQ(call_.request.cells, (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(call_.request.row_count, 3U);
  EXPECT_EQ(read_list(one_feature(), "[1]"), "instances.0: Input should be a valid list");
  EXPECT_EQ(read_list(testing::iris_schema(), "[1]", {.takes_lists = true}),
            "instances.0: Input should be a valid list");
}

TEST_F(JsonRowsTest, HaveListsOfOneValueWhereTheDialectSaysSo) {
  EXPECT_EQ(read_list(one_feature(), R"([{"x":[5]}])", {.takes_lists = true}), "");
  EXPECT_EQ(call_.request.cells, (std::vector<double>{5}));
  EXPECT_EQ(read_list(one_feature(), R"([{"x":[5]}])"),
            "instances.0.x: Input should be a valid number");
  EXPECT_EQ(read_list(one_feature(), R"([{"x":[5,6]}])", {.takes_lists = true}),
            "instances.0.x: Input should be a valid number");
}

TEST_F(JsonRowsTest, StandBehindTheNameOfTheTensor) {
  const RowRules rules{.row_name = "input"};
  EXPECT_EQ(read_list(testing::iris_schema(), R"([{"input":[1,2,3,4]}])", rules), "");
  EXPECT_EQ(call_.request.cells, (std::vector<double>{1, 2, 3, 4}));
  EXPECT_NE(read_list(testing::iris_schema(), R"([{"other":[1,2,3,4]}])", rules), "");
}

TEST_F(JsonRowsTest, MayHoldTruthsWhereTheyWereATables) {
  EXPECT_EQ(read_list(one_feature(), "[[true]]", {.takes_truth = true}), "");
  EXPECT_EQ(call_.request.cells, (std::vector<double>{1}));
  EXPECT_EQ(read_list(one_feature(), "[[true]]"), "instances.0.0: Input should be a valid number");
}

TEST_F(JsonRowsTest, MayHoldTextsAsBase64) {
  Schema schema = one_feature();
  schema.categories = {{.feature = 0, .labels = {"red", "blue"}}};
  EXPECT_EQ(read_list(schema, R"([[{"b64":"Ymx1ZQ=="}]])", {.takes_base64 = true}), "");
  EXPECT_EQ(call_.request.cells, (std::vector<double>{1}));
  for (const char* const wrong :
       {R"([[{"b64":"Ymx1ZQ="}]])", R"([[{"b64":7}]])", R"([[{"b65":"Ymx1ZQ=="}]])", R"([[{}]])"}) {
    EXPECT_EQ(read_list(schema, wrong, {.takes_base64 = true}),
              "instances.0.0: Input should be a valid number")
        << wrong;
  }
}

TEST_F(JsonRowsTest, MayLeaveFeaturesOutWhereTheModelTakesMissingValues) {
  Schema schema;
  schema.feature_names = {"x", "y"};
  EXPECT_EQ(read_list(schema, R"([{"y":7}])", {.absent_is_missing = true}),
            "instances.0.x: Field required");
  schema.input.accepts_missing = true;
  EXPECT_EQ(read_list(schema, R"([{"y":7}])"), "instances.0.x: Field required");
  EXPECT_EQ(read_list(schema, R"([{"y":7}])", {.absent_is_missing = true}), "");
  ASSERT_EQ(call_.request.cells.size(), 2U);
  EXPECT_NE(call_.request.cells[0], call_.request.cells[0]);
  EXPECT_EQ(call_.request.cells[1], 7);
}

TEST_F(JsonRowsTest, AreReadCellByCellForColumns) {
  ASSERT_TRUE(tape_.parse(R"([1,"x"])").has_value());
  FaultList faults;
  const JsonRows rows(one_feature());
  const RowFaults where{.list = faults, .base = {"inputs"}};
  EXPECT_EQ(rows.read_cell(tape_.nodes(), 1, 0, {"x", std::size_t{0}}, where), 1);
  static_cast<void>(rows.read_cell(tape_.nodes(), 2, 0, {"x", std::size_t{1}}, where));
  EXPECT_EQ(faults.summary(), "inputs.x.1: Input should be a valid number");
}

}  // namespace
}  // namespace ml_inference
