// SPDX-License-Identifier: MIT
#include "api/oip/oip_description.h"

#include "api/limits.h"
#include "api/model_tensors.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>

namespace ml_inference {
namespace {

// JSON Schema cannot say that a tensor has as many elements as its shape tells: tensors of so many
// rows are described, one by one.
constexpr std::array<std::size_t, 2> kDescribedRowCounts{1, 2};

// Whole numbers that a double tells from the next ones.
constexpr std::int64_t kWholeMax = 9007199254740991;

Json exactly(Json value) { return {{"const", std::move(value)}}; }

Json shape_of(std::initializer_list<std::size_t> sizes) {
  JsonArray items;
  for (const std::size_t size : sizes) items.push_back(exactly(size));
  return tuple_of(std::move(items));
}

Json number_types(const Schema& schema) {
  if (schema.input.type != NumberType::float32) return one_of_texts({"FP64"});
  return one_of_texts({"FP32", "FP64"});
}

// "binary_data_size" would say that there is no data.
Json input_parameters_schema() {
  return {{"type", "object"}, {"properties", {{"binary_data_size", {{"not", JsonObject()}}}}}};
}

Json tensor_schema(Json name, Json type, Json shape, Json data) {
  return object_of({{"name", std::move(name)},
                    {"shape", std::move(shape)},
                    {"datatype", std::move(type)},
                    {"parameters", input_parameters_schema()},
                    {"data", std::move(data)}},
                   {"name", "shape", "datatype", "data"});
}

// One tensor of all features, whatever its name, its data flat or nested.
Json matrix_schema(const DescribedModel& model, std::size_t rows) {
  const Schema& schema = model.schema();
  const std::size_t width = schema.takes_any_width ? 1 : schema.feature_count();
  const Json element = model.part("Scalar");
  const Json flat = list_of(element, rows * width, rows * width);
  const Json nested = list_of(list_of(element, width, width), rows, rows);
  const Json tensor = tensor_schema({{"type", "string"}, {"minLength", 1}}, number_types(schema),
                                    shape_of({rows, width}), any_of({flat, nested}));
  return list_of(tensor, 1, 1);
}

// The type of a feature's tensor, and what its elements are.
std::pair<Json, Json> column_type(const DescribedModel& model, std::size_t feature) {
  const Schema& schema = model.schema();
  const Categories* const categories = schema.categories_of(feature);
  if (categories == nullptr) return {number_types(schema), model.part("Scalar")};
  const Label& first = categories->labels.front();
  const bool is_text = std::holds_alternative<std::string>(first);
  const bool is_truth = std::holds_alternative<bool>(first);
  Json cell = model.cell(feature, CellForm::strict);
  if (is_text && categories->unknown == UnknownCategory::missing) {
    JsonArray types{"string"};
    if (schema.input.accepts_missing) types.emplace_back("null");
    cell = {{"type", std::move(types)}};
  }
  return {one_of_texts({is_text ? "BYTES" : is_truth ? "BOOL" : "FP64"}), std::move(cell)};
}

// A tensor for each feature, in the model's order.
Json columns_schema(const DescribedModel& model, std::size_t rows) {
  JsonArray tensors;
  for (std::size_t feature = 0; feature < model.schema().feature_count(); ++feature) {
    auto [type, element] = column_type(model, feature);
    tensors.push_back(tensor_schema(
        exactly(Json(model.schema().feature_names[feature])), std::move(type),
        any_of({shape_of({rows}), shape_of({rows, 1})}), list_of(std::move(element), rows, rows)));
  }
  return tuple_of(std::move(tensors));
}

Json inputs_schema(const DescribedModel& model) {
  const Schema& schema = model.schema();
  JsonArray forms;
  for (const std::size_t rows : kDescribedRowCounts) {
    const bool is_matrix = schema.categories.empty() || !model.names_features();
    forms.push_back(is_matrix ? matrix_schema(model, rows) : columns_schema(model, rows));
  }
  return any_of(std::move(forms));
}

// Classes are chosen by an output's numbers.
Json wanted_output_schema(const OutputTensor& output) {
  const std::int64_t most = output.type == TensorType::bytes ? 0 : kWholeMax;
  const Json parameters{
      {"type", "object"},
      {"properties",
       {{"binary_data", of_type("boolean")},
        {"classification", {{"type", "integer"}, {"minimum", 0}, {"maximum", most}}}}}};
  return object_of({{"name", exactly(Json(output.name))}, {"parameters", parameters}}, {"name"});
}

// None may stand twice: one of them, or the first ones in the model's order.
Json wanted_outputs_schema(const DescribedModel& model) {
  JsonArray each;
  for (const OutputTensor& output : model.tensors().outputs()) {
    each.push_back(wanted_output_schema(output));
  }
  JsonArray forms{list_of(any_of(each), 0, 1)};
  if (each.size() > 1) {
    Json several = tuple_of(std::move(each));
    several.as_object()["minItems"] = 0;
    forms.push_back(std::move(several));
  }
  return any_of(std::move(forms));
}

Json request_schema(const DescribedModel& model) {
  const Json parameters{{"type", "object"},
                        {"properties", {{"binary_data_output", of_type("boolean")}}}};
  return object_of({{"id", of_type("string")},
                    {"model_name", JsonObject()},
                    {"model_version", JsonObject()},
                    {"parameters", parameters},
                    {"inputs", model.part("oip.Inputs")},
                    {"outputs", model.part("oip.WantedOutputs")}},
                   {"inputs"});
}

// BYTES where classes are wanted; without data where it follows in bytes.
Json given_output_schema(const DescribedModel& model, std::size_t index) {
  const OutputTensor& output = model.tensors().outputs()[index];
  const Json element = any_of({model.part("Element" + std::to_string(index)), of_type("string")});
  JsonArray types{tensor_type_name(output.type)};
  if (output.type != TensorType::bytes) types.emplace_back("BYTES");
  const Json sizes = object_of({{"binary_data_size", count_schema()}});
  return object_of({{"name", exactly(Json(output.name))},
                    {"datatype", one_of_texts(std::move(types))},
                    {"shape", list_of(count_schema(), 1, 2)},
                    {"parameters", sizes},
                    {"data", list_of(element)}},
                   {"name", "datatype", "shape"});
}

Json answer_schema(const DescribedModel& model) {
  JsonArray outputs;
  for (std::size_t index = 0; index < model.tensors().outputs().size(); ++index) {
    outputs.push_back(given_output_schema(model, index));
  }
  const Json text = of_type("string");
  return object_of({{"model_name", text},
                    {"model_version", text},
                    {"id", text},
                    {"outputs", list_of(any_of(std::move(outputs)))}},
                   {"model_name", "model_version", "outputs"});
}

Json example_tensor(std::string_view name, std::string_view type, JsonArray shape, JsonArray data) {
  return {
      {"name", name}, {"shape", std::move(shape)}, {"datatype", type}, {"data", std::move(data)}};
}

Json example_request(const DescribedModel& model) {
  JsonArray row = model.example_row();
  if (row.empty()) return nullptr;
  JsonArray inputs;
  const auto& tensors = model.tensors().inputs();
  if (model.schema().categories.empty()) {
    const Schema& schema = model.schema();
    const std::size_t width = schema.takes_any_width ? 1 : schema.feature_count();
    row.resize(width);
    const std::string_view type = schema.input.type == NumberType::float32 ? "FP32" : "FP64";
    inputs.push_back(
        example_tensor(tensors.front().name, type, JsonArray{1, width}, std::move(row)));
    return {{"inputs", std::move(inputs)}};
  }
  for (std::size_t feature = 0; feature < row.size(); ++feature) {
    const Json type = column_type(model, feature).first.at("enum").at(0);
    inputs.push_back(example_tensor(model.schema().feature_names[feature],
                                    std::string_view(type.get_string()), JsonArray{1},
                                    JsonArray{row[feature]}));
  }
  return {{"inputs", std::move(inputs)}};
}

Json metadata_schema() {
  const Json text = of_type("string");
  const Json tensor =
      object_of({{"name", text}, {"datatype", text}, {"shape", list_of(of_type("integer"), 1, 2)}});
  return object_of({{"name", text},
                    {"versions", list_of(text)},
                    {"platform", text},
                    {"inputs", list_of(tensor)},
                    {"outputs", list_of(tensor)}});
}

// Triton's configurations have hundreds of members; some of them are written.
Json config_schema() {
  const Json text = of_type("string");
  Json tensor =
      object_of({{"name", text}, {"data_type", text}, {"dims", list_of(of_type("integer"))}});
  return {{"type", "object"},
          {"required", {"name", "platform", "backend", "max_batch_size", "input", "output"}},
          {"properties",
           {{"name", text},
            {"platform", text},
            {"backend", text},
            {"max_batch_size", count_schema()},
            {"input", list_of(tensor)},
            {"output", list_of(std::move(tensor))}}}};
}

Json statistics_schema() {
  const Json text = of_type("string");
  const Json count = count_schema();
  const Json duration = object_of({{"count", count}, {"ns", count}});
  const Json batch = object_of({{"batch_size", count},
                                {"compute_input", duration},
                                {"compute_infer", duration},
                                {"compute_output", duration}});
  JsonObject parts;
  for (const std::string_view part : {"success", "fail", "queue", "compute_input", "compute_infer",
                                      "compute_output", "cache_hit", "cache_miss"}) {
    parts[part] = duration;
  }
  const Json model = object_of({{"name", text},
                                {"version", text},
                                {"last_inference", count},
                                {"inference_count", count},
                                {"execution_count", count},
                                {"inference_stats", object_of(std::move(parts))},
                                {"batch_stats", list_of(batch)}});
  return object_of({{"model_stats", list_of(model)}});
}

Json index_schema() {
  const Json text = of_type("string");
  const Json state = one_of_texts({"UNKNOWN", "READY", "UNAVAILABLE", "LOADING", "UNLOADING"});
  return list_of(
      object_of({{"name", text}, {"version", text}, {"state", state}, {"reason", text}}));
}

OperationMessages change_messages(bool loads) {
  // What the parameters may be beside this depends on what the operator allows.
  const Json parameters{{"type", "object"},
                        {"additionalProperties", false},
                        {"properties", {{"unload_dependents", JsonObject()}}}};
  const Json body{{"type", "object"},
                  {"additionalProperties", false},
                  {"properties", {{"parameters", parameters}}}};
  JsonObject answer{{"name", of_type("string")}};
  answer[loads ? "load" : "unload"] = exactly(true);
  return {.request = json_content(body),
          .needs_request = false,
          .answer = json_content(object_of(std::move(answer))),
          .refusals = {404, 500, 504},
          .description = loads ? "With --allow-upload, `parameters.config` is a configuration as "
                                 "JSON in a text, and `file:VERSION/NAME` a file as base64."
                               : ""};
}

}  // namespace

std::string_view OipDescription::tag() const { return "Open Inference Protocol v2"; }

std::string_view OipDescription::description() const {
  return "The protocol of KServe and Triton, with Triton's extensions: binary tensors, "
         "classification, statistics, model repository.";
}

std::string_view OipDescription::prefix() const { return "oip."; }

JsonObject OipDescription::error_content(int) const {
  return json_content(reference_to("oip.Error"));
}

JsonObject OipDescription::schemas() const {
  const Json text = of_type("string");
  const Json truth = of_type("boolean");
  return {
      {"oip.Error", object_of({{"error", text}})},
      {"oip.Server", object_of({{"name", text}, {"version", text}, {"extensions", list_of(text)}})},
      {"oip.Live", object_of({{"live", truth}})},
      {"oip.Ready", object_of({{"ready", truth}})},
      {"oip.ModelReady", object_of({{"name", text}, {"ready", truth}})},
      {"oip.Models", object_of({{"models", list_of(text)}})},
      {"oip.Metadata", metadata_schema()},
      {"oip.Config", config_schema()},
      {"oip.Statistics", statistics_schema()},
      {"oip.Index", index_schema()}};
}

JsonObject OipDescription::model_schemas(const DescribedModel& model) const {
  JsonObject out;
  out[model.part_name("oip.Inputs")] = inputs_schema(model);
  out[model.part_name("oip.WantedOutputs")] = wanted_outputs_schema(model);
  out[model.part_name("oip.Request")] = request_schema(model);
  out[model.part_name("oip.Answer")] = answer_schema(model);
  return out;
}

OperationMessages OipDescription::prediction(const RouteEntry&, const DescribedModel& model) const {
  JsonObject answer = json_content(model.part("oip.Answer"));
  answer["application/octet-stream"] = JsonObject();
  return {.request = json_content(model.part("oip.Request"), example_request(model)),
          .answer = std::move(answer),
          .refusals = {404, 429, 504},
          .description =
              "Tensors of one row and of two are described, since JSON Schema cannot compare "
              "`shape` with `data`; up to 10 000 rows are taken so. A model's features may be one "
              "tensor or one tensor each, of any datatype. With the header "
              "`Inference-Header-Content-Length` and the type `application/octet-stream`, binary "
              "tensors follow the JSON (`binary_data_size`); with 0 the body is nothing but rows. "
              "An answer with binary tensors has that header and type, too."};
}

OperationMessages OipDescription::information(const RouteEntry& route, std::string_view) const {
  const auto content = [](std::string_view schema) { return json_content(reference_to(schema)); };
  const auto error_or = [](std::string_view schema) {
    return json_content(any_of({reference_to(schema), reference_to("oip.Error")}));
  };
  switch (route.operation) {
    case Operation::server_metadata: return {.answer = content("oip.Server")};
    case Operation::health: return {.answer = content("oip.Live")};
    case Operation::ready:
      return {.answer = content("oip.Ready"), .others = {{"503", error_or("oip.Ready")}}};
    case Operation::model_list: return {.answer = content("oip.Models")};
    case Operation::statistics:
      if (route.path.find('{') == std::string_view::npos)
        return {.answer = content("oip.Statistics")};
      return {.answer = content("oip.Statistics"), .refusals = {404}};
    case Operation::model_ready:
      return {.answer = content("oip.ModelReady"),
              .others = {{"503", error_or("oip.ModelReady")}},
              .refusals = {404}};
    case Operation::model_config: return {.answer = content("oip.Config"), .refusals = {404}};
    case Operation::model_metadata: return {.answer = content("oip.Metadata"), .refusals = {404}};
    case Operation::repository_index: {
      const Json body{{"type", "object"}, {"properties", {{"ready", of_type("boolean")}}}};
      return {
          .request = json_content(body), .needs_request = false, .answer = content("oip.Index")};
    }
    default: return change_messages(route.operation == Operation::model_load);
  }
}

}  // namespace ml_inference
