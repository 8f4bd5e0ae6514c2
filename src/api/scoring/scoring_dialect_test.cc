// SPDX-License-Identifier: MIT
#include "api/scoring/scoring_dialect.h"

#include "api/limits.h"
#include "api/testing/asking.h"
#include "api/testing/stumps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kTwoAnswers = R"({"predictions":["setosa","versicolor"]})";

// A feature of text before two of numbers.
Schema text_schema() {
  Schema schema = testing::iris_schema();
  schema.feature_names = {"colour", "b", "c"};
  schema.categories = {{.feature = 0, .labels = {std::string("red"), std::string("blue")}}};
  return schema;
}

class ScoringDialectTest : public ::testing::Test {
 protected:
  ScoringDialectTest() { serve(testing::iris_schema()); }

  void serve(const Schema& schema) {
    asked.readiness.publish("iris", testing::make_stumps(schema));
  }

  std::string body(std::string_view request, int status = 200,
                   std::string_view type = "application/json", std::string_view accept = {}) {
    const HttpResponse response = asked.post("/invocations", request, type, accept);
    EXPECT_EQ(response.status, status) << response.body;
    return response.body;
  }

  std::string csv(std::string_view request, std::string_view type = "text/csv") {
    return body(request, 200, type);
  }

  // The message of a refusal with status 400, in MLflow's form.
  std::string refusal(std::string_view request, std::string_view type = "application/json") {
    const std::string text = body(request, 400, type);
    constexpr std::string_view kBegin = R"({"error_code":"BAD_REQUEST","message":")";
    EXPECT_TRUE(text.starts_with(kBegin) && text.ends_with("\"}")) << text;
    return text.substr(kBegin.size(), text.size() - kBegin.size() - 2);
  }

  testing::Asking asked;
};

TEST_F(ScoringDialectTest, ReadsEachOfMlflowsForms) {
  EXPECT_EQ(body(R"({"dataframe_split":{"columns":["petal length","petal width","sepal width",)"
                 R"("sepal length"],"index":[0,1],"data":[[1,1,1,1],[3,1,1,1]]}})"),
            kTwoAnswers);
  EXPECT_EQ(body(R"({"dataframe_records":[{"petal length":1,"petal width":1,"sepal width":1,)"
                 R"("sepal length":1},{"petal length":3,"petal width":1,"sepal width":1,)"
                 R"("sepal length":1}]})"),
            kTwoAnswers);
  EXPECT_EQ(body(R"({"instances":[[1,1,1,1],[1,1,3,1]]})"), kTwoAnswers);
  EXPECT_EQ(body(R"({"inputs":[[1,1,1,1],[1,1,3,1]]})"), kTwoAnswers);
  EXPECT_EQ(body(R"({"inputs":{"petal length":[1,3],"petal width":[1,1],"sepal width":[1,1],)"
                 R"("sepal length":[1,1]}})"),
            kTwoAnswers);
}

TEST_F(ScoringDialectTest, ReadsDataFramesWithoutNamesByPosition) {
  EXPECT_EQ(body(R"({"dataframe_split":{"data":[[1,1,1,1],[1,1,3,1]]}})"), kTwoAnswers);
  EXPECT_EQ(body(R"({"dataframe_split":{"columns":[0,1,2,3],"data":[[1,1,1,1],[1,1,3,1]]}})"),
            kTwoAnswers);
}

TEST_F(ScoringDialectTest, TakesOtherNamesWhereTheModelKnowsNone) {
  Schema schema = testing::iris_schema();
  schema.feature_names = {"x0", "x1", "x2", "x3"};
  serve(schema);
  EXPECT_EQ(body(R"({"dataframe_split":{"columns":["a","b","c","d"],"data":[[1,1,1,1],)"
                 R"([1,1,3,1]]}})"),
            kTwoAnswers);
  EXPECT_EQ(csv("a,b,c,d\n1,1,1,1\n1,1,3,1\n"), kTwoAnswers);
  EXPECT_EQ(refusal(R"({"dataframe_split":{"columns":["x0","b","c","d"],"data":[[1,1,1,1]]}})"),
            "dataframe_split.columns: 'b' is no feature");
}

TEST_F(ScoringDialectTest, ReadsSageMakersObjectsOfRows) {
  EXPECT_EQ(body(R"({"instances":[{"features":[1,1,1,1]},{"features":[1,1,3,1]}]})"), kTwoAnswers);
  EXPECT_EQ(body("{\"features\":[1,1,1,1]}\n\n[1,1,3,1]\r\n", 200, "application/jsonlines"),
            kTwoAnswers);
}

TEST_F(ScoringDialectTest, GivesTheOutputThatParamsName) {
  EXPECT_EQ(body(R"({"instances":[[1,1,3,1]],"params":{"predict_method":"predict_proba"}})"),
            R"({"predictions":[[0.0,0.5,0.5]]})");
  EXPECT_EQ(refusal(R"({"instances":[[1,1,3,1]],"params":{"predict_method":"x"}})"),
            "params.predict_method is 'x', expected predict, predict_proba");
  EXPECT_EQ(refusal(R"({"instances":[[1,1,3,1]],"params":{"x":1}})"),
            "'x' is unknown in params, expected predict_method");
}

TEST_F(ScoringDialectTest, ReadsCsvWithAHeaderAndWithout) {
  EXPECT_EQ(csv("petal length,petal width,sepal width,sepal length\n1,1,1,1\n3,1,1,1\n"),
            kTwoAnswers);
  EXPECT_EQ(csv("1,1,1,1\n1,1,3,1"), kTwoAnswers);
  EXPECT_EQ(csv("1,1,1,1\n1,1,3,1", "text/csv; header=absent"), kTwoAnswers);
  EXPECT_EQ(csv("\xEF\xBB\xBF\"1\",1,1,1\r\n1,1,3,1\r\n", "text/csv;label_size=0"), kTwoAnswers);
  EXPECT_EQ(refusal("1,1,1,1\n1,1,3,1", "text/csv; header=present"),
            "the header: '1' is no feature");
  EXPECT_EQ(refusal("a,b,c,d\n1,1,3,1", "text/csv"), "the header: 'a' is no feature");
  EXPECT_EQ(refusal("sepal width,sepal length\n1,1", "text/csv"),
            "the header: the feature 'petal length' is missing, and 1 more");
}

TEST_F(ScoringDialectTest, TellsAHeaderFromARowOfTexts) {
  serve(text_schema());
  EXPECT_EQ(csv("colour,b,c\nred,1,1\nblue,1,3\n"), kTwoAnswers);
  EXPECT_EQ(csv("red,1,1\nblue,1,3\n"), kTwoAnswers);
  EXPECT_EQ(refusal("red,1,1\ngreen,1,3\n", "text/csv"),
            "rows.1.colour: Input should be one of the feature's categories");
}

TEST_F(ScoringDialectTest, RefusesCsvThatIsNone) {
  EXPECT_EQ(refusal("", "text/csv"), "the body has no line");
  EXPECT_EQ(refusal("sepal length,sepal width,petal length,petal width\n", "text/csv"),
            "the body has no row");
  EXPECT_EQ(refusal("1,1,1,1\n1,1,1\n", "text/csv"), "line 2 has 3 cells, expected 4");
  EXPECT_EQ(refusal("1,1,1,1\n1,1,\"1,1\n", "text/csv").substr(0, 4), "line");
  EXPECT_EQ(refusal("1,1,1,1\n1,,1,x\n", "text/csv"),
            "rows.1.sepal width: Input should be a finite number (and 1 more)");
  std::string many;
  for (std::size_t row = 0; row <= kRowsPerRequestMax; ++row) many += "1,1,1,1\n";
  EXPECT_EQ(refusal(many, "text/csv"), "the body has more than 10000 rows");
}

TEST_F(ScoringDialectTest, AnswersInTheFormThatTheClientAccepts) {
  constexpr std::string_view kRequest = R"({"instances":[[1,1,1,1],[1,1,3,1]]})";
  const HttpResponse lines = asked.post("/invocations", kRequest, {}, "text/csv");
  EXPECT_EQ(lines.content_type, "text/csv; charset=utf-8");
  EXPECT_EQ(lines.body, "setosa\nversicolor\n");
  EXPECT_EQ(body(R"({"instances":[[1,1,3,1]],"params":{"predict_method":"predict_proba"}})", 200,
                 "application/json", "text/csv;q=0.9"),
            "0.0,0.5,0.5\n");
  const HttpResponse objects = asked.post("/invocations", kRequest, {}, "application/jsonlines");
  EXPECT_EQ(objects.content_type, "application/jsonlines");
  EXPECT_EQ(objects.body, "{\"prediction\":\"setosa\"}\n{\"prediction\":\"versicolor\"}\n");
  EXPECT_EQ(body(kRequest, 200, "application/json", "image/png, */*"), kTwoAnswers);
}

TEST_F(ScoringDialectTest, RefusesOtherTypes) {
  for (const char* type : {"text/plain", "application/json; charset=latin-1",
                           "application/json; format=pandas-split", "text/csv; header=perhaps"}) {
    EXPECT_EQ(asked.post("/invocations", "{}", type).status, 415) << type;
  }
  EXPECT_EQ(asked.post("/invocations", "{}", "text/plain").body,
            "Content-Type is 'text/plain', expected application/json, text/csv or "
            "application/jsonlines, in UTF-8");
  EXPECT_EQ(csv("1,1,1,1\n1,1,3,1", "Text/CSV; Charset=\"UTF-8\""), kTwoAnswers);
}

TEST_F(ScoringDialectTest, RefusesWhatIsNoRequest) {
  EXPECT_EQ(refusal("[[1,2,3,4]]"),
            "the body is no object, expected one with dataframe_split, dataframe_records, "
            "instances, inputs, params");
  EXPECT_EQ(refusal("{}"),
            "the body has 0 of dataframe_split, dataframe_records, instances and inputs, expected "
            "exactly one");
  EXPECT_EQ(refusal(R"({"instances":[],"inputs":[]})"),
            "the body has 2 of dataframe_split, dataframe_records, instances and inputs, expected "
            "exactly one");
  EXPECT_EQ(refusal(R"({"dataframe_split":[]})"),
            "dataframe_split is no object, expected one with columns, index, data");
  EXPECT_EQ(refusal(R"({"dataframe_split":{}})"), "dataframe_split has no data");
  EXPECT_EQ(refusal(R"({"dataframe_split":{"columns":1,"data":[]}})"),
            "dataframe_split.columns is no list");
  EXPECT_EQ(refusal(R"({"dataframe_split":{"columns":[null],"data":[]}})"),
            "dataframe_split.columns has a value that is neither a text nor a number");
  EXPECT_EQ(refusal(R"({"dataframe_split":{"columns":["sepal length","sepal width",)"
                    R"("petal length","petal width"],"data":[[1,2,3]]}})"),
            "dataframe_split.data.0 is no list of 4 values");
  EXPECT_EQ(refusal(R"({"dataframe_split":{"columns":["sepal length","sepal width",)"
                    R"("petal length","petal width"],"data":[[1,2,3,"x"]]}})"),
            "dataframe_split.data.0.3: Input should be a valid number");
  EXPECT_EQ(refusal("[1,2,3,4]\n{", "application/jsonlines"),
            "line 2: the JSON is broken at byte 1: incomplete JSON");
  EXPECT_EQ(refusal("\n\n", "application/jsonlines"), "the body has no row");
  EXPECT_EQ(refusal("[1,2,3,4]\n[1,2]\n", "application/jsonlines"),
            "rows.1: List should have at least 4 items after validation, not 2");
}

TEST_F(ScoringDialectTest, PredictsByAModelThatIsNamed) {
  EXPECT_EQ(asked.post("/models/iris/invoke", "1,1,1,1\n1,1,3,1", "text/csv").body, kTwoAnswers);
  EXPECT_EQ(asked.post("/models/rose/invoke", "{}").body,
            R"({"error_code":"RESOURCE_DOES_NOT_EXIST","message":"there is no model 'rose'"})");
}

TEST_F(ScoringDialectTest, IsHealthyWhenItIsReady) {
  EXPECT_EQ(asked.get("/ping").status, 200);
  EXPECT_EQ(asked.get("/ping").body, R"({"status":"Healthy"})");
  asked.readiness.start_draining();
  EXPECT_EQ(asked.get("/ping").status, 503);
  EXPECT_EQ(asked.get("/ping").body, R"({"status":"Unhealthy"})");
}

TEST_F(ScoringDialectTest, TellsTheVersion) {
  const HttpResponse version = asked.get("/version");
  EXPECT_EQ(version.body, "1.2.3");
  EXPECT_EQ(version.content_type, "text/plain; charset=utf-8");
}

}  // namespace
}  // namespace ml_inference
