// SPDX-License-Identifier: MIT
#include "api/openapi/openapi_document.h"

#include "api/limits.h"
#include "api/offered_methods.h"
#include "api/routes.h"
#include "api/testing/stumps.h"
#include "api/validation.h"
#include "model/input_rules.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <regex>
#include <set>
#include <string>
#include <utility>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using boost::json::value;

constexpr ControlRights kAllRights{
    .loads = true, .unloads = true, .uploads = true, .sets_default = true};

CatalogModel model_of(std::string name, const Schema& schema, std::int64_t number = 1) {
  return {.name = std::move(name),
          .versions = {{.number = number,
                        .state = VersionState::available,
                        .model = testing::make_stumps(schema)}}};
}

value document_of(const ModelCatalog* catalog, bool guarded = false,
                  const ControlRights& rights = kAllRights) {
  return boost::json::parse(openapi_document(
      {.catalog = catalog, .version = "1.2.3", .guarded = guarded, .rights = rights}));
}

value document_of(const Schema& schema) {
  const ModelCatalog catalog({model_of("iris", schema)});
  return document_of(&catalog);
}

Schema price_schema() {
  Schema schema = testing::iris_schema();
  schema.targets[0] = {.task = Task::regression, .class_labels = {}};
  return schema;
}

// at() and at_pointer() throw where a key is missing, which fails the test.
const value& schema_at(const value& document, std::string_view name) {
  return document.at("components").at("schemas").at(name);
}

const value& iris_part(const value& document, std::string_view name) {
  return schema_at(document, "iris.v1." + std::string(name));
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

// Calls the function with the path, the method and the operation of each.
template <class Function>
void for_operations(const value& document, Function function) {
  for (const auto& [path, operations] : document.at("paths").as_object()) {
    for (const auto& [method, operation] : operations.as_object()) {
      function(std::string(path), std::string(method), operation);
    }
  }
}

// A classifier, and a number with two versions, one of which has a label.
ModelCatalog some_models() {
  CatalogModel price = model_of("price", price_schema(), 2);
  price.versions.push_back({.number = 5,
                            .state = VersionState::available,
                            .model = testing::make_stumps(price_schema())});
  price.labels = {{"stable", 2}};
  return ModelCatalog({model_of("iris", testing::iris_schema()), std::move(price)}, "iris");
}

TEST(OpenApiDocument, IsJsonWithTheKeysThatTheSpecificationRequires) {
  const ModelCatalog catalog = some_models();
  for (const ModelCatalog* known : {&catalog, static_cast<const ModelCatalog*>(nullptr)}) {
    const value document = document_of(known);
    EXPECT_EQ(document.at("openapi"), "3.1.0");
    EXPECT_EQ(document.at_pointer("/info/title"), "ml-inference");
    EXPECT_EQ(document.at_pointer("/info/version"), "1.2.3");
    EXPECT_EQ(document.at_pointer("/info/license"), json(R"({"name":"MIT","identifier":"MIT"})"));
    expect_references_lead_somewhere(document, document);
  }
}

TEST(OpenApiDocument, NamesEveryComponentAsTheSpecificationAllows) {
  const ModelCatalog catalog({model_of("a model/\xC3\xBC", testing::iris_schema()),
                              model_of("a model/\xC3\xB6", testing::iris_schema())});
  const value document = document_of(&catalog);
  const std::regex allowed("[a-zA-Z0-9._-]+");
  for (const auto& [kind, parts] : document.at("components").as_object()) {
    for (const auto& part : parts.as_object()) {
      EXPECT_TRUE(std::regex_match(std::string(part.key()), allowed)) << part.key();
    }
  }
  EXPECT_TRUE(document.at("paths").as_object().contains("/models/a%20model%2F%C3%BC/predict"));
  EXPECT_TRUE(document.at("paths").as_object().contains("/models/a%20model%2F%C3%B6/predict"));
}

TEST(OpenApiDocument, DescribesEveryRouteThatCanBeAnsweredByEveryMethod) {
  const ModelCatalog catalog = some_models();
  const value document = document_of(&catalog);
  std::set<std::pair<std::size_t, std::string>> described;
  for_operations(document, [&](std::string path, std::string method, const value&) {
    for (const auto& [variable, text] : {std::pair<std::string, std::string>{"{model_name}", "x"},
                                         {"{version}", "1"},
                                         {"{label}", "x"}}) {
      if (const auto at = path.find(variable); at != std::string::npos) {
        path.replace(at, variable.size(), text);
      }
    }
    for (char& c : method) c = static_cast<char>(std::toupper(c));
    described.emplace(find_route(path).route, method);
  });
  for (std::size_t route = 1; route < kRouteCount; ++route) {
    const RouteEntry& entry = route_entry(route);
    const bool is_for_people = entry.operation == Operation::docs;
    if (is_grpc(entry) || !entry.path.starts_with('/') || is_for_people) continue;
    for (const char* method : {"GET", "POST", "PUT", "DELETE"}) {
      EXPECT_EQ(described.contains({route, method}), is_offered(entry, method, kAllRights))
          << method << " " << entry.path;
    }
  }
}

TEST(OpenApiDocument, DescribesThePathsOfTheOperatorsChoice) {
  const ModelCatalog catalog({model_of("iris", testing::iris_schema())});
  const value document = boost::json::parse(openapi_document(
      {.catalog = &catalog,
       .version = "1",
       .aliases = {{.path = "/alive", .operation = Operation::ready, .dialect = Dialect::v1},
                   {.path = "/ask", .operation = Operation::predict, .dialect = Dialect::v1}}}));
  EXPECT_TRUE(document.at_pointer("/paths/~1alive").as_object().contains("get"));
  EXPECT_EQ(document.at_pointer("/paths/~1ask/post/requestBody"),
            document.at_pointer("/paths/~1v1~1models~1iris:predict/post/requestBody"));
}

TEST(OpenApiDocument, GivesEachOperationANameOfItsOwn) {
  const ModelCatalog catalog = some_models();
  std::set<std::string> ids;
  std::size_t count = 0;
  for_operations(document_of(&catalog),
                 [&](const std::string&, const std::string&, const value& it) {
                   ids.emplace(it.at("operationId").as_string());
                   ++count;
                 });
  EXPECT_EQ(ids.size(), count);
  EXPECT_TRUE(ids.contains("predict"));
}

TEST(OpenApiDocument, EveryAnswerTellsItsHeadersAndItsBody) {
  const ModelCatalog catalog = some_models();
  const value document = document_of(&catalog, true);
  for_operations(
      document, [&](const std::string& path, const std::string&, const value& operation) {
        for (const auto& [status, given] : operation.at("responses").as_object()) {
          const value& response = resolved(document, given);
          const auto& headers = response.at("headers").as_object();
          EXPECT_TRUE(response.at("description").is_string()) << path << status;
          EXPECT_TRUE(headers.contains("X-Request-ID")) << path << status;
          EXPECT_EQ(headers.contains("Retry-After"), status == "503" || status == "429")
              << path << status;
          EXPECT_EQ(headers.contains("WWW-Authenticate"), status == "401") << path << status;
          EXPECT_TRUE(response.as_object().contains("content")) << path << status;
        }
      });
}

TEST(OpenApiDocument, AnErrorHasTheFormOfItsDialect) {
  const value document = document_of(testing::iris_schema());
  const auto schema_of = [&](std::string_view path) {
    const std::string pointer = "/paths/" + std::string(path) + "/post/responses/413";
    const value& response = resolved(document, document.at_pointer(pointer));
    return response.at_pointer("/content/application~1json/schema/$ref");
  };
  EXPECT_EQ(schema_of("~1predict"), "#/components/schemas/Error");
  EXPECT_EQ(schema_of("~1v2~1models~1iris~1infer"), "#/components/schemas/oip.Error");
  EXPECT_EQ(schema_of("~1v1~1models~1iris:predict"), "#/components/schemas/v1.Error");
  EXPECT_EQ(schema_of("~1invocations"), "#/components/schemas/scoring.Error");
  EXPECT_EQ(schema_of("~1predictions~1iris"), "#/components/schemas/torchserve.Error");
  EXPECT_EQ(document.at_pointer("/components/responses/scoring.UnsupportedMediaType/content"),
            json(R"({"text/plain":{"schema":{"type":"string"}}})"));
}

TEST(OpenApiDocument, AnyRequestMayBeRefusedBeforeItsEndpointSeesIt) {
  const ModelCatalog catalog = some_models();
  for_operations(document_of(&catalog), [](const std::string& path, const std::string&,
                                           const value& operation) {
    for (const char* status : {"400", "408", "413", "415", "417", "431", "501", "503", "505"}) {
      EXPECT_TRUE(operation.at("responses").as_object().contains(status)) << path << status;
    }
  });
}

TEST(OpenApiDocument, WhatHasNoOperationIsDescribedAmongTheComponents) {
  const value document = document_of(nullptr);
  const value& responses = document.at_pointer("/components/responses");
  EXPECT_EQ(responses.at_pointer("/NotFound/description"), "Not Found");
  EXPECT_EQ(responses.at_pointer("/v1.MethodNotAllowed/headers/Allow"),
            json(R"({"$ref":"#/components/headers/Allow"})"));
}

TEST(OpenApiDocument, ListsThePredictionsOfEachVersionOfEachModel) {
  const ModelCatalog catalog = some_models();
  const value document = document_of(&catalog);
  const auto& paths = document.at("paths").as_object();
  for (const char* path :
       {"/predict", "/models/iris/predict", "/models/iris/versions/1/predict",
        "/models/price/predict", "/models/price/versions/2/predict",
        "/v2/models/price/versions/5/infer", "/v1/models/price/labels/stable:predict",
        "/v1/models/price:regress", "/v1/models/iris:classify", "/invocations",
        "/models/iris/invoke", "/predictions/price/5"}) {
    EXPECT_TRUE(paths.contains(path)) << path;
  }
  EXPECT_FALSE(paths.contains("/v1/models/price:classify")) << "which it cannot do";
  EXPECT_FALSE(paths.contains("/models/{model_name}/predict"));
  const auto rows_of = [&](std::string_view path) {
    return boost::json::serialize(paths.at(path).at_pointer("/post/requestBody"));
  };
  EXPECT_THAT(rows_of("/predict"), HasSubstr("/iris.v1.PredictRequest"));
  EXPECT_THAT(rows_of("/models/price/predict"), HasSubstr("/price.v5.PredictRequest"));
}

TEST(OpenApiDocument, SaysWhatItLeavesOut) {
  const ModelCatalog catalog(
      {model_of("iris", testing::iris_schema()), model_of("price", price_schema())});
  const value document = document_of(&catalog, false, {});
  EXPECT_FALSE(document.at("paths").as_object().contains("/predict"));
  EXPECT_FALSE(
      document.at("paths").as_object().contains("/v2/repository/models/{model_name}/load"));
  const std::string text(document.at_pointer("/info/description").as_string());
  EXPECT_THAT(text, HasSubstr("No model answers where none is named"));
  EXPECT_THAT(text, HasSubstr("Models are not loaded by requests"));
  EXPECT_THAT(text, Not(HasSubstr("Not described")));
}

TEST(OpenApiDocument, HasALimitAndNamesTheModelsBeyond) {
  Schema wide = testing::iris_schema();
  wide.feature_names.clear();
  for (std::size_t i = 0; i < kDescribedFeatureCountMax; ++i) {
    wide.feature_names.push_back(std::string(20, 'x') + std::to_string(i));
  }
  std::vector<CatalogModel> models;
  for (int i = 0; i < 12; ++i) models.push_back(model_of("wide" + std::to_string(i), wide));
  const ModelCatalog catalog(std::move(models), "wide7");
  const std::string text = openapi_document({.catalog = &catalog, .version = "1"});
  EXPECT_LT(text.size(), kDescribedModelsSizeMax + 200'000);
  const value document = boost::json::parse(text);
  EXPECT_TRUE(document.at("paths").as_object().contains("/models/wide7/predict"))
      << "the default one goes first";
  EXPECT_THAT(std::string(document.at_pointer("/info/description").as_string()),
              ::testing::AllOf(HasSubstr("Not described"), HasSubstr("wide9 version 1.")));
}

TEST(OpenApiDocument, NamesTheModelsFeatures) {
  const Schema schema = testing::iris_schema();
  const value document = document_of(schema);
  const value& row = iris_part(document, "Row");
  EXPECT_EQ(row.at("minItems").to_number<int>(), 4);
  EXPECT_EQ(row.at("maxItems").to_number<int>(), 4);
  EXPECT_EQ(row.at("items"), json(R"({"$ref":"#/components/schemas/iris.v1.Cell"})"));
  const value& named = iris_part(document, "NamedRow");
  EXPECT_EQ(named.at("required"), json(R"(["sepal length","sepal width","petal length",)"
                                       R"("petal width"])"));
  EXPECT_EQ(named.at("properties").as_object().size(), 4U);
  EXPECT_EQ(named.at("additionalProperties"), false);
}

TEST(OpenApiDocument, CountsTheFeaturesOfAWideModel) {
  Schema schema = testing::iris_schema();
  schema.feature_names.clear();
  for (std::size_t i = 0; i < kDescribedFeatureCountMax; ++i) {
    schema.feature_names.push_back("x" + std::to_string(i));
  }
  value document = document_of(schema);
  EXPECT_EQ(iris_part(document, "NamedRow").at("required").as_array().size(), 1'000U);
  schema.feature_names.emplace_back("last");
  document = document_of(schema);
  const value& named = iris_part(document, "NamedRow");
  EXPECT_FALSE(named.as_object().contains("properties"));
  EXPECT_EQ(named.at("minProperties").to_number<int>(), 1'001);
  EXPECT_EQ(named.at("maxProperties").to_number<int>(), 1'001);
  EXPECT_EQ(named.at("additionalProperties"),
            json(R"({"$ref":"#/components/schemas/iris.v1.Cell"})"));
}

TEST(OpenApiDocument, NamesTheModelsClasses) {
  Schema schema = testing::iris_schema();
  value document = document_of(schema);
  const value properties = iris_part(document, "Prediction").at("properties");
  EXPECT_EQ(properties.at_pointer("/prediction/enum"),
            json(R"(["setosa","versicolor","virginica"])"));
  EXPECT_EQ(properties.at_pointer("/prediction_index/maximum").to_number<int>(), 2);
  EXPECT_EQ(properties.at_pointer("/probabilities/required"),
            json(R"(["setosa","versicolor","virginica"])"));
  schema.targets[0].class_labels = {std::int64_t{0}, std::int64_t{1}};
  document = document_of(schema);
  EXPECT_EQ(iris_part(document, "Prediction").at_pointer("/properties/prediction/enum"),
            json("[0,1]"));
}

TEST(OpenApiDocument, ARegressionHasAPredictionAlone) {
  Schema schema = testing::iris_schema();
  schema.targets[0].task = Task::regression;
  schema.targets[0].class_labels.clear();
  EXPECT_EQ(iris_part(document_of(schema), "Prediction"),
            json(R"({"type":"object","required":["prediction"],"additionalProperties":false,)"
                 R"("properties":{"prediction":{"$ref":"#/components/schemas/Number"}}})"));
}

TEST(OpenApiDocument, AModelThatTakesMissingValuesTakesNull) {
  Schema schema = testing::iris_schema();
  schema.input.accepts_missing = true;
  EXPECT_EQ(iris_part(document_of(schema), "Cell").at("type"),
            json(R"(["number","null","string"])"));
  EXPECT_EQ(iris_part(document_of(schema), "Cell").at("pattern"), "^NaN$");
  schema.input.accepts_infinite = true;
  EXPECT_EQ(iris_part(document_of(schema), "Cell").at("pattern"), "^(NaN|-?Infinity)$");
  schema.categories = {{.feature = 0, .labels = {"a", "b"}}};
  EXPECT_EQ(iris_part(document_of(schema), "Cell.0"),
            json(R"({"anyOf":[{"enum":["a","b"]},{"enum":[null,"NaN"]}]})"));
}

TEST(OpenApiDocument, ANumberEndsWhereCellFaultEndsIt) {
  Schema schema = testing::iris_schema();
  const value document = document_of(schema);
  const double end = iris_part(document, "Cell").at("exclusiveMaximum").as_double();
  EXPECT_EQ(iris_part(document, "Cell").at("exclusiveMinimum").as_double(), -end);
  EXPECT_EQ(cell_fault(schema.input, end), CellFault::too_large);
  EXPECT_EQ(cell_fault(schema.input, std::nextafter(end, 0)), CellFault::none);
  schema.input.accepts_infinite = true;
  EXPECT_EQ(iris_part(document_of(schema), "Cell").as_object().if_contains("exclusiveMaximum"),
            nullptr);
}

TEST(OpenApiDocument, HasNoPredictionsWithoutAModel) {
  const value document = document_of(nullptr);
  EXPECT_FALSE(document.at("paths").as_object().contains("/predict"));
  EXPECT_THAT(std::string(document.at_pointer("/info/description").as_string()),
              HasSubstr("No model answers yet"));
}

TEST(OpenApiDocument, ACategoryIsOneOfThoseInEachFormOfARow) {
  Schema schema = testing::iris_schema();
  schema.categories = {{.feature = 1, .labels = {true, false}},
                       {.feature = 3, .labels = {"red", "blue(lo"}, .last_label_characters = 9}};
  const value document = document_of(schema);
  EXPECT_EQ(iris_part(document, "Row").at("prefixItems"),
            json(R"([{"$ref":"#/components/schemas/iris.v1.Cell"},)"
                 R"({"$ref":"#/components/schemas/iris.v1.Cell.1"},)"
                 R"({"$ref":"#/components/schemas/iris.v1.Cell"},)"
                 R"({"$ref":"#/components/schemas/iris.v1.Cell.3"}])"));
  EXPECT_EQ(iris_part(document, "Cell.1"),
            json(R"({"anyOf":[{"enum":[true,false]},{"enum":[0,1]}]})"));
  EXPECT_EQ(iris_part(document, "Cell.3"),
            json(R"({"anyOf":[{"enum":["red"]},{"type":"string","minLength":9,"maxLength":9,)"
                 R"("pattern":"^blue\\(lo"}]})"));
  EXPECT_EQ(iris_part(document, "oip.Inputs").at_pointer("/anyOf/0/prefixItems").as_array().size(),
            4U);
}

TEST(OpenApiDocument, ATextThatCountsAsMissingMayBeNullInATensorToo) {
  Schema schema = testing::iris_schema();
  schema.input.accepts_missing = true;
  schema.categories = {
      {.feature = 0, .labels = {"red", "blue"}, .unknown = UnknownCategory::missing}};
  const value document = document_of(schema);
  EXPECT_EQ(iris_part(document, "oip.Inputs")
                .at_pointer("/anyOf/0/prefixItems/0/properties/data/items/type"),
            json(R"(["string","null"])"));
}

TEST(OpenApiDocument, ACategoryThatCsvQuotesIsDescribedInQuotes) {
  Schema schema = testing::iris_schema();
  schema.categories = {{.feature = 0, .labels = {"red, dark", "blue"}}};
  const value document = document_of(schema);
  const value& csv =
      document.at("paths").at("/invocations").at_pointer("/post/requestBody/content/text~1csv");
  const std::regex lines(std::string(csv.at("schema").at("pattern").as_string()));
  for (const char* const line : {"\"red, dark\",1,2,3", "blue,1,2,3\n\"red, dark\",1,2,3\n"}) {
    EXPECT_TRUE(std::regex_match(line, lines)) << line;
  }
  EXPECT_FALSE(std::regex_match("red, dark,1,2,3", lines));
  EXPECT_TRUE(csv.at("example").as_string().starts_with("\"red, dark\","));
}

TEST(OpenApiDocument, AVersionIsANumberThatAPathMayHave) {
  const value document = document_of(testing::iris_schema());
  EXPECT_EQ(document.at_pointer("/components/parameters/Version/schema"),
            json(R"({"type":"integer","minimum":1,"maximum":9223372036854775807})"));
}

TEST(OpenApiDocument, ListsNoMoreLabelsThanItsLimit) {
  Schema schema = testing::iris_schema();
  schema.targets[0].class_labels.clear();
  for (std::size_t i = 0; i <= kDescribedLabelCountMax; ++i) {
    schema.targets[0].class_labels.emplace_back("c" + std::to_string(i));
  }
  const value properties = iris_part(document_of(schema), "Prediction").at("properties");
  EXPECT_EQ(properties.at_pointer("/prediction/type"), "string");
  EXPECT_EQ(properties.at_pointer("/probabilities/minProperties").to_number<int>(), 1'001);
}

TEST(OpenApiDocument, AFaultIsDescribedAsItIsWritten) {
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

TEST(OpenApiDocument, TellsOfTheTokenThatPredictionsAndChangesNeed) {
  const ModelCatalog catalog = some_models();
  const value open = document_of(&catalog);
  EXPECT_FALSE(open.at("components").as_object().contains("securitySchemes"));
  const value guarded = document_of(&catalog, true);
  EXPECT_EQ(guarded.at("components").at("securitySchemes").at("bearer"),
            json(R"({"type":"http","scheme":"bearer"})"));
  const value& paths = guarded.at("paths");
  for (const char* pointer :
       {"/~1predict/post", "/~1v2~1models~1iris~1infer/post", "/~1models~1{model_name}/delete",
        "/~1v2~1repository~1models~1{model_name}~1load/post"}) {
    EXPECT_EQ(paths.at_pointer(pointer).at("security"), json(R"([{"bearer":[]}])")) << pointer;
    EXPECT_TRUE(paths.at_pointer(pointer).at("responses").as_object().contains("401")) << pointer;
  }
  EXPECT_FALSE(paths.at_pointer("/~1health/get").as_object().contains("security"));
  EXPECT_FALSE(paths.at_pointer("/~1models~1{model_name}/get").as_object().contains("security"));
}

}  // namespace
}  // namespace ml_inference
