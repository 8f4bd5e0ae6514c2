// SPDX-License-Identifier: MIT
#include "api/predict_json.h"

#include "api/limits.h"
#include "api/testing/stumps.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace ml_inference {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Schema schema_with_missing() {
  Schema schema = testing::iris_schema();
  schema.input.accepts_missing = true;
  return schema;
}

PredictCall read_call(const Schema& schema, std::string_view body) {
  JsonTape tape;
  PredictCall call;
  FaultList faults;
  PredictDialect(schema).read(body, tape, call, faults);
  EXPECT_TRUE(faults.empty()) << faults.summary();
  return call;
}

// The faults between {"detail":[ and ]}, or nothing.
std::string faults_of(std::string_view body, const Schema& schema = testing::iris_schema()) {
  JsonTape tape;
  PredictCall call;
  FaultList faults;
  PredictDialect(schema).read(body, tape, call, faults);
  if (faults.empty()) return "";
  std::string out;
  faults.append_to(out);
  EXPECT_THAT(out, StartsWith(R"({"detail":[)"));
  return out.substr(11, out.size() - 13);
}

std::string answer(const Schema& schema, RowForm form, const std::vector<double>& outputs) {
  std::string out;
  PredictDialect(schema).append_answer(out, form, outputs);
  return out;
}

// What is in memory when most is: the tape and the cells, or the cells and what follows from them.
std::size_t memory_used(const ServedModel& model, const std::string& body) {
  const PredictDialect dialect(model.schema());
  JsonTape tape;
  PredictCall call;
  FaultList faults;
  dialect.read(body, tape, call, faults);
  const std::size_t cells = call.request.cells.capacity() * sizeof(double);
  const std::size_t read = cells + tape.nodes().capacity() * sizeof(JsonNode);
  std::string out;
  if (!faults.empty()) {
    faults.append_to(out);
    return std::max(read, out.capacity());
  }
  PredictScratch scratch;
  dialect.append_answer(out, call.form, model.predict(call.request, scratch));
  return std::max(read, cells + scratch.workspace.size_bytes() +
                            scratch.answers.capacity() * sizeof(double) + out.capacity());
}

TEST(PredictJson, KnowsBeforehandTheMostMemoryThatABodyNeeds) {
  const auto model = testing::make_stumps(testing::iris_schema());
  const PredictDialect dialect(model->schema());
  const auto rows = [](std::size_t count, const std::string& row) {
    std::string body = R"({"features":[)" + row;
    for (std::size_t i = 1; i < count; ++i) body += "," + row;
    return body + "]}";
  };
  std::string named = "{";
  for (const std::string& name : model->schema().feature_names) named += "\"" + name + "\":1,";
  named.back() = '}';
  for (const std::string& body :
       {rows(1, "[5.1,3.5,1.4,0.2]"), rows(10'000, "[5.1,3.5,1.4,0.2]"), rows(10'000, "[1,1,1,1]"),
        rows(3'000, named), rows(10'000, "{}"), rows(10'000, "[]"), rows(130'000, "0"),
        rows(300'000, "0"), rows(100, "[" + rows(1'000, "0") + "]"), rows(500, R"("\u00e9")")}) {
    EXPECT_LE(memory_used(*model, body), dialect.memory_size_max(body)) << body.substr(0, 60);
  }
  // And not much more than is needed, since what is too large is refused.
  const std::string usual = rows(10'000, "[5.1,3.5,1.4,0.2]");
  EXPECT_LT(dialect.memory_size_max(usual), 4 << 20);
}

TEST(PredictJson, AnswersInTheReferencesBytes) {
  const auto model = testing::make_stumps(testing::iris_schema());
  const PredictCall call = read_call(model->schema(), R"({"features":[5.1,3.5,1.4,0.2]})");
  PredictScratch scratch;
  std::string out;
  PredictDialect(model->schema())
      .append_answer(out, call.form, model->predict(call.request, scratch));
  EXPECT_EQ(out, R"({"prediction":"setosa","prediction_index":0,"probabilities":)"
                 R"({"setosa":1.0,"versicolor":0.0,"virginica":0.0},"confidence":1.0})");
}

TEST(PredictJson, ReadsARowByPosition) {
  const PredictCall call =
      read_call(testing::iris_schema(), R"( {"features": [5.1, 3, -1e-3, 0.2]} )");
  EXPECT_EQ(call.form, RowForm::single);
  EXPECT_EQ(call.request.row_count, 1U);
  EXPECT_THAT(call.request.cells, ElementsAre(5.1, 3.0, -1e-3, 0.2));
}

TEST(PredictJson, ReadsARowByNameInAnyOrder) {
  const PredictCall call =
      read_call(testing::iris_schema(),
                R"({"features":{"petal width":0.2,"petal length":1.4,"sepal \u0077idth":3.5,)"
                R"("sepal length":5.1}})");
  EXPECT_EQ(call.form, RowForm::single);
  EXPECT_EQ(call.request.row_count, 1U);
  EXPECT_THAT(call.request.cells, ElementsAre(5.1, 3.5, 1.4, 0.2));
}

TEST(PredictJson, ReadsAListOfRowsInEitherForm) {
  const PredictCall call = read_call(testing::iris_schema(),
                                     R"({"features":[[1,2,3,4],{"sepal length":5,"sepal width":6,)"
                                     R"("petal length":7,"petal width":8}]})");
  EXPECT_EQ(call.form, RowForm::list);
  EXPECT_EQ(call.request.row_count, 2U);
  EXPECT_THAT(call.request.cells, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_EQ(read_call(testing::iris_schema(), R"({"features":[[1,2,3,4]]})").form, RowForm::list);
}

TEST(PredictJson, ForgetsTheCallBefore) {
  const PredictDialect dialect(testing::iris_schema());
  JsonTape tape;
  PredictCall call;
  FaultList faults;
  dialect.read(R"({"features":[[1,2,3,4],[5,6,7,8]]})", tape, call, faults);
  dialect.read(R"({"features":[9,9,9,9]})", tape, call, faults);
  EXPECT_TRUE(faults.empty());
  EXPECT_EQ(call.form, RowForm::single);
  EXPECT_EQ(call.request.row_count, 1U);
  EXPECT_THAT(call.request.cells, ElementsAre(9, 9, 9, 9));
}

TEST(PredictJson, ANullIsAMissingValueWhereTheModelTakesOne) {
  const PredictCall call = read_call(schema_with_missing(), R"({"features":[null,2,3,null]})");
  EXPECT_TRUE(std::isnan(call.request.cells[0]));
  EXPECT_EQ(call.request.cells[1], 2);
  EXPECT_TRUE(std::isnan(call.request.cells[3]));
  EXPECT_THAT(faults_of(R"({"features":{"sepal length":null}})", schema_with_missing()),
              HasSubstr(R"("loc":["body","features","sepal width"])"))
      << "a key that is left out is still a fault";
}

TEST(PredictJson, TakesWhatIsBeyondFloat32WhereTheModelTakesAnInfinity) {
  Schema schema = testing::iris_schema();
  schema.input.accepts_infinite = true;
  const PredictCall call = read_call(schema, R"({"features":[1e39,-1e999,3,4]})");
  EXPECT_EQ(call.request.cells[0], 1e39);
  EXPECT_EQ(call.request.cells[1], -std::numeric_limits<double>::infinity());
}

TEST(PredictJson, AnswersAListWithAList) {
  EXPECT_EQ(answer(testing::iris_schema(), RowForm::list, {0, 0.5, 0.5, 1, 0, 0}),
            R"({"predictions":[{"prediction":"versicolor","prediction_index":1,"probabilities":)"
            R"({"setosa":0.0,"versicolor":0.5,"virginica":0.5},"confidence":0.5},)"
            R"({"prediction":"setosa","prediction_index":0,"probabilities":)"
            R"({"setosa":1.0,"versicolor":0.0,"virginica":0.0},"confidence":1.0}]})");
}

TEST(PredictJson, ARegressionAnswersWithItsNumberAlone) {
  Schema schema = testing::iris_schema();
  schema.targets[0].task = Task::regression;
  schema.targets[0].class_labels.clear();
  EXPECT_EQ(answer(schema, RowForm::single, {2.5}), R"({"prediction":2.5})");
  EXPECT_EQ(answer(schema, RowForm::list, {2.5, -1}),
            R"({"predictions":[{"prediction":2.5},{"prediction":-1.0}]})");
  EXPECT_EQ(PredictDialect(schema).prediction_text(std::vector{0.1}), "0.1");
}

TEST(PredictJson, AWholeNumberAsLabelStaysANumber) {
  Schema schema = testing::iris_schema();
  schema.targets[0].class_labels = {std::int64_t{-1}, std::int64_t{7}};
  EXPECT_EQ(answer(schema, RowForm::single, {0.25, 0.75}),
            R"({"prediction":7,"prediction_index":1,"probabilities":{"-1":0.25,"7":0.75},)"
            R"("confidence":0.75})");
  EXPECT_EQ(PredictDialect(schema).prediction_text(std::vector{0.25, 0.75}), "7");
}

TEST(PredictJson, EscapesLabels) {
  Schema schema = testing::iris_schema();
  schema.targets[0].class_labels = {"a\"b", "é"};
  EXPECT_EQ(answer(schema, RowForm::single, {1, 0}),
            R"({"prediction":"a\"b","prediction_index":0,"probabilities":{"a\"b":1.0,"é":0.0},)"
            R"("confidence":1.0})");
  EXPECT_EQ(PredictDialect(schema).prediction_text(std::vector{1.0, 0.0}), "a\"b");
}

TEST(PredictJson, AnEmptyBodyIsAMissingBody) {
  EXPECT_EQ(faults_of(""),
            R"({"type":"missing","loc":["body"],"msg":"Field required","input":null})");
}

TEST(PredictJson, SaysWhereTheBodyIsNoJson) {
  EXPECT_EQ(faults_of(R"({"features":[1,]})"),
            R"({"type":"json_invalid","loc":["body",15],"msg":"JSON decode error","input":{},)"
            R"("ctx":{"error":"syntax error"}})");
  EXPECT_THAT(faults_of(R"({"features":[NaN,1,2,3]})"),
              StartsWith(R"({"type":"json_invalid","loc":["body",13],)"));
  EXPECT_THAT(faults_of(R"({"features":[1,2,3,4]} x)"),
              StartsWith(R"({"type":"json_invalid","loc":["body",23],)"));
}

TEST(PredictJson, TheBodyIsAnObjectWithTheKeyFeaturesAlone) {
  EXPECT_EQ(faults_of("[1]"),
            R"({"type":"model_attributes_type","loc":["body"],"msg":"Input should be a valid )"
            R"(dictionary or object to extract fields from","input":[1]})");
  EXPECT_EQ(faults_of("{}"),
            R"({"type":"missing","loc":["body","features"],"msg":"Field required","input":{}})");
  EXPECT_EQ(faults_of(R"({"features":[1,2,3,4],"id":{"a":[true]}})"),
            R"({"type":"extra_forbidden","loc":["body","id"],"msg":"Extra inputs are not )"
            R"(permitted","input":{"a":[true]}})");
  EXPECT_EQ(faults_of(R"({"features":[1,2,3,4],"features":0})"),
            R"({"type":"duplicate_key","loc":["body","features"],"msg":"The key stands twice",)"
            R"("input":0})");
  EXPECT_EQ(faults_of(R"({"features":"5.1"})"),
            R"({"type":"list_type","loc":["body","features"],"msg":"Input should be a valid list",)"
            R"("input":"5.1"})");
}

TEST(PredictJson, ARowHasOneCellAFeature) {
  EXPECT_EQ(faults_of(R"({"features":[1,2,3]})"),
            R"({"type":"too_short","loc":["body","features"],"msg":"List should have at least 4 )"
            R"(items after validation, not 3","input":[1,2,3],)"
            R"("ctx":{"field_type":"List","min_length":4,"actual_length":3}})");
  EXPECT_EQ(faults_of(R"({"features":[1,2,3,4,5]})"),
            R"({"type":"too_long","loc":["body","features"],"msg":"List should have at most 4 )"
            R"(items after validation, not 5","input":[1,2,3,4,5],)"
            R"("ctx":{"field_type":"List","max_length":4,"actual_length":5}})");
  Schema schema = testing::iris_schema();
  schema.feature_names = {"x"};
  EXPECT_THAT(faults_of(R"({"features":[]})", schema),
              HasSubstr("List should have at least 1 item after validation, not 0"));
}

TEST(PredictJson, ACellIsANumber) {
  for (const char* cell : {R"("5.1")", "true", "null", "{}", "[1]"}) {
    EXPECT_EQ(faults_of(std::string(R"({"features":[1,2,)") + cell + ",4]}"),
              std::string(R"({"type":"float_type","loc":["body","features",2],)"
                          R"("msg":"Input should be a valid number","input":)") +
                  cell + "}");
  }
}

TEST(PredictJson, ACellIsFinite) {
  EXPECT_EQ(faults_of(R"({"features":[1,-1e999,3,4]})"),
            R"({"type":"finite_number","loc":["body","features",1],"msg":"Input should be a )"
            R"(finite number","input":-1e999})");
  EXPECT_EQ(faults_of(R"({"features":[1,2,3,1e39]})"),
            R"({"type":"finite_number","loc":["body","features",3],"msg":"Input should be a )"
            R"(finite number, at most 3.4028235e+38 in magnitude","input":1e39})");
  EXPECT_EQ(faults_of(R"({"features":[1,2,3,3.4028235e38]})"), "");
}

TEST(PredictJson, ARowByNameNamesEachFeatureOnce) {
  EXPECT_EQ(faults_of(R"({"features":{"sepal length":5,"sepal length":6,)"
                      R"("sepal width":"3","petal length":1,"petal":0}})"),
            R"({"type":"duplicate_key","loc":["body","features","sepal length"],)"
            R"("msg":"The key stands twice","input":6},)"
            R"({"type":"float_type","loc":["body","features","sepal width"],)"
            R"("msg":"Input should be a valid number","input":"3"},)"
            R"({"type":"extra_forbidden","loc":["body","features","petal"],)"
            R"("msg":"Extra inputs are not permitted","input":0},)"
            R"({"type":"missing","loc":["body","features","petal width"],)"
            R"("msg":"Field required","input":{"sepal length":5,"sepal length":6,)"
            R"("sepal width":"3","petal length":1,"petal":0}})");
}

TEST(PredictJson, TellsAllFaultsAtOnceWithTheirRows) {
  EXPECT_EQ(faults_of(R"({"x":1,"features":[[1,2,3,4],[1,null,1e999],7]})"),
            R"({"type":"extra_forbidden","loc":["body","x"],"msg":"Extra inputs are not )"
            R"(permitted","input":1},)"
            R"({"type":"too_short","loc":["body","features",1],"msg":"List should have at least 4 )"
            R"(items after validation, not 3","input":[1,null,1e999],)"
            R"("ctx":{"field_type":"List","min_length":4,"actual_length":3}},)"
            R"({"type":"float_type","loc":["body","features",1,1],"msg":"Input should be a valid )"
            R"(number","input":null},)"
            R"({"type":"finite_number","loc":["body","features",1,2],"msg":"Input should be a )"
            R"(finite number","input":1e999},)"
            R"({"type":"list_type","loc":["body","features",2],"msg":"Input should be a valid )"
            R"(list","input":7})");
}

TEST(PredictJson, HasABudgetForRows) {
  std::string rows = "[1,2,3,4]";
  for (std::size_t row = 1; row < kRowsPerRequestMax; ++row) rows += ",[1,2,3,4]";
  EXPECT_EQ(faults_of(R"({"features":[)" + rows + "]}"), "");
  EXPECT_EQ(faults_of(R"({"features":[)" + rows + ",[1,2,3,4]]}"),
            R"({"type":"too_long","loc":["body","features"],"msg":"List should have at most 10000 )"
            R"(items after validation, not 10001","input":null,)"
            R"("ctx":{"field_type":"List","max_length":10000,"actual_length":10001}})");
}

TEST(PredictJson, HasABudgetForFaultsAndEchoes) {
  std::string cells = "null";
  for (std::size_t cell = 1; cell < kFaultCountMax + 50; ++cell) cells += ",null";
  EXPECT_THAT(faults_of(R"({"features":[)" + cells + "]}"),
              HasSubstr(R"("msg":"51 more faults are not listed","input":null)"));
  const std::string fits(kEchoSizeMax - 2, 'x');
  EXPECT_THAT(faults_of(R"({"features":")" + fits + "\"}"), HasSubstr("\"input\":\"xxx"));
  EXPECT_THAT(faults_of(R"({"features":")" + fits + "x\"}"), HasSubstr("\"input\":null"));
}

Schema wide_schema(std::size_t feature_count) {
  Schema schema = testing::iris_schema();
  schema.feature_names.clear();
  for (std::size_t feature = 0; feature < feature_count; ++feature) {
    schema.feature_names.push_back("x" + std::to_string(feature));
  }
  return schema;
}

TEST(PredictJson, StopsBehindTheRowWhoseFaultsFillTheList) {
  std::string rows = "{}";
  for (int row = 1; row < 1'000; ++row) rows += ",{}";
  // Each row lacks every feature: counting all of that would be ten million times two bytes' work.
  const std::string faults = faults_of(R"({"features":[)" + rows + "]}", wide_schema(10'000));
  EXPECT_THAT(faults, HasSubstr(R"("loc":["body","features",0,"x99"])"));
  EXPECT_THAT(faults, ::testing::Not(HasSubstr(R"("loc":["body","features",1,)")));
  EXPECT_THAT(faults, HasSubstr(R"("msg":"9900 more faults are not listed, and rows behind these )"
                                R"(faults were not looked at")"));
  EXPECT_THAT(faults_of(R"({"features":[)" + rows + "]}", wide_schema(100)),
              HasSubstr(R"("msg":"rows behind these faults were not looked at")"));
  EXPECT_THAT(faults_of(R"({"features":[{}]})", wide_schema(100)),
              ::testing::Not(HasSubstr("too_many_faults")));
}

TEST(PredictJson, EchoesTheBeginningOfALongKeyAlone) {
  const std::string key(100'000, 'k');
  const std::string shown = std::string(kEchoedKeySizeMax, 'k') + "...";
  EXPECT_THAT(faults_of("{\"" + key + R"(":1,"features":[1,2,3,4]})"),
              HasSubstr(R"("loc":["body",")" + shown + "\"]"));
  EXPECT_THAT(faults_of(R"({"features":{")" + key + "\":1}}"),
              HasSubstr(R"("loc":["body","features",")" + shown + "\"]"));
  // Between two characters, and only what is too long.
  const std::string accents = std::string(kEchoedKeySizeMax - 1, 'k') + "\u00e9";
  EXPECT_THAT(faults_of("{\"" + accents + R"(":1,"features":[1,2,3,4]})"), HasSubstr("kk...\"]"));
  const std::string fits(kEchoedKeySizeMax, 'k');
  EXPECT_THAT(faults_of("{\"" + fits + R"(":1,"features":[1,2,3,4]})"), HasSubstr(fits + "\"]"));
}

TEST(PredictJson, SaysWhenTheFileHasNoFeatureNames) {
  EXPECT_THAT(faults_of(R"({"features":{"age":1,"x0":1,"x1":1}})", wide_schema(2)),
              HasSubstr(R"("msg":"Extra inputs are not permitted: the features are 'x0' to 'x1', )"
                        R"(as in a file without names")"));
}

TEST(PredictJson, FindsNumberedNamesByTheirNumbers) {
  std::string row;
  for (int i = 11; i >= 0; --i) row += fmt::format(R"("x{}":{},)", i, i);
  row.pop_back();
  EXPECT_EQ(faults_of(R"({"features":{)" + row + "}}", wide_schema(12)), "");
  for (const char* other : {"x12", "x01", "x", "x+1", "x1 ", "y1", "x18446744073709551617"}) {
    EXPECT_THAT(
        faults_of(fmt::format(R"({{"features":{{"{}":1,{}}}}})", other, row), wide_schema(12)),
        HasSubstr("extra_forbidden"))
        << other;
  }
}

TEST(PredictJson, KeepsNoCellsForAModelThatLooksAtNone) {
  Schema schema = wide_schema(100'000);
  schema.takes_any_width = true;
  std::string rows = "{}";
  for (std::size_t row = 1; row < kRowsPerRequestMax; ++row) rows += ",[]";
  const std::string body = R"({"features":[)" + rows + "]}";
  const PredictCall call = read_call(schema, body);
  EXPECT_EQ(call.request.row_count, kRowsPerRequestMax);
  EXPECT_TRUE(call.request.cells.empty());
  EXPECT_GE(PredictDialect(schema).memory_size_max(body), kRowsPerRequestMax * 3 * sizeof(double));
}

TEST(PredictJson, AnswersWhatIsNoNumberOfJsonAsText) {
  Schema schema = testing::iris_schema();
  schema.targets = {{.task = Task::regression}};
  std::string out;
  const std::vector<double> answers{HUGE_VAL, std::nan("")};
  PredictDialect(schema).append_answer(out, RowForm::list, answers);
  EXPECT_EQ(out, R"({"predictions":[{"prediction":"Infinity"},{"prediction":"NaN"}]})");
}

}  // namespace
}  // namespace ml_inference
