// SPDX-License-Identifier: MIT
#include "api/openapi.h"

#include "api/limits.h"
#include "api/routes.h"
#include "api/status_codes.h"
#include "api/validation.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace ml_inference {
namespace {

using Json = boost::json::value;
using JsonArray = boost::json::array;
using JsonObject = boost::json::object;

Json component(const std::string& kind, const std::string& name) {
  return {{"$ref", "#/components/" + kind + "/" + name}};
}

Json reference_to(const std::string& schema) { return component("schemas", schema); }

// The least magnitude that becomes infinite as a float32, in which models compute: half a step
// beyond the largest of them, rounded to even.
constexpr double kFloat32Beyond = 0x1.FFFFFFp127;

// The texts that stand for numbers which JSON lacks, where the model takes those; empty for none.
std::string number_text_pattern(const InputRules& rules) {
  if (rules.accepts_missing && rules.accepts_infinite) return "^(NaN|-?Infinity)$";
  if (rules.accepts_infinite) return "^-?Infinity$";
  return rules.accepts_missing ? "^NaN$" : "";
}

// What the model takes in a cell. A missing value is null or "NaN". Which categories a feature has
// stands in the named row.
Json cell_schema(const Schema* schema) {
  JsonObject cell{{"type", "number"}, {"description", "The value of one feature."}};
  JsonArray types{"number"};
  if (schema != nullptr && schema->input.accepts_missing) types.emplace_back("null");
  const std::string texts = schema == nullptr ? "" : number_text_pattern(schema->input);
  if (schema != nullptr && !schema->categories.empty()) {
    types.emplace_back("string");
    types.emplace_back("boolean");
  } else if (!texts.empty()) {
    types.emplace_back("string");
    cell["pattern"] = texts;
  }
  if (types.size() > 1) cell["type"] = std::move(types);
  const bool is_bounded = schema == nullptr || (!schema->input.accepts_infinite &&
                                                schema->input.type == NumberType::float32);
  if (is_bounded) {
    cell["exclusiveMinimum"] = -kFloat32Beyond;
    cell["exclusiveMaximum"] = kFloat32Beyond;
  }
  return cell;
}

Json label_json(const Label& label) {
  return std::visit([](const auto& value) { return Json(value); }, label);
}

// A feature's cell in the named row: one of its categories, where the others are refused.
Json named_cell_schema(const Schema& schema, std::size_t feature) {
  const Categories* const categories = schema.categories_of(feature);
  if (categories == nullptr || categories->unknown != UnknownCategory::refused ||
      categories->last_label_characters > 0) {
    return reference_to("Cell");
  }
  JsonArray values;
  for (const Label& label : categories->labels) values.push_back(label_json(label));
  if (schema.input.accepts_missing) {
    values.emplace_back(nullptr);
    const bool is_category = std::ranges::count(categories->labels, Label("NaN")) > 0;
    if (!is_category) values.emplace_back("NaN");
  }
  return {{"enum", std::move(values)}};
}

Json row_schema(const Schema* schema) {
  JsonObject row{{"type", "array"},
                 {"description", "One row: a value for each feature, in the model's order."},
                 {"items", reference_to("Cell")}};
  if (schema != nullptr && !schema->takes_any_width) {
    row["minItems"] = schema->feature_count();
    row["maxItems"] = schema->feature_count();
  }
  return row;
}

Json named_row_schema(const Schema* schema) {
  JsonObject row{{"type", "object"}, {"description", "One row by feature name."}};
  if (schema == nullptr) {
    row["additionalProperties"] = reference_to("Cell");
    return row;
  }
  if (schema->feature_count() > kDescribedFeatureCountMax) {
    row["description"] = "One row by feature name: all of the model's, which are too many to list.";
    row["minProperties"] = schema->feature_count();
    row["maxProperties"] = schema->feature_count();
    row["additionalProperties"] = reference_to("Cell");
    return row;
  }
  JsonObject properties;
  JsonArray required;
  for (std::size_t feature = 0; feature < schema->feature_count(); ++feature) {
    const std::string& name = schema->feature_names[feature];
    properties[name] = named_cell_schema(*schema, feature);
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

// What `describe` says of the only target, or a list of what it says of each.
template <class Describe>
Json of_targets(const Schema& schema, Describe describe) {
  if (schema.targets.size() == 1) return describe(schema.targets.front());
  JsonArray items;
  for (const Target& target : schema.targets) items.push_back(describe(target));
  return {{"type", "array"}, {"prefixItems", std::move(items)}, {"items", false}};
}

// A model may compute what JSON has no number for.
Json number_schema() {
  return {{"anyOf", {{{"type", "number"}}, {{"enum", {"NaN", "Infinity", "-Infinity"}}}}}};
}

Json value_schema(const Target& target) {
  if (target.task == Task::regression) return reference_to("Number");
  JsonArray labels;
  for (const Label& label : target.class_labels) labels.push_back(label_json(label));
  return {{"enum", std::move(labels)}};
}

Json class_index_schema(const Target& target) {
  return {{"type", "integer"}, {"minimum", 0}, {"maximum", target.class_labels.size() - 1}};
}

// From 0 to 1 in a random forest; the sums of other ensembles may be anything.
Json probabilities_schema(const Target& target) {
  JsonArray keys;
  JsonObject probabilities;
  for (const Label& label : target.class_labels) {
    keys.emplace_back(label_text(label));
    probabilities[label_text(label)] = reference_to("Number");
  }
  return {{"type", "object"},
          {"properties", std::move(probabilities)},
          {"required", std::move(keys)},
          {"additionalProperties", false}};
}

Json confidence_schema(const Target&) { return reference_to("Number"); }

Json scores_schema(const Target& target) {
  if (target.score_count == 1) return reference_to("Number");
  return {{"type", "array"},
          {"minItems", target.score_count},
          {"maxItems", target.score_count},
          {"items", reference_to("Number")}};
}

Json prediction_schema(const Schema* schema) {
  if (schema == nullptr) {
    return {{"type", "object"}, {"required", JsonArray{"prediction"}}};
  }
  const Target& first = schema->targets.front();
  JsonObject properties{{"prediction", of_targets(*schema, value_schema)}};
  if (first.task == Task::classification) {
    properties["prediction_index"] = of_targets(*schema, class_index_schema);
    if (first.has_probabilities) {
      properties["probabilities"] = of_targets(*schema, probabilities_schema);
      properties["confidence"] = of_targets(*schema, confidence_schema);
    }
  }
  if (first.score_count > 0) properties["scores"] = of_targets(*schema, scores_schema);
  JsonArray required;
  for (const auto& property : properties) required.emplace_back(property.key());
  return {{"type", "object"},
          {"required", std::move(required)},
          {"additionalProperties", false},
          {"properties", std::move(properties)}};
}

Json prediction_list_schema() {
  return {{"type", "object"},
          {"required", JsonArray{"predictions"}},
          {"additionalProperties", false},
          {"properties",
           {{"predictions", {{"type", "array"}, {"items", reference_to("Prediction")}}}}}};
}

Json fault_context_schema() {
  const Json text{{"type", "string"}};
  const Json count{{"type", "integer"}, {"minimum", 0}};
  return {{"type", "object"},
          {"description", "The parser's reason, or the limit that was broken."},
          {"additionalProperties", false},
          {"properties",
           {{"error", text},
            {"field_type", text},
            {"min_length", count},
            {"max_length", count},
            {"actual_length", count}}}};
}

Json validation_error_schema() {
  JsonArray types;
  for (const std::string_view type : kFaultTypes) types.emplace_back(type);
  const Json location{{"type", "array"},
                      {"minItems", 1},
                      {"items", {{"anyOf", {{{"type", "string"}}, {{"type", "integer"}}}}}}};
  const Json input{{"description", "The offending value; null if it is long or there is none."}};
  const Json fault{{"type", "object"},
                   {"required", {"type", "loc", "msg", "input"}},
                   {"additionalProperties", false},
                   {"properties",
                    {{"type", {{"type", "string"}, {"enum", std::move(types)}}},
                     {"loc", location},
                     {"msg", {{"type", "string"}}},
                     {"input", input},
                     {"ctx", fault_context_schema()}}}};
  const Json faults{{"type", "array"},
                    {"minItems", 1},
                    {"maxItems", kFaultCountMax + 1},  // the last one tells how many more there are
                    {"items", fault}};
  return {{"type", "object"},
          {"required", JsonArray{"detail"}},
          {"additionalProperties", false},
          {"properties", {{"detail", faults}}}};
}

// An object of one text.
Json text_schema(const std::string& key, const Json& text) {
  return {{"type", "object"},
          {"required", JsonArray{key}},
          {"additionalProperties", false},
          {"properties", {{key, text}}}};
}

Json index_schema() {
  const Json text{{"type", "string"}};
  const Json endpoint{{"type", "object"},
                      {"required", {"path", "methods", "description"}},
                      {"additionalProperties", false},
                      {"properties", {{"path", text}, {"methods", text}, {"description", text}}}};
  return {{"type", "object"},
          {"required", {"name", "version", "status", "description", "model", "endpoints"}},
          {"additionalProperties", false},
          {"properties",
           {{"name", text},
            {"version", text},
            {"status", {{"type", "string"}, {"enum", JsonArray{"alive"}}}},
            {"description", text},
            {"model", {{"type", {"string", "null"}}}},
            {"endpoints", {{"type", "array"}, {"items", endpoint}}}}}};
}

Json document_schema() {
  const Json object{{"type", "object"}};
  return {{"type", "object"},
          {"required", {"openapi", "info", "paths", "components"}},
          {"properties",
           {{"openapi", {{"type", "string"}}},
            {"info", object},
            {"paths", object},
            {"components", object}}}};
}

Json schemas(const Schema* schema) {
  const Json text{{"type", "string"}};
  return {{"Cell", cell_schema(schema)},
          {"Row", row_schema(schema)},
          {"NamedRow", named_row_schema(schema)},
          {"PredictRequest", request_schema()},
          {"Number", number_schema()},
          {"Prediction", prediction_schema(schema)},
          {"PredictionList", prediction_list_schema()},
          {"Index", index_schema()},
          {"Healthy", text_schema("status", {{"type", "string"}, {"enum", JsonArray{"healthy"}}})},
          {"Ready", text_schema("status", {{"type", "string"}, {"enum", JsonArray{"ready"}}})},
          {"NotReady", text_schema("status", text)},
          {"OpenApi", document_schema()},
          {"Error", text_schema("detail", text)},
          {"HTTPValidationError", validation_error_schema()}};
}

// What any request may get before an endpoint sees it: docs/operations.md says when.
constexpr std::array kTransportStatuses{400, 408, 413, 415, 417, 431, 501, 503, 505};

// "Not Found" is NotFound among the components.
std::string component_name(int status) {
  std::string name(http_reason(status));
  std::erase(name, ' ');
  return name;
}

Json response(int status) {
  JsonObject headers{{"X-Request-ID", component("headers", "X-Request-ID")}};
  if (status == 405) headers["Allow"] = component("headers", "Allow");
  if (status == 503) headers["Retry-After"] = component("headers", "Retry-After");
  return {{"description", http_reason(status)}, {"headers", std::move(headers)}};
}

Json json_response(int status, const Json& schema) {
  Json described = response(status);
  described.as_object()["content"] = {{"application/json", {{"schema", schema}}}};
  return described;
}

// A path or a method that does not stand in this document has no operation to stand under: its
// answers are among the components alone.
Json shared_responses() {
  JsonObject responses;
  for (const int status : kTransportStatuses) {
    responses[component_name(status)] = json_response(status, reference_to("Error"));
  }
  for (const int status : {404, 405}) {
    responses[component_name(status)] = json_response(status, reference_to("Error"));
  }
  return responses;
}

Json shared_headers() {
  const auto header = [](std::string_view description, const Json& schema) -> Json {
    return {{"description", description}, {"required", true}, {"schema", schema}};
  };
  const Json seconds{{"type", "integer"}, {"minimum", 1}};
  return {{"X-Request-ID", header("As sent, or made here; stands in the log line too.",
                                  {{"type", "string"}, {"pattern", "^[!-~]{1,128}$"}})},
          {"Allow", header("The methods of the path.", {{"type", "string"}})},
          {"Retry-After", header("Seconds to wait before the next try.", seconds)}};
}

// A text that cannot stand in the answer is no fault: another takes its place.
Json request_id_parameter() {
  return {{"name", "X-Request-ID"},
          {"in", "header"},
          {"description", "Comes back in the answer if it is 1 to 128 visible ASCII characters."},
          {"schema", {{"type", "string"}}}};
}

Json components(const Schema* schema) {
  return {{"schemas", schemas(schema)},
          {"responses", shared_responses()},
          {"headers", shared_headers()},
          {"parameters", {{"RequestId", request_id_parameter()}}}};
}

// The answers that the endpoint itself gives.
JsonObject own_responses(Operation operation) {
  const auto ok = [](const std::string& schema) -> JsonObject {
    return {{"200", json_response(200, reference_to(schema))}};
  };
  JsonObject responses;
  switch (operation) {
    case Operation::index: return ok("Index");
    case Operation::health: return ok("Healthy");
    case Operation::openapi: return ok("OpenApi");
    case Operation::ready:
      responses = ok("Ready");
      responses["503"] =
          json_response(503, {{"anyOf", {reference_to("NotReady"), reference_to("Error")}}});
      break;
    case Operation::predict:
      responses["200"] = json_response(
          200, {{"anyOf", {reference_to("Prediction"), reference_to("PredictionList")}}});
      responses["422"] = json_response(422, reference_to("HTTPValidationError"));
      break;
    case Operation::metrics: {
      const Json text{{"schema", {{"type", "string"}}}};
      Json metrics = response(200);
      metrics.as_object()["content"] = {{"text/plain", text},
                                        {"application/openmetrics-text", text}};
      responses["200"] = std::move(metrics);
      break;
    }
    default: break;
  }
  return responses;
}

JsonObject responses_of(Operation operation) {
  JsonObject responses = own_responses(operation);
  for (const int status : kTransportStatuses) {
    const std::string key = std::to_string(status);
    if (!responses.contains(key)) responses[key] = component("responses", component_name(status));
  }
  return responses;
}

// The same answers without their bodies.
JsonObject head_responses_of(Operation operation) {
  JsonObject responses;
  for (const auto& [status, described] : responses_of(operation)) {
    responses[status] = response(std::stoi(status));
  }
  return responses;
}

Json operation(const RouteEntry& entry, std::string_view method) {
  const bool is_head = method == "HEAD";
  std::string id(entry.path == "/" ? "index" : entry.path.substr(1));
  id = id.substr(0, id.find('.')) + (is_head ? "_head" : "");
  JsonObject described{
      {"summary", entry.summary},
      {"operationId", id},
      {"parameters", JsonArray{component("parameters", "RequestId")}},
      {"responses", is_head ? head_responses_of(entry.operation) : responses_of(entry.operation)}};
  if (entry.operation == Operation::predict) {
    described["requestBody"] = {
        {"required", true},
        {"content", {{"application/json", {{"schema", reference_to("PredictRequest")}}}}}};
  }
  return described;
}

Json paths() {
  JsonObject all;
  for (const RouteEntry& entry : all_routes()) {
    if (!is_described(entry)) continue;
    JsonObject operations;
    if (allows(entry, "GET")) operations["get"] = operation(entry, "GET");
    if (allows(entry, "HEAD")) operations["head"] = operation(entry, "HEAD");
    if (allows(entry, "POST")) operations["post"] = operation(entry, "POST");
    all[entry.path] = std::move(operations);
  }
  return all;
}

// What --token-file adds: predictions need a token, everything else is open.
void add_guard(Json& document) {
  JsonObject& shared = document.at("components").as_object();
  shared["securitySchemes"] = {{"bearer", {{"type", "http"}, {"scheme", "bearer"}}}};
  const Json challenge{{"description", "How to authenticate (RFC 6750)."},
                       {"required", true},
                       {"schema", {{"type", "string"}}}};
  shared["headers"].as_object()["WWW-Authenticate"] = challenge;
  Json refused = json_response(401, reference_to("Error"));
  refused.at("headers").as_object()["WWW-Authenticate"] = component("headers", "WWW-Authenticate");
  JsonObject& predict = document.at("paths").at("/predict").at("post").as_object();
  predict["security"] = JsonArray{{{"bearer", JsonArray{}}}};
  predict["responses"].as_object()["401"] = std::move(refused);
}

}  // namespace

bool is_described(const RouteEntry& entry) {
  return entry.dialect == Dialect::own && entry.path.starts_with('/') &&
         entry.path.find('{') == std::string_view::npos;
}

std::string openapi_document(const Schema* schema, const std::string& version, bool guarded) {
  Json document{{"openapi", "3.1.0"},
                {"info",
                 {{"title", "ml-inference"},
                  {"description",
                   "Predictions of one machine-learning model. Another path than these is "
                   "answered with 404, another method with 405: see the components' "
                   "responses NotFound and MethodNotAllowed."},
                  {"license", {{"name", "MIT"}, {"identifier", "MIT"}}},
                  {"version", version}}},
                {"servers", JsonArray{{{"url", "/"}}}},
                {"security", JsonArray{}},
                {"paths", paths()},
                {"components", components(schema)}};
  if (guarded) add_guard(document);
  return boost::json::serialize(document);
}

}  // namespace ml_inference
