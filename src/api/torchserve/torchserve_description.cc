// SPDX-License-Identifier: MIT
#include "api/torchserve/torchserve_description.h"

#include "api/limits.h"
#include "api/openapi/rest_description.h"

#include <array>
#include <limits>
#include <utility>

namespace ml_inference {
namespace {

// The first cell of a row that stands alone is no list: that would be a row among rows.
Json single_row(const DescribedModel& model) {
  const Schema& schema = model.schema();
  if (schema.takes_any_width || !model.names_features()) return model.part("LooseRow");
  if (schema.feature_count() == 1) return tuple_of({model.loose_scalar(0)});
  if (!schema.categories.empty()) {
    JsonArray cells{model.loose_scalar(0)};
    for (std::size_t feature = 1; feature < schema.feature_count(); ++feature) {
      cells.push_back(model.cell(feature, CellForm::loose));
    }
    return tuple_of(std::move(cells));
  }
  Json row = list_of(model.part("LooseCell"), schema.feature_count(), schema.feature_count());
  row.as_object()["prefixItems"] = JsonArray{model.part("Scalar")};
  return row;
}

Json rows_schema(const DescribedModel& model) {
  JsonArray forms{single_row(model), model.part("LooseNamedRow")};
  if (model.schema().feature_count() == 1) forms.push_back(model.loose_scalar(0));
  forms.push_back(list_of(any_of({model.part("LooseRow"), model.part("LooseNamedRow")}), 1,
                          kRowsPerRequestMax));
  return any_of(std::move(forms));
}

Json model_list_schema() {
  const Json text = of_type("string");
  const Json model = object_of({{"modelName", text}, {"modelUrl", text}});
  return object_of({{"models", list_of(model)}, {"nextPageToken", text}}, {"models"});
}

Json version_list_schema() {
  const Json text = of_type("string");
  const Json count = count_schema();
  const Json status = one_of_texts({"LOADING", "READY", "UNLOADING"});
  const Json worker = object_of({{"id", text}, {"status", status}, {"gpu", of_type("boolean")}});
  return list_of(object_of({{"modelName", text},
                            {"modelVersion", text},
                            {"modelUrl", text},
                            {"engine", text},
                            {"runtime", text},
                            {"status", status},
                            {"minWorkers", count},
                            {"maxWorkers", count},
                            {"batchSize", count},
                            {"maxBatchDelay", count},
                            {"workers", list_of(worker)}}));
}

Json query_parameter(std::string_view name, std::string_view description) {
  constexpr std::size_t kMost = std::numeric_limits<std::size_t>::max();
  const Json number{{"type", "integer"}, {"minimum", 0}, {"maximum", kMost}};
  return {{"name", name}, {"in", "query"}, {"description", description}, {"schema", number}};
}

}  // namespace

std::string_view TorchServeDescription::tag() const { return "TorchServe"; }

std::string_view TorchServeDescription::description() const {
  return "TorchServe's inference API and its management API.";
}

std::string_view TorchServeDescription::prefix() const { return "torchserve."; }

JsonObject TorchServeDescription::error_content(int) const {
  return json_content(reference_to("torchserve.Error"));
}

JsonObject TorchServeDescription::schemas() const {
  const Json text = of_type("string");
  return {{"torchserve.Error",
           object_of({{"code", of_type("integer")}, {"type", text}, {"message", text}})},
          {"torchserve.Models", model_list_schema()},
          {"torchserve.Versions", version_list_schema()},
          {"torchserve.Status", object_of({{"status", text}})}};
}

JsonObject TorchServeDescription::model_schemas(const DescribedModel& model) const {
  JsonObject out;
  out[model.part_name("torchserve.Rows")] = rows_schema(model);
  return out;
}

OperationMessages TorchServeDescription::prediction(const RouteEntry&,
                                                    const DescribedModel& model) const {
  const Json rows = model.part("torchserve.Rows");
  JsonArray forms{rows};
  for (const std::string_view name : std::array<std::string_view, 2>{"data", "instances"}) {
    JsonObject properties;
    properties[name] = rows;
    forms.push_back(object_of(std::move(properties)));
  }
  Json example;
  if (JsonArray row = model.example_row(); !row.empty()) example = JsonArray{std::move(row)};
  return {.request = json_content(any_of(std::move(forms)), std::move(example)),
          .answer = json_content(any_of({model.first_value(), list_of(model.first_value())})),
          .refusals = {404, 429, 504},
          .description =
              "One row is answered by one value, a list of rows by a list. A body of "
              "any type is read as JSON."};
}

OperationMessages TorchServeDescription::information(const RouteEntry& route,
                                                     std::string_view method) const {
  if (method == "POST") {
    const Json text = of_type("string");
    return {.request = json_content(object_of({{"model_name", text}, {"url", text}})),
            .answer = json_content(reference_to("torchserve.Status")),
            .refusals = {404, 409, 500, 504, 507},
            .description = "SageMaker: loads the model of a folder below the repository's."};
  }
  if (method != "GET") {
    return {.answer = json_content(reference_to("torchserve.Status")), .refusals = {404, 500, 504}};
  }
  if (route.operation == Operation::model_list) {
    return {.answer = json_content(reference_to("torchserve.Models")),
            .parameters = {query_parameter("limit", "Models of a page; 100 where it is not said."),
                           query_parameter("next_page_token", "Where the page begins.")}};
  }
  return {.answer = json_content(reference_to("torchserve.Versions")), .refusals = {404}};
}

}  // namespace ml_inference
