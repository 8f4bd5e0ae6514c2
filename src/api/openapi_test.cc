// SPDX-License-Identifier: MIT
#include "api/openapi.h"

#include "api/routes.h"
#include "api/testing/stumps.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

namespace ml_inference {
namespace {

using boost::json::value;

value document_of(const Schema* schema) {
  return boost::json::parse(openapi_document(schema, "1.2.3"));
}

// at() and at_pointer() throw where a key is missing, which fails the test.
const value& schema_at(const value& document, std::string_view name) {
  return document.at("components").at("schemas").at(name);
}

value json(std::string_view text) { return boost::json::parse(text); }

void expect_references_lead_somewhere(const value& document, const value& part) {
  if (const auto* array = part.if_array()) {
    for (const value& element : *array) expect_references_lead_somewhere(document, element);
  } else if (const auto* object = part.if_object()) {
    for (const auto& [key, element] : *object) {
      if (key == "$ref") {
        EXPECT_NO_THROW(static_cast<void>(document.at_pointer(element.as_string().subview(1))))
            << element;
      }
      expect_references_lead_somewhere(document, element);
    }
  }
}

TEST(OpenApi, IsJsonWithTheKeysThatTheSpecificationRequires) {
  const Schema schema = testing::iris_schema();
  for (const Schema* known : {&schema, static_cast<const Schema*>(nullptr)}) {
    const value document = document_of(known);
    EXPECT_EQ(document.at("openapi"), "3.1.0");
    EXPECT_EQ(document.at_pointer("/info/title"), "ml-inference");
    EXPECT_EQ(document.at_pointer("/info/version"), "1.2.3");
    EXPECT_EQ(document.at_pointer("/info/license"), json(R"({"name":"MIT","identifier":"MIT"})"));
    expect_references_lead_somewhere(document, document);
  }
}

TEST(OpenApi, DescribesEveryRouteAndEveryAnswerOfIt) {
  const value document = document_of(nullptr);
  const auto& paths = document.at("paths").as_object();
  EXPECT_EQ(paths.size(), kRoutes.size() - 1);
  for (const RouteEntry& entry : kRoutes) {
    if (entry.route == Route::unknown) continue;
    const auto& operation = paths.at(entry.path).at(allows(entry, "POST") ? "post" : "get");
    EXPECT_FALSE(operation.at("operationId").as_string().empty());
    for (const auto& [status, response] : operation.at("responses").as_object()) {
      EXPECT_TRUE(response.at("description").is_string()) << entry.path << " " << status;
    }
    EXPECT_TRUE(operation.at("responses").as_object().contains("200"));
  }
  const auto& predict = paths.at("/predict").at("post");
  EXPECT_EQ(predict.at_pointer("/requestBody/content/application~1json/schema"),
            json(R"({"$ref":"#/components/schemas/PredictRequest"})"));
  EXPECT_TRUE(predict.at("responses").as_object().contains("422"));
  EXPECT_EQ(paths.at("/").at_pointer("/get/responses/200/content/application~1json/schema"),
            json(R"({"type":"object"})"));
}

TEST(OpenApi, NamesTheModelsFeatures) {
  const Schema schema = testing::iris_schema();
  const value document = document_of(&schema);
  const value& row = schema_at(document, "Row");
  EXPECT_EQ(row.at("minItems").to_number<int>(), 4);
  EXPECT_EQ(row.at("maxItems").to_number<int>(), 4);
  EXPECT_EQ(row.at("items"), json(R"({"type":"number"})"));
  const value& named = schema_at(document, "NamedRow");
  EXPECT_EQ(named.at("required"), json(R"(["sepal length","sepal width","petal length",)"
                                       R"("petal width"])"));
  EXPECT_EQ(named.at("properties").as_object().size(), 4U);
  EXPECT_EQ(named.at("additionalProperties"), false);
}

TEST(OpenApi, NamesTheModelsClasses) {
  Schema schema = testing::iris_schema();
  value document = document_of(&schema);
  const value properties = schema_at(document, "Prediction").at("properties");
  EXPECT_EQ(properties.at_pointer("/prediction/enum"),
            json(R"(["setosa","versicolor","virginica"])"));
  EXPECT_EQ(properties.at_pointer("/prediction_index/maximum").to_number<int>(), 2);
  EXPECT_EQ(properties.at_pointer("/probabilities/required"),
            json(R"(["setosa","versicolor","virginica"])"));
  schema.class_labels = {std::int64_t{0}, std::int64_t{1}};
  document = document_of(&schema);
  EXPECT_EQ(schema_at(document, "Prediction").at_pointer("/properties/prediction/enum"),
            json("[0,1]"));
}

TEST(OpenApi, ARegressionHasAPredictionAlone) {
  Schema schema = testing::iris_schema();
  schema.task = Task::regression;
  schema.class_labels.clear();
  EXPECT_EQ(schema_at(document_of(&schema), "Prediction"),
            json(R"({"type":"object","required":["prediction"],"additionalProperties":false,)"
                 R"("properties":{"prediction":{"type":"number"}}})"));
}

TEST(OpenApi, AModelThatTakesMissingValuesTakesNull) {
  Schema schema = testing::iris_schema();
  schema.accepts_missing = true;
  EXPECT_EQ(schema_at(document_of(&schema), "Row").at("items"),
            json(R"({"type":["number","null"]})"));
}

TEST(OpenApi, LeavesRowsOpenWithoutAModel) {
  const value document = document_of(nullptr);
  EXPECT_FALSE(schema_at(document, "Row").as_object().contains("minItems"));
  EXPECT_EQ(schema_at(document, "NamedRow").at("additionalProperties"),
            json(R"({"type":"number"})"));
}

TEST(OpenApi, AFaultIsDescribedAsItIsWritten) {
  const value document = document_of(nullptr);
  const value& fault =
      schema_at(document, "HTTPValidationError").at_pointer("/properties/detail/items");
  EXPECT_EQ(fault.at("required"), json(R"(["type","loc","msg","input"])"));
  EXPECT_EQ(fault.at_pointer("/properties/loc"),
            json(R"({"type":"array","items":{"anyOf":[{"type":"string"},{"type":"integer"}]}})"));
  EXPECT_EQ(fault.at_pointer("/properties/input"), json("{}"));
}

}  // namespace
}  // namespace ml_inference
