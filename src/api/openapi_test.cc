// SPDX-License-Identifier: MIT
#include "api/openapi.h"

#include "api/limits.h"
#include "api/routes.h"
#include "api/testing/stumps.h"
#include "api/validation.h"
#include "model/input_rules.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <utility>

namespace ml_inference {
namespace {

using boost::json::value;

value document_of(const Schema* schema, bool guarded = false) {
  return boost::json::parse(openapi_document(schema, "1.2.3", guarded));
}

// at() and at_pointer() throw where a key is missing, which fails the test.
const value& schema_at(const value& document, std::string_view name) {
  return document.at("components").at("schemas").at(name);
}

// What a reference stands for, or the part itself.
const value& resolved(const value& document, const value& part) {
  const value* reference = part.as_object().if_contains("$ref");
  return reference == nullptr ? part : document.at_pointer(reference->as_string().subview(1));
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

TEST(OpenApi, DescribesEveryRouteAndEveryMethodOfIt) {
  const value document = document_of(nullptr);
  const auto& paths = document.at("paths").as_object();
  std::set<std::string> ids;
  std::size_t operation_count = 0;
  std::size_t path_count = 0;
  for (const RouteEntry& entry : all_routes()) {
    if (!is_described(entry)) continue;
    ++path_count;
    for (const auto& [method, name] : {std::pair{"GET", "get"},
                                       {"HEAD", "head"},
                                       {"POST", "post"},
                                       {"PUT", "put"},
                                       {"DELETE", "delete"}}) {
      const auto* operation = paths.at(entry.path).as_object().if_contains(name);
      EXPECT_EQ(operation != nullptr, allows(entry, method)) << entry.path << " " << method;
      if (operation == nullptr) continue;
      ++operation_count;
      ids.emplace(operation->at("operationId").as_string());
      EXPECT_TRUE(operation->at("responses").as_object().contains("200"));
    }
  }
  EXPECT_EQ(paths.size(), path_count);
  EXPECT_EQ(ids.size(), operation_count) << "two operations share an operationId";
  EXPECT_EQ(paths.at("/predict").at_pointer("/post/requestBody/content/application~1json/schema"),
            json(R"({"$ref":"#/components/schemas/PredictRequest"})"));
}

TEST(OpenApi, EveryAnswerTellsItsHeadersAndAnErrorItsBody) {
  const value document = document_of(nullptr);
  for (const auto& [path, operations] : document.at("paths").as_object()) {
    for (const auto& [method, operation] : operations.as_object()) {
      for (const auto& [status, given] : operation.at("responses").as_object()) {
        const std::string place = std::string(path) + " " + std::string(method);
        const value& response = resolved(document, given);
        EXPECT_TRUE(response.at("description").is_string()) << place << status;
        EXPECT_TRUE(response.at("headers").as_object().contains("X-Request-ID")) << place << status;
        EXPECT_EQ(response.at("headers").as_object().contains("Retry-After"), status == "503")
            << place << status;
        EXPECT_EQ(response.as_object().contains("content"), method != "head") << place << status;
      }
    }
  }
  EXPECT_EQ(document.at_pointer("/components/responses/ContentTooLarge/content"),
            json(R"({"application/json":{"schema":{"$ref":"#/components/schemas/Error"}}})"));
}

TEST(OpenApi, AnyRequestMayBeRefusedBeforeItsEndpointSeesIt) {
  const value document = document_of(nullptr);
  for (const auto& [path, operations] : document.at("paths").as_object()) {
    for (const auto& [method, operation] : operations.as_object()) {
      for (const char* status : {"400", "408", "413", "415", "417", "431", "501", "503", "505"}) {
        EXPECT_TRUE(operation.at("responses").as_object().contains(status)) << path << status;
      }
    }
  }
  EXPECT_TRUE(document.at_pointer("/paths/~1predict/post/responses").as_object().contains("422"));
}

TEST(OpenApi, WhatHasNoOperationIsDescribedAmongTheComponents) {
  const value document = document_of(nullptr);
  const value& responses = document.at_pointer("/components/responses");
  EXPECT_EQ(responses.at_pointer("/NotFound/description"), "Not Found");
  EXPECT_EQ(responses.at_pointer("/MethodNotAllowed/headers/Allow"),
            json(R"({"$ref":"#/components/headers/Allow"})"));
}

TEST(OpenApi, NamesTheModelsFeatures) {
  const Schema schema = testing::iris_schema();
  const value document = document_of(&schema);
  const value& row = schema_at(document, "Row");
  EXPECT_EQ(row.at("minItems").to_number<int>(), 4);
  EXPECT_EQ(row.at("maxItems").to_number<int>(), 4);
  EXPECT_EQ(row.at("items"), json(R"({"$ref":"#/components/schemas/Cell"})"));
  const value& named = schema_at(document, "NamedRow");
  EXPECT_EQ(named.at("required"), json(R"(["sepal length","sepal width","petal length",)"
                                       R"("petal width"])"));
  EXPECT_EQ(named.at("properties").as_object().size(), 4U);
  EXPECT_EQ(named.at("additionalProperties"), false);
}

TEST(OpenApi, CountsTheFeaturesOfAWideModel) {
  Schema schema = testing::iris_schema();
  schema.feature_names.clear();
  for (std::size_t i = 0; i < kDescribedFeatureCountMax; ++i) {
    schema.feature_names.push_back("x" + std::to_string(i));
  }
  value document = document_of(&schema);
  EXPECT_EQ(schema_at(document, "NamedRow").at("required").as_array().size(), 1'000U);
  schema.feature_names.emplace_back("last");
  document = document_of(&schema);
  const value& named = schema_at(document, "NamedRow");
  EXPECT_FALSE(named.as_object().contains("properties"));
  EXPECT_EQ(named.at("minProperties").to_number<int>(), 1'001);
  EXPECT_EQ(named.at("maxProperties").to_number<int>(), 1'001);
  EXPECT_EQ(named.at("additionalProperties"), json(R"({"$ref":"#/components/schemas/Cell"})"));
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
  schema.targets[0].class_labels = {std::int64_t{0}, std::int64_t{1}};
  document = document_of(&schema);
  EXPECT_EQ(schema_at(document, "Prediction").at_pointer("/properties/prediction/enum"),
            json("[0,1]"));
}

TEST(OpenApi, ARegressionHasAPredictionAlone) {
  Schema schema = testing::iris_schema();
  schema.targets[0].task = Task::regression;
  schema.targets[0].class_labels.clear();
  EXPECT_EQ(schema_at(document_of(&schema), "Prediction"),
            json(R"({"type":"object","required":["prediction"],"additionalProperties":false,)"
                 R"("properties":{"prediction":{"$ref":"#/components/schemas/Number"}}})"));
}

TEST(OpenApi, AModelThatTakesMissingValuesTakesNull) {
  Schema schema = testing::iris_schema();
  schema.input.accepts_missing = true;
  EXPECT_EQ(schema_at(document_of(&schema), "Cell").at("type"),
            json(R"(["number","null","string"])"));
  EXPECT_EQ(schema_at(document_of(&schema), "Cell").at("pattern"), "^NaN$");
  schema.input.accepts_infinite = true;
  EXPECT_EQ(schema_at(document_of(&schema), "Cell").at("pattern"), "^(NaN|-?Infinity)$");
  schema.categories = {{.feature = 0, .labels = {"a", "b"}}};
  EXPECT_FALSE(schema_at(document_of(&schema), "Cell").as_object().contains("pattern"));
  EXPECT_EQ(schema_at(document_of(&schema), "NamedRow")
                .at("properties")
                .at(schema.feature_names[0])
                .at("enum"),
            json(R"(["a","b",null,"NaN"])"));
}

TEST(OpenApi, ANumberEndsWhereCellFaultEndsIt) {
  Schema schema = testing::iris_schema();
  const value document = document_of(&schema);
  const double end = schema_at(document, "Cell").at("exclusiveMaximum").as_double();
  EXPECT_EQ(schema_at(document, "Cell").at("exclusiveMinimum").as_double(), -end);
  EXPECT_EQ(cell_fault(schema.input, end), CellFault::too_large);
  EXPECT_EQ(cell_fault(schema.input, std::nextafter(end, 0)), CellFault::none);
  schema.input.accepts_infinite = true;
  EXPECT_EQ(schema_at(document_of(&schema), "Cell").as_object().if_contains("exclusiveMaximum"),
            nullptr);
}

TEST(OpenApi, LeavesRowsOpenWithoutAModel) {
  const value document = document_of(nullptr);
  EXPECT_FALSE(schema_at(document, "Row").as_object().contains("minItems"));
  EXPECT_EQ(schema_at(document, "NamedRow").at("additionalProperties"),
            json(R"({"$ref":"#/components/schemas/Cell"})"));
}

TEST(OpenApi, AFaultIsDescribedAsItIsWritten) {
  const value document = document_of(nullptr);
  const value& fault =
      schema_at(document, "HTTPValidationError").at_pointer("/properties/detail/items");
  EXPECT_EQ(fault.at("required"), json(R"(["type","loc","msg","input"])"));
  EXPECT_EQ(fault.at_pointer("/properties/loc/items"),
            json(R"({"anyOf":[{"type":"string"},{"type":"integer"}]})"));
  EXPECT_EQ(fault.at_pointer("/properties/type/enum").as_array().size(), kFaultTypes.size());
  EXPECT_EQ(fault.at_pointer("/properties/input").as_object().if_contains("type"), nullptr)
      << "whatever was sent";
}

TEST(OpenApi, TellsOfTheTokenThatPredictionsNeed) {
  const value open = document_of(nullptr);
  EXPECT_FALSE(open.at("components").as_object().contains("securitySchemes"));
  const value guarded = document_of(nullptr, true);
  EXPECT_EQ(guarded.at("components").at("securitySchemes").at("bearer"),
            json(R"({"type":"http","scheme":"bearer"})"));
  const value& predict = guarded.at("paths").at("/predict").at("post");
  EXPECT_EQ(predict.at("security"), json(R"([{"bearer":[]}])"));
  const value& refused = predict.at("responses").at("401");
  EXPECT_EQ(resolved(guarded, refused.at("headers").at("WWW-Authenticate")).at("required"), true);
  EXPECT_FALSE(guarded.at("paths").at("/health").at("get").as_object().contains("security"));
}

}  // namespace
}  // namespace ml_inference
