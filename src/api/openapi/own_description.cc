// SPDX-License-Identifier: MIT
#include "api/openapi/own_description.h"

#include "api/limits.h"
#include "api/validation.h"

#include <utility>

namespace ml_inference {
namespace {

Json fault_context_schema() {
  Json context = object_of({{"error", of_type("string")},
                            {"field_type", of_type("string")},
                            {"min_length", count_schema()},
                            {"max_length", count_schema()},
                            {"actual_length", count_schema()}},
                           {});
  context.as_object()["description"] = "The parser's reason, or the limit that was broken.";
  return context;
}

Json validation_error_schema() {
  JsonArray types;
  for (const std::string_view type : kFaultTypes) types.emplace_back(type);
  Json location = list_of(any_of({of_type("string"), of_type("integer")}));
  location.as_object()["minItems"] = 1;
  const Json input{{"description", "The offending value; null if it is long or there is none."}};
  const Json fault = object_of({{"type", one_of_texts(std::move(types))},
                                {"loc", std::move(location)},
                                {"msg", of_type("string")},
                                {"input", input},
                                {"ctx", fault_context_schema()}},
                               {"type", "loc", "msg", "input"});
  // The last one tells how many more there are.
  return object_of({{"detail", list_of(fault, 1, kFaultCountMax + 1)}});
}

Json index_schema() {
  const Json text = of_type("string");
  const Json endpoint = object_of({{"path", text}, {"methods", text}, {"description", text}});
  return object_of({{"name", text},
                    {"version", text},
                    {"status", one_of_texts({"alive"})},
                    {"description", text},
                    {"model", {{"type", {"string", "null"}}}},
                    {"endpoints", list_of(endpoint)}});
}

Json document_schema() {
  const Json object = of_type("object");
  return {{"type", "object"},
          {"required", {"openapi", "info", "paths", "components"}},
          {"properties",
           {{"openapi", of_type("string")},
            {"info", object},
            {"paths", object},
            {"components", object}}}};
}

// What `describe` says of the only target, or a list of what it says of each.
template <class Describe>
Json of_targets(const Schema& schema, Describe describe) {
  if (schema.targets.size() == 1) return describe(schema.targets.front());
  JsonArray items;
  for (const Target& target : schema.targets) items.push_back(describe(target));
  return tuple_of(std::move(items));
}

Json value_schema(const Target& target) {
  if (target.task == Task::regression) return reference_to("Number");
  return label_schema(target.class_labels);
}

Json class_index_schema(const Target& target) {
  return {{"type", "integer"}, {"minimum", 0}, {"maximum", target.class_labels.size() - 1}};
}

// From 0 to 1 in a random forest; the sums of other ensembles may be anything.
Json probabilities_schema(const Target& target) {
  const std::size_t count = target.class_labels.size();
  if (count > kDescribedLabelCountMax) {
    return {{"type", "object"},
            {"minProperties", count},
            {"maxProperties", count},
            {"additionalProperties", reference_to("Number")}};
  }
  JsonObject probabilities;
  for (const Label& label : target.class_labels) {
    probabilities[label_text(label)] = reference_to("Number");
  }
  return object_of(std::move(probabilities));
}

Json confidence_schema(const Target&) { return reference_to("Number"); }

Json scores_schema(const Target& target) {
  if (target.score_count == 1) return reference_to("Number");
  return list_of(reference_to("Number"), target.score_count, target.score_count);
}

Json prediction_schema(const Schema& schema) {
  const Target& first = schema.targets.front();
  JsonObject properties{{"prediction", of_targets(schema, value_schema)}};
  if (first.task == Task::classification) {
    properties["prediction_index"] = of_targets(schema, class_index_schema);
    if (first.has_probabilities) {
      properties["probabilities"] = of_targets(schema, probabilities_schema);
      properties["confidence"] = of_targets(schema, confidence_schema);
    }
  }
  if (first.score_count > 0) properties["scores"] = of_targets(schema, scores_schema);
  return object_of(std::move(properties));
}

Json request_schema(const DescribedModel& model) {
  const Json any_row = any_of({model.part("Row"), model.part("NamedRow")});
  const Json list = list_of(any_row, 1, kRowsPerRequestMax);
  return object_of({{"features", any_of({model.part("Row"), model.part("NamedRow"), list})}});
}

JsonObject metrics_content() {
  const Json text{{"schema", of_type("string")}};
  return {{"text/plain", text}, {"application/openmetrics-text", text}};
}

}  // namespace

std::string_view OwnDescription::tag() const { return "ml-inference"; }

std::string_view OwnDescription::description() const {
  return "The API of this program: predictions, health and metrics.";
}

std::string_view OwnDescription::prefix() const { return ""; }

JsonObject OwnDescription::error_content(int) const { return json_content(reference_to("Error")); }

JsonObject OwnDescription::schemas() const {
  return {{"Number", number_schema()},
          {"Index", index_schema()},
          {"Healthy", object_of({{"status", one_of_texts({"healthy"})}})},
          {"Ready", object_of({{"status", one_of_texts({"ready"})}})},
          {"NotReady", object_of({{"status", of_type("string")}})},
          {"OpenApi", document_schema()},
          {"Error", object_of({{"detail", of_type("string")}})},
          {"HTTPValidationError", validation_error_schema()}};
}

JsonObject OwnDescription::model_schemas(const DescribedModel& model) const {
  const Json list = object_of({{"predictions", list_of(model.part("Prediction"))}});
  JsonObject out;
  out[model.part_name("PredictRequest")] = request_schema(model);
  out[model.part_name("Prediction")] = prediction_schema(model.schema());
  out[model.part_name("PredictionList")] = list;
  return out;
}

OperationMessages OwnDescription::prediction(const RouteEntry&, const DescribedModel& model) const {
  Json example;
  if (JsonArray row = model.example_row(); !row.empty()) example = {{"features", std::move(row)}};
  const Json answer = any_of({model.part("Prediction"), model.part("PredictionList")});
  return {.request = json_content(model.part("PredictRequest"), std::move(example)),
          .answer = json_content(answer),
          .others = {{"422", json_content(reference_to("HTTPValidationError"))}},
          .refusals = {404, 429, 504},
          .description = "One row is answered by a prediction, a list of rows by a list."};
}

OperationMessages OwnDescription::information(const RouteEntry& route, std::string_view) const {
  const auto answer = [](std::string_view schema) { return json_content(reference_to(schema)); };
  switch (route.operation) {
    case Operation::index: return {.answer = answer("Index")};
    case Operation::health: return {.answer = answer("Healthy")};
    case Operation::openapi: return {.answer = answer("OpenApi")};
    case Operation::metrics: return {.answer = metrics_content()};
    default: break;
  }
  const Json not_ready = any_of({reference_to("NotReady"), reference_to("Error")});
  return {.answer = answer("Ready"), .others = {{"503", json_content(not_ready)}}};
}

}  // namespace ml_inference
