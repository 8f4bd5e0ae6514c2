// SPDX-License-Identifier: MIT
#include "api/v1/v1_description.h"

#include "api/limits.h"
#include "api/openapi/rest_description.h"
#include "api/v1/v1_request.h"

#include <algorithm>
#include <utility>

namespace ml_inference {
namespace {

Json status_schema() {
  const Json text = of_type("string");
  const Json version =
      object_of({{"version", text},
                 {"state", one_of_texts({"START", "LOADING", "AVAILABLE", "UNLOADING", "END"})},
                 {"status", object_of({{"error_code", text}, {"error_message", text}})}});
  return object_of(
      {{"name", text}, {"ready", of_type("boolean")}, {"model_version_status", list_of(version)}});
}

Json metadata_schema() {
  const Json text = of_type("string");
  const Json signatures = object_of(
      {{"signature_def", {{"type", "object"}, {"additionalProperties", of_type("object")}}}});
  return object_of(
      {{"model_spec", object_of({{"name", text}, {"signature_name", text}, {"version", text}})},
       {"metadata", object_of({{"signature_def", signatures}})}});
}

// What a row in an object of its own is called: the only input tensor.
std::string row_name(const DescribedModel& model) {
  const auto& inputs = model.tensors().inputs();
  return inputs.size() == 1 ? inputs.front().name : std::string();
}

// Both ways to choose the output, which may not contradict each other, and both ways to send rows.
Json predict_schema(const DescribedModel& model) {
  const Json methods = method_schema(model, {"serving_default", ""});
  const Json undecided{{"type", {"object", "null"}},
                       {"properties", {{"predict_method", {{"enum", {nullptr, ""}}}}}}};
  const Json deciding{{"type", "object"},
                      {"required", {"predict_method"}},
                      {"properties", {{"predict_method", method_schema(model, {})}}}};
  const JsonObject by_signature{{"signature_name", methods}, {"parameters", undecided}};
  const JsonObject by_parameters{{"parameters", deciding}};
  JsonArray forms;
  for (const auto& [member, rows] :
       {std::pair<std::string_view, Json>{"instances", model.part("v1.Rows")},
        {"inputs", model.part("v1.Columns")}}) {
    for (const JsonObject& choice : {by_signature, by_parameters}) {
      JsonObject properties = choice;
      properties[member] = rows;
      forms.push_back(object_of(std::move(properties), {member}));
    }
  }
  return any_of(std::move(forms));
}

// How many features an object must name so that the others count as missing: each value of a body
// may make kCellsPerValueMax.
std::size_t named_count_min(const Schema& schema) {
  const std::size_t width = schema.feature_count();
  if (!schema.input.accepts_missing) return width;
  constexpr std::size_t kPerNamed = 2 * kCellsPerValueMax;
  return width <= kCellsPerValueMax ? 0 : std::min(width, (width + kPerNamed - 1) / kPerNamed);
}

Json example_list(const DescribedModel& model) {
  JsonArray rows = loose_rows(model);
  const std::size_t least = named_count_min(model.schema());
  const bool differs = least < model.schema().feature_count();
  if (differs) rows.push_back(model.named_row(CellForm::loose, least));
  return list_of(any_of(std::move(rows)), 1, kRowsPerRequestMax);
}

// The context has the first feature, and the examples the others: any other split is as good.
JsonObject split_example(const DescribedModel& model) {
  const std::vector<std::string>& names = model.schema().feature_names;
  JsonObject others;
  for (std::size_t feature = 1; feature < names.size(); ++feature) {
    others[names[feature]] = model.cell(feature, CellForm::loose);
  }
  JsonObject context;
  context[names.front()] = model.cell(0, CellForm::loose);
  return {{"context", object_of(std::move(context))},
          {"examples", list_of(object_of(std::move(others)), 1, kRowsPerRequestMax)}};
}

Json examples_schema(const DescribedModel& model) {
  const std::string_view task = task_name(model.schema().task());
  const Json signature{{"enum", {"serving_default", task, "", nullptr}}};
  JsonArray forms{
      object_of({{"signature_name", signature}, {"examples", example_list(model)}}, {"examples"})};
  if (model.names_columns() && !model.schema().takes_any_width) {
    JsonObject properties = split_example(model);
    properties["signature_name"] = signature;
    forms.push_back(object_of(std::move(properties), {"context", "examples"}));
  }
  return any_of(std::move(forms));
}

// [["setosa", 1.0], ["versicolor", 0.0]] for each row. Tools lose prefixItems in lists of lists.
Json classes_schema(const DescribedModel& model) {
  const std::vector<Label>& labels = model.schema().class_labels();
  const Json pair = list_of(any_of({label_schema(labels, true), reference_to("Number")}), 2, 2);
  return object_of({{"results", list_of(list_of(pair, labels.size(), labels.size()))}});
}

Json predictions_schema(const DescribedModel& model) {
  JsonArray columns;
  JsonObject of_all;
  const auto& outputs = model.tensors().outputs();
  for (std::size_t index = 0; index < outputs.size(); ++index) {
    columns.push_back(list_of(model.output(index)));
    if (index > 0) of_all[outputs[index].name] = list_of(model.output(index));
  }
  if (model.schema().targets.size() > 1) columns.push_back(object_of(std::move(of_all), {}));
  return any_of({object_of({{"predictions", list_of(model.any_value())}}),
                 object_of({{"outputs", any_of(std::move(columns))}})});
}

OperationMessages predictions(const DescribedModel& model) {
  Json example;
  if (JsonArray row = model.example_row(); !row.empty()) {
    example = {{"instances", JsonArray{std::move(row)}}};
  }
  return {.request = json_content(model.part("v1.PredictRequest"), std::move(example)),
          .answer = json_content(model.part("v1.Predictions")),
          .refusals = {404, 429, 504},
          .description =
              "`instances` are rows and `inputs` columns. `signature_name` or "
              "`parameters.predict_method` chooses what is answered. Columns of other lengths "
              "than the ones described are taken too, as long as all are of one length."};
}

}  // namespace

std::string_view V1Description::tag() const { return "KServe v1, TensorFlow Serving, Vertex AI"; }

std::string_view V1Description::description() const {
  return "The paths that KServe's v1 protocol and TensorFlow Serving share, and those that Vertex "
         "AI names.";
}

std::string_view V1Description::prefix() const { return "v1."; }

JsonObject V1Description::error_content(int) const {
  return json_content(reference_to("v1.Error"));
}

JsonObject V1Description::schemas() const {
  const Json text = of_type("string");
  return {{"v1.Error", object_of({{"error", text}})},
          {"v1.Health", object_of({{"status", text}})},
          {"v1.Models", object_of({{"models", list_of(text)}})},
          {"v1.Status", status_schema()},
          {"v1.Metadata", metadata_schema()}};
}

bool V1Description::answers(const RouteEntry& route, const DescribedModel& model) const {
  const Schema& schema = model.schema();
  if (route.operation == Operation::predict) return true;
  if (schema.targets.size() > 1) return false;
  if (route.operation == Operation::regress) return schema.task() == Task::regression;
  return schema.task() == Task::classification && schema.targets.front().has_probabilities;
}

JsonObject V1Description::model_schemas(const DescribedModel& model) const {
  const std::string name = row_name(model);
  JsonObject out;
  out[model.part_name("v1.Rows")] = loose_row_list(model, name);
  out[model.part_name("v1.Columns")] = columns_schema(model, model.part("v1.Rows"), name);
  out[model.part_name("v1.PredictRequest")] = predict_schema(model);
  out[model.part_name("v1.Predictions")] = predictions_schema(model);
  if (model.schema().targets.size() == 1) {
    out[model.part_name("v1.ExamplesRequest")] = examples_schema(model);
  }
  return out;
}

OperationMessages V1Description::prediction(const RouteEntry& route,
                                            const DescribedModel& model) const {
  if (route.operation == Operation::predict) return predictions(model);
  const bool classifies = route.operation == Operation::classify;
  Json example;
  if (JsonObject row = model.example_named_row(); !row.empty()) {
    example = {{"examples", JsonArray{std::move(row)}}};
  }
  const Json numbers = object_of({{"results", list_of(reference_to("Number"))}});
  return {.request = json_content(model.part("v1.ExamplesRequest"), std::move(example)),
          .answer = json_content(classifies ? classes_schema(model) : numbers),
          .refusals = {404, 429, 504},
          .description = "Features of `context` count in every example, and may not stand in one."};
}

OperationMessages V1Description::information(const RouteEntry& route, std::string_view) const {
  const auto error_or = [](std::string_view schema) {
    return json_content(any_of({reference_to(schema), reference_to("v1.Error")}));
  };
  const auto answer = [](std::string_view schema) { return json_content(reference_to(schema)); };
  switch (route.operation) {
    case Operation::ready:
      return {.answer = answer("v1.Health"), .others = {{"503", error_or("v1.Health")}}};
    case Operation::model_list: return {.answer = answer("v1.Models")};
    case Operation::model_status:
      return {.answer = answer("v1.Status"),
              .others = {{"503", error_or("v1.Status")}},
              .refusals = {404}};
    default: return {.answer = answer("v1.Metadata"), .refusals = {404}};
  }
}

}  // namespace ml_inference
