// SPDX-License-Identifier: MIT
#include "api/openapi.h"

#include "api/limits.h"
#include "api/routes.h"
#include "api/status_codes.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

namespace ml_inference {
namespace {

using Json = boost::json::value;
using JsonArray = boost::json::array;
using JsonObject = boost::json::object;

Json reference_to(const std::string& schema) {
  return {{"$ref", "#/components/schemas/" + schema}};
}

// A number that the model takes. A missing value is null.
Json cell_schema(const Schema* schema) {
  if (schema != nullptr && schema->accepts_missing) return {{"type", {"number", "null"}}};
  return {{"type", "number"}};
}

Json row_schema(const Schema* schema) {
  JsonObject row{{"type", "array"},
                 {"description", "One row: a number for each feature, in the model's order."},
                 {"items", cell_schema(schema)}};
  if (schema != nullptr) {
    row["minItems"] = schema->feature_count();
    row["maxItems"] = schema->feature_count();
  }
  return row;
}

Json named_row_schema(const Schema* schema) {
  JsonObject row{{"type", "object"}, {"description", "One row by feature name."}};
  if (schema == nullptr) {
    row["additionalProperties"] = cell_schema(schema);
    return row;
  }
  JsonObject properties;
  JsonArray required;
  for (const std::string& name : schema->feature_names) {
    properties[name] = cell_schema(schema);
    required.emplace_back(name);
  }
  row["properties"] = std::move(properties);
  row["required"] = std::move(required);
  row["additionalProperties"] = false;
  return row;
}

Json request_schema() {
  const Json any_row{{"anyOf", {reference_to("Row"), reference_to("NamedRow")}}};
  const Json list{
      {"type", "array"}, {"minItems", 1}, {"maxItems", kRowsPerRequestMax}, {"items", any_row}};
  return {{"type", "object"},
          {"required", JsonArray{"features"}},
          {"additionalProperties", false},
          {"properties",
           {{"features", {{"anyOf", {reference_to("Row"), reference_to("NamedRow"), list}}}}}}};
}

Json label_json(const ClassLabel& label) {
  if (const auto* number = std::get_if<std::int64_t>(&label)) return *number;
  return Json(std::get<std::string>(label));
}

Json classification_schema(const Schema& schema) {
  const Json probability{{"type", "number"}, {"minimum", 0}};
  JsonArray labels;
  JsonArray keys;
  JsonObject probabilities;
  for (const ClassLabel& label : schema.class_labels) {
    labels.push_back(label_json(label));
    keys.emplace_back(class_label_text(label));
    probabilities[class_label_text(label)] = probability;
  }
  return {{"type", "object"},
          {"required", {"prediction", "prediction_index", "probabilities", "confidence"}},
          {"additionalProperties", false},
          {"properties",
           {{"prediction", {{"enum", std::move(labels)}}},
            {"prediction_index",
             {{"type", "integer"}, {"minimum", 0}, {"maximum", schema.class_labels.size() - 1}}},
            {"probabilities",
             {{"type", "object"},
              {"properties", std::move(probabilities)},
              {"required", std::move(keys)},
              {"additionalProperties", false}}},
            {"confidence", probability}}}};
}

Json prediction_schema(const Schema* schema) {
  if (schema == nullptr) {
    return {{"type", "object"}, {"required", JsonArray{"prediction"}}};
  }
  if (schema->task == Task::classification) return classification_schema(*schema);
  return {{"type", "object"},
          {"required", JsonArray{"prediction"}},
          {"additionalProperties", false},
          {"properties", {{"prediction", {{"type", "number"}}}}}};
}

Json prediction_list_schema() {
  return {{"type", "object"},
          {"required", JsonArray{"predictions"}},
          {"additionalProperties", false},
          {"properties",
           {{"predictions", {{"type", "array"}, {"items", reference_to("Prediction")}}}}}};
}

Json validation_error_schema() {
  const Json location{{"type", "array"},
                      {"items", {{"anyOf", {{{"type", "string"}}, {{"type", "integer"}}}}}}};
  const Json fault{{"type", "object"},
                   {"required", {"type", "loc", "msg", "input"}},
                   {"properties",
                    {{"type", {{"type", "string"}}},
                     {"loc", location},
                     {"msg", {{"type", "string"}}},
                     {"input", JsonObject{}},
                     {"ctx", {{"type", "object"}}}}}};
  return {{"type", "object"},
          {"required", JsonArray{"detail"}},
          {"properties", {{"detail", {{"type", "array"}, {"items", fault}}}}}};
}

Json error_schema() {
  return {{"type", "object"},
          {"required", JsonArray{"detail"}},
          {"properties", {{"detail", {{"type", "string"}}}}}};
}

Json status_schema() {
  return {{"type", "object"},
          {"required", JsonArray{"status"}},
          {"properties", {{"status", {{"type", "string"}}}}}};
}

Json json_response(int status, const Json& schema) {
  return {{"description", http_reason(status)},
          {"headers",
           {{"X-Request-ID",
             {{"description", "As sent, or made here; stands in the log line too."},
              {"schema", {{"type", "string"}}}}}}},
          {"content", {{"application/json", {{"schema", schema}}}}}};
}

// The answers that every request may get, whatever its path.
JsonObject common_responses() {
  JsonObject responses;
  for (const int status : {400, 408, 413, 431, 503}) {
    responses[std::to_string(status)] = json_response(status, reference_to("Error"));
  }
  return responses;
}

JsonObject predict_responses() {
  JsonObject responses = common_responses();
  const Json answer{{"anyOf", {reference_to("Prediction"), reference_to("PredictionList")}}};
  responses["200"] = json_response(200, answer);
  responses["415"] = json_response(415, reference_to("Error"));
  responses["422"] = json_response(422, reference_to("HTTPValidationError"));
  return responses;
}

JsonObject responses_of(Route route) {
  JsonObject responses = common_responses();
  const Json text{{"schema", {{"type", "string"}}}};
  switch (route) {
    case Route::unknown: break;
    case Route::predict: return predict_responses();
    case Route::health: responses["200"] = json_response(200, reference_to("Status")); break;
    case Route::ready:
      responses["200"] = json_response(200, reference_to("Status"));
      responses["503"] =
          json_response(503, {{"anyOf", {reference_to("Status"), reference_to("Error")}}});
      break;
    case Route::index:
    case Route::openapi: responses["200"] = json_response(200, {{"type", "object"}}); break;
    case Route::metrics:
      responses["200"] = {
          {"description", "Metrics; the Accept header chooses the format."},
          {"content", {{"text/plain", text}, {"application/openmetrics-text", text}}}};
      break;
  }
  return responses;
}

Json operation(const RouteEntry& entry) {
  std::string id(entry.path == "/" ? "index" : entry.path.substr(1));
  JsonObject described{{"summary", entry.summary},
                       {"operationId", id.substr(0, id.find('.'))},
                       {"responses", responses_of(entry.route)}};
  if (entry.route == Route::predict) {
    described["requestBody"] = {
        {"required", true},
        {"content", {{"application/json", {{"schema", reference_to("PredictRequest")}}}}}};
  }
  return described;
}

Json paths() {
  JsonObject all;
  for (const RouteEntry& entry : kRoutes) {
    if (entry.route == Route::unknown) continue;
    all[entry.path] = {{allows(entry, "POST") ? "post" : "get", operation(entry)}};
  }
  return all;
}

}  // namespace

std::string openapi_document(const Schema* schema, const std::string& version) {
  const Json document{{"openapi", "3.1.0"},
                      {"info",
                       {{"title", "ml-inference"},
                        {"description", "Predictions of one machine-learning model."},
                        {"license", {{"name", "MIT"}, {"identifier", "MIT"}}},
                        {"version", version}}},
                      {"paths", paths()},
                      {"components",
                       {{"schemas",
                         {{"Row", row_schema(schema)},
                          {"NamedRow", named_row_schema(schema)},
                          {"PredictRequest", request_schema()},
                          {"Prediction", prediction_schema(schema)},
                          {"PredictionList", prediction_list_schema()},
                          {"Status", status_schema()},
                          {"Error", error_schema()},
                          {"HTTPValidationError", validation_error_schema()}}}}}};
  return boost::json::serialize(document);
}

}  // namespace ml_inference
