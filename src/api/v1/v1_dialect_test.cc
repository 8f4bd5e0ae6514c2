// SPDX-License-Identifier: MIT
#include "api/v1/v1_dialect.h"

#include "api/limits.h"
#include "api/testing/asking.h"
#include "api/testing/stumps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kIris = "/v1/models/iris:predict";

Schema price_schema() {
  Schema schema = testing::iris_schema();
  schema.input.accepts_missing = true;
  schema.targets[0] = {.task = Task::regression, .class_labels = {}};
  return schema;
}

// A feature of text, and one that alone is looked at.
Schema text_schema() {
  Schema schema = testing::iris_schema();
  schema.feature_names = {"colour", "b", "c"};
  schema.categories = {{.feature = 0, .labels = {std::string("red"), std::string("blue")}}};
  return schema;
}

class V1DialectTest : public ::testing::Test {
 protected:
  V1DialectTest() {
    readiness().publish(
        ModelCatalog({model("iris", testing::iris_schema()), model("price", price_schema()),
                      model("text", text_schema())}));
  }

  static CatalogModel model(std::string name, const Schema& schema) {
    return {.name = std::move(name),
            .versions = {{.number = 3,
                          .state = VersionState::available,
                          .model = testing::make_stumps(schema)}},
            .labels = {{"stable", 3}}};
  }

  Readiness& readiness() { return asked.readiness; }

  // The answer's body, which must have the status.
  std::string body(std::string_view target, std::string_view request, int status = 200) {
    const HttpResponse response = asked.post(target, request);
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_EQ(response.content_type, "application/json");
    return response.body;
  }

  std::string refusal(std::string_view request) { return body(kIris, request, 400); }

  testing::Asking asked;
};

TEST_F(V1DialectTest, PredictsInstancesByPositionAndByName) {
  EXPECT_EQ(body(kIris, R"({"instances":[[5.1,3.5,1.4,0.2],[1,2,3,4]]})"),
            R"({"predictions":["setosa","versicolor"]})");
  EXPECT_EQ(body(kIris, R"({"instances":[{"petal width":1,"petal length":1,"sepal width":1,)"
                        R"("sepal length":1}]})"),
            R"({"predictions":["setosa"]})");
  EXPECT_EQ(body(kIris, R"({"instances":[{"petal width":[1],"petal length":[1],)"
                        R"("sepal width":[1],"sepal length":[1]}]})"),
            R"({"predictions":["setosa"]})")
      << "KServe's sklearnserver takes columns of one value";
  EXPECT_EQ(body(kIris, R"({"instances":[{"input":[1,2,3,true]}]})"),
            R"({"predictions":["versicolor"]})");
}

TEST_F(V1DialectTest, PredictsByVersionAndByLabel) {
  for (const char* target :
       {"/v1/models/iris/versions/3:predict", "/v1/models/iris/labels/stable:predict"}) {
    EXPECT_EQ(body(target, R"({"instances":[[5.1,3.5,1.4,0.2]]})"),
              R"({"predictions":["setosa"]})");
  }
  EXPECT_EQ(body("/v1/models/iris/versions/4:predict", "{}", 404),
            R"({"error":"model 'iris' has no version 4"})");
}

TEST_F(V1DialectTest, GivesTheOutputThatTheSignatureNames) {
  constexpr std::string_view kRows = R"("instances":[[5.1,3.5,1.4,0.2],[1,2,3,4]]})";
  EXPECT_EQ(body(kIris, R"({"signature_name":"serving_default",)" + std::string(kRows)),
            R"({"predictions":["setosa","versicolor"]})");
  EXPECT_EQ(body(kIris, R"({"signature_name":"predict_proba",)" + std::string(kRows)),
            R"({"predictions":[[1.0,0.0,0.0],[0.0,0.5,0.5]]})");
  EXPECT_EQ(
      body(kIris, R"({"parameters":{"predict_method":"predict_proba"},)" + std::string(kRows)),
      R"({"predictions":[[1.0,0.0,0.0],[0.0,0.5,0.5]]})");
  EXPECT_EQ(body(kIris, R"({"parameters":null,)" + std::string(kRows)),
            R"({"predictions":["setosa","versicolor"]})");
  EXPECT_EQ(refusal(R"({"signature_name":"x",)" + std::string(kRows)),
            R"({"error":"signature_name is 'x', expected predict, predict_proba"})");
  EXPECT_EQ(refusal(R"({"signature_name":"predict","parameters":{"predict_method":)"
                    R"("predict_proba"},)" +
                    std::string(kRows)),
            R"({"error":"signature_name is 'predict', and parameters.predict_method )"
            R"('predict_proba'"})");
}

TEST_F(V1DialectTest, PrefersProbabilitiesWhereTheOperatorSaysSo) {
  testing::Asking other({.version = "1", .predict_probabilities = true});
  other.readiness.publish(
      ModelCatalog({model("iris", testing::iris_schema()), model("price", price_schema())}));
  EXPECT_EQ(other.post(kIris, R"({"instances":[[5.1,3.5,1.4,0.2]]})").body,
            R"({"predictions":[[1.0,0.0,0.0]]})");
  EXPECT_EQ(other.post(kIris, R"({"instances":[[1,2,1,2]],"signature_name":"predict"})").body,
            R"({"predictions":["setosa"]})");
  EXPECT_EQ(other.post("/v1/models/price:predict", R"({"instances":[[5.1,3.5,1.4,0.2]]})").body,
            R"({"predictions":[1.0]})");
}

TEST_F(V1DialectTest, PredictsColumns) {
  EXPECT_EQ(body(kIris, R"({"inputs":[[5.1,3.5,1.4,0.2],[1,2,3,4]]})"),
            R"({"outputs":["setosa","versicolor"]})");
  EXPECT_EQ(body(kIris, R"({"inputs":{"input":[[5.1,3.5,1.4,0.2]]}})"),
            R"({"outputs":["setosa"]})");
  EXPECT_EQ(body(kIris, R"({"inputs":{"sepal length":[1,1],"sepal width":[1,[1]],)"
                        R"("petal length":[3,1],"petal width":[1,1]}})"),
            R"({"outputs":["versicolor","setosa"]})");
  EXPECT_EQ(body("/v1/models/text:predict",
                 R"({"inputs":{"colour":["red","blue"],"b":[1,2],"c":[3,1]}})"),
            R"({"outputs":["versicolor","setosa"]})");
}

TEST_F(V1DialectTest, TakesTheWordsThatJsonHasNoNumberFor) {
  EXPECT_EQ(body("/v1/models/price:predict",
                 R"({"instances":[[NaN, 1,1,-1],["NaN" ,1,3,NaN],[null,1,1,1]]})"),
            R"({"predictions":[1.0,0.0,1.0]})");
  EXPECT_EQ(body("/v1/models/price:predict", R"({"instances":[[Infinity,1,1,1]]})", 400),
            R"({"error":"instances.0.0: Input should be a finite number"})");
  EXPECT_EQ(body("/v1/models/price:predict", R"({"instances":[[NaN,1,1,1,]]})", 400),
            R"({"error":"the JSON is broken at byte 25: syntax error"})");
  EXPECT_EQ(body("/v1/models/price:predict", R"({"instances":[[1NaN,1,1,1]]})", 400),
            R"({"error":"the JSON is broken at byte 16: syntax error"})");
}

TEST_F(V1DialectTest, RefusesWhatIsNoRequest) {
  EXPECT_EQ(refusal(""), R"({"error":"the body is empty, expected JSON"})");
  EXPECT_EQ(refusal("[[1,2,3,4]]"),
            R"({"error":"the body is no object, expected one with signature_name, instances, )"
            R"(inputs, parameters"})");
  EXPECT_EQ(refusal("{}"),
            R"({"error":"there are neither instances (rows) nor inputs (columns), expected one )"
            R"(of them"})");
  EXPECT_EQ(refusal(R"({"instances":[],"inputs":[]})"),
            R"({"error":"there are both instances (rows) and inputs (columns), expected one of )"
            R"(them"})");
  EXPECT_EQ(refusal(R"({"instances":[]})"), R"({"error":"instances has no row"})");
  EXPECT_EQ(refusal(R"({"instances":{}})"), R"({"error":"instances is no list of rows"})");
  EXPECT_EQ(refusal(R"({"instances":[[1,2,3,4]],"instances":[]})"),
            R"({"error":"instances stands twice in the body"})");
  EXPECT_EQ(refusal(R"({"instances":[[1,2,3,4]],"x":1})"),
            R"({"error":"'x' is unknown in the body, expected signature_name, instances, inputs, )"
            R"(parameters"})");
  EXPECT_EQ(refusal(R"({"instances":[[1,2,3,4]],"signature_name":1})"),
            R"({"error":"signature_name is no text"})");
  EXPECT_EQ(
      refusal(R"({"instances":[[1,2,3]]})"),
      R"({"error":"instances.0: List should have at least 4 items after validation, not 3"})");
  EXPECT_EQ(refusal(R"({"instances":[[1,2,3,"a"]]})"),
            R"({"error":"instances.0.3: Input should be a valid number"})");
  EXPECT_EQ(refusal(R"({"instances":[1,2,3,4]})"),
            R"!({"error":"instances.0: Input should be a valid list (and 3 more)"})!");
}

TEST_F(V1DialectTest, RefusesColumnsThatMakeNoTable) {
  EXPECT_EQ(refusal(R"({"inputs":1})"),
            R"({"error":"inputs is neither an object of columns nor a list"})");
  EXPECT_EQ(refusal(R"({"inputs":{}})"), R"({"error":"inputs has no row"})");
  EXPECT_EQ(refusal(R"({"inputs":{"a":1}})"), R"({"error":"inputs.a is no list"})");
  EXPECT_EQ(refusal(R"({"inputs":{"a":[1],"b":[1,2]}})"),
            R"({"error":"inputs.b has 2 values, inputs.a has 1"})");
  EXPECT_EQ(refusal(R"({"inputs":{"sepal width":[1],"b":[1]}})"),
            R"({"error":"inputs: 'b' is no feature"})");
  EXPECT_EQ(refusal(R"({"inputs":{"sepal width":[1],"sepal width":[1]}})"),
            R"({"error":"inputs: the feature 'sepal width' stands twice"})");
  EXPECT_EQ(refusal(R"({"inputs":{"sepal width":[1]}})"),
            R"({"error":"inputs: the feature 'sepal length' is missing, and 2 more"})");
  EXPECT_EQ(body("/v1/models/text:predict",
                 R"({"inputs":{"colour":["red","x"],"b":[1,2],)"
                 R"("c":[3,1]}})",
                 400),
            R"({"error":"inputs.colour.1: Input should be one of the feature's categories"})");
}

TEST_F(V1DialectTest, RefusesMoreRowsThanARequestMayHave) {
  std::string request = R"({"instances":[0)";
  for (std::size_t row = 0; row < kRowsPerRequestMax; ++row) request += ",0";
  EXPECT_EQ(refusal(request + "]}"),
            R"({"error":"instances has 10001 rows, expected at most 10000"})");
}

TEST_F(V1DialectTest, Classifies) {
  constexpr std::string_view kClassify = "/v1/models/iris:classify";
  EXPECT_EQ(body(kClassify, R"({"examples":[{"sepal length":1,"sepal width":1,"petal length":1,)"
                            R"("petal width":1},{"sepal length":[1],"sepal width":1,)"
                            R"("petal length":3,"petal width":1}]})"),
            R"({"results":[[["setosa",1.0],["versicolor",0.0],["virginica",0.0]],)"
            R"([["setosa",0.0],["versicolor",0.5],["virginica",0.5]]]})");
  EXPECT_EQ(body(kClassify, R"({"signature_name":"classification","context":{"sepal length":1,)"
                            R"("sepal width":1},"examples":[{"petal length":1,"petal width":1}]})"),
            R"({"results":[[["setosa",1.0],["versicolor",0.0],["virginica",0.0]]]})");
  EXPECT_EQ(body("/v1/models/price:classify", R"({"examples":[{}]})", 400),
            R"({"error":"the model is a regression, which answers :predict and :regress but not )"
            R"(:classify"})");
}

TEST_F(V1DialectTest, Regresses) {
  constexpr std::string_view kRegress = "/v1/models/price/versions/3:regress";
  EXPECT_EQ(body(kRegress, R"({"examples":[[1,1,1,1],[1,1,3,1]]})"), R"({"results":[1.0,0.0]})");
  EXPECT_EQ(body("/v1/models/iris:regress", R"({"examples":[{}]})", 400),
            R"({"error":"the model is a classification, which answers :predict and :classify but )"
            R"(not :regress"})");
}

TEST_F(V1DialectTest, RefusesExamplesThatAreNone) {
  const auto refused = [&](std::string_view request) {
    return body("/v1/models/iris:classify", request, 400);
  };
  EXPECT_EQ(refused("{}"), R"({"error":"examples is missing"})");
  EXPECT_EQ(refused(R"({"examples":1})"), R"({"error":"examples is no list of rows"})");
  EXPECT_EQ(refused(R"({"context":{},"examples":1})"),
            R"({"error":"examples is no list of 1 to 10000 objects"})");
  EXPECT_EQ(refused(R"({"context":1,"examples":[{}]})"), R"({"error":"context is no object"})");
  EXPECT_EQ(refused(R"({"context":{},"examples":[[1,2,3,4]]})"),
            R"({"error":"an example is no object"})");
  EXPECT_EQ(refused(R"({"context":{"a":1},"examples":[{}]})"),
            R"({"error":"'a' in context is no feature"})");
  EXPECT_EQ(refused(R"({"context":{"sepal width":1},"examples":[{"sepal width":1}]})"),
            R"({"error":"the feature 'sepal width' of an example stands twice, or in context as )"
            R"(well"})");
  EXPECT_EQ(refused(R"({"context":{"sepal width":1},"examples":[{"sepal length":1}]})"),
            R"({"error":"examples.0 lacks the feature 'petal length'"})");
  EXPECT_EQ(refused(R"({"context":{"sepal width":"a"},"examples":[{"sepal length":1,)"
                    R"("petal length":1,"petal width":1}]})"),
            R"({"error":"context.sepal width: Input should be a valid number"})");
  EXPECT_EQ(refused(R"({"signature_name":"x","examples":[{}]})"),
            R"({"error":"signature_name is 'x', expected serving_default or classification"})");
}

TEST_F(V1DialectTest, MakesNoMoreCellsOfAContextThanTheBodyPaysFor) {
  Schema wide = testing::iris_schema();
  for (int feature = 0; feature < 100; ++feature) {
    wide.feature_names.push_back("w" + std::to_string(feature));
  }
  readiness().publish("wide", testing::make_stumps(wide));
  std::string request = R"({"context":{},"examples":[{})";
  for (int row = 0; row < 1000; ++row) request += ",{}";
  EXPECT_THAT(body("/v1/models/wide:classify", request + "]}", 400),
              StartsWith(R"({"error":"context makes 104104 values of 1006)"));
}

TEST_F(V1DialectTest, TellsTheStateOfModels) {
  EXPECT_EQ(asked.get("/v1/models").body, R"({"models":["iris","price","text"]})");
  constexpr std::string_view kState =
      R"({"name":"iris","ready":true,"model_version_status":[{"version":"3","state":"AVAILABLE",)"
      R"("status":{"error_code":"OK","error_message":""}}]})";
  for (const char* target :
       {"/v1/models/iris", "/v1/models/iris/versions/3", "/v1/models/iris/labels/stable"}) {
    EXPECT_EQ(asked.get(target).body, kState);
  }
  const HttpResponse unknown = asked.get("/v1/models/rose");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(unknown.body, R"({"error":"there is no model 'rose'"})");
}

TEST_F(V1DialectTest, TellsOfVersionsThatDoNotAnswer) {
  CatalogModel half = model("half", testing::iris_schema());
  half.versions.push_back({.number = 4, .state = VersionState::failed, .reason = "no trees"});
  readiness().publish(ModelCatalog({half}));
  EXPECT_EQ(asked.get("/v1/models/half").body,
            R"({"name":"half","ready":true,"model_version_status":[{"version":"4","state":"END",)"
            R"("status":{"error_code":"UNKNOWN","error_message":"no trees"}},{"version":"3",)"
            R"("state":"AVAILABLE","status":{"error_code":"OK","error_message":""}}]})");
  const HttpResponse failed = asked.get("/v1/models/half/versions/4");
  EXPECT_EQ(failed.status, 503);
  EXPECT_EQ(failed.body,
            R"({"name":"half","ready":false,"model_version_status":[{"version":"4","state":"END",)"
            R"("status":{"error_code":"UNKNOWN","error_message":"no trees"}}]})");
}

TEST_F(V1DialectTest, HasNothingToTellBeforeThereAreModels) {
  testing::Asking empty;
  EXPECT_EQ(empty.get("/v1/models").body, R"({"models":[]})");
  EXPECT_EQ(empty.get("/v1/models/iris").status, 503);
  EXPECT_EQ(empty.post(kIris, "{}").body, R"({"error":"starting"})");
}

TEST_F(V1DialectTest, DescribesSignatures) {
  const std::string price = asked.get("/v1/models/price/metadata").body;
  constexpr std::string_view kInputs =
      R"("inputs":{"input":{"dtype":"DT_FLOAT","tensor_shape":{"dim":[{"size":"-1","name":""},)"
      R"({"size":"4","name":""}],"unknown_rank":false},"name":"input"}})";
  EXPECT_THAT(price,
              StartsWith(R"({"model_spec":{"name":"price","signature_name":"",)"
                         R"("version":"3"},"metadata":{"signature_def":{"signature_def":{)"
                         R"("serving_default":{)" +
                         std::string(kInputs) +
                         R"(,"outputs":{"predict":{"dtype":"DT_DOUBLE","tensor_shape":)"
                         R"({"dim":[{"size":"-1","name":""}],"unknown_rank":false},)"
                         R"("name":"predict"}},"method_name":"tensorflow/serving/predict")"));
  EXPECT_THAT(price, HasSubstr(R"("regression":{)"));
  EXPECT_THAT(asked.get("/v1/models/text/labels/stable/metadata").body,
              HasSubstr(R"("colour":{"dtype":"DT_STRING")"));
  EXPECT_THAT(asked.get("/v1/models/iris/metadata").body,
              HasSubstr(R"("method_name":"tensorflow/serving/classify")"));
  EXPECT_EQ(asked.get("/v1/models/rose/metadata").status, 404);
}

TEST_F(V1DialectTest, ExplainsNothing) {
  EXPECT_EQ(body("/v1/models/iris:explain", "{}", 501),
            R"({"error":"this server does not explain its predictions"})");
}

TEST(VertexAi, IsAnsweredAtThePathsThatTheOperatorNames) {
  testing::Asking asked({.version = "1",
                         .aliases = {{"/live", Operation::ready, Dialect::v1},
                                     {"/ask", Operation::predict, Dialect::v1}}});
  EXPECT_EQ(asked.get("/live").status, 503);
  EXPECT_EQ(asked.get("/live").body, R"({"status":"starting"})");
  asked.readiness.publish("iris", testing::make_stumps(testing::iris_schema()));
  EXPECT_EQ(asked.get("/live").status, 200);
  EXPECT_EQ(asked.post("/ask", R"({"instances":[[5.1,3.5,1.4,0.2]],"parameters":{}})").body,
            R"({"predictions":["setosa"]})");
}

}  // namespace
}  // namespace ml_inference
