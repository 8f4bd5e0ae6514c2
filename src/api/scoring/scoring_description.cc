// SPDX-License-Identifier: MIT
#include "api/scoring/scoring_description.h"

#include "api/limits.h"
#include "api/openapi/rest_description.h"
#include "api/predict_csv.h"
#include "base/number_text.h"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <string>
#include <utility>

namespace ml_inference {
namespace {

// What SageMaker's formats call a row in an object of its own.
constexpr std::string_view kRowName = "features";

// Bytes of a line's regular expression.
constexpr std::size_t kPatternSizeMax = 4'096;

// The columns' names in any order; where features differ in what they take, in the model's.
Json column_names_schema(const DescribedModel& model) {
  const Schema& schema = model.schema();
  JsonArray names;
  for (const std::string& name : schema.feature_names) names.emplace_back(name);
  if (!schema.categories.empty()) return {{"const", std::move(names)}};
  const std::size_t count = names.size();
  Json columns = list_of(one_of_texts(std::move(names)), count, count);
  columns.as_object()["uniqueItems"] = true;
  return columns;
}

// A data frame: with its columns' names, and rows by position; or without, and rows of any form.
Json split_schema(const DescribedModel& model) {
  JsonArray forms{
      object_of({{"index", JsonObject()}, {"data", model.part("scoring.Rows")}}, {"data"})};
  if (model.names_columns() && !model.schema().takes_any_width) {
    const Json rows = list_of(model.part("LooseRow"), 1, kRowsPerRequestMax);
    forms.push_back(object_of(
        {{"columns", column_names_schema(model)}, {"index", JsonObject()}, {"data", rows}},
        {"columns", "data"}));
  }
  return any_of(std::move(forms));
}

Json request_schema(const DescribedModel& model) {
  const Json params{{"type", {"object", "null"}},
                    {"additionalProperties", false},
                    {"properties", {{"predict_method", method_schema(model, {""})}}}};
  JsonArray forms;
  for (const auto& [member, rows] :
       {std::pair<std::string_view, Json>{"dataframe_split", model.part("scoring.Split")},
        {"dataframe_records", model.part("scoring.NamedRows")},
        {"instances", model.part("scoring.NamedRows")},
        {"inputs", model.part("scoring.Columns")}}) {
    JsonObject properties{{"params", params}};
    properties[member] = rows;
    forms.push_back(object_of(std::move(properties), {member}));
  }
  return any_of(std::move(forms));
}

Json text_content(std::string_view description, const std::string& example,
                  const std::string& pattern = {}) {
  JsonObject schema{{"type", "string"}, {"description", description}};
  if (!pattern.empty()) schema["pattern"] = pattern;
  JsonObject media{{"schema", std::move(schema)}};
  if (!example.empty()) media["example"] = example;
  return media;
}

// A regular expression for a category as a cell of CSV; empty for one whose name is.
std::string category_pattern(const Categories& categories) {
  std::string any;
  for (const Label& label : categories.labels) {
    const std::string text = label_text(label);
    if (text.empty()) return {};
    std::string cell;
    append_csv_cell(cell, text);
    any += (any.empty() ? "" : "|") + escaped_pattern(cell);
  }
  return "(" + any + ")";
}

// A regular expression for lines of cells, without a header, numbers written plainly; empty where
// it would be too long.
std::string csv_pattern(const DescribedModel& model) {
  constexpr std::string_view kNumber = R"(-?[0-9]{1,4}(\.[0-9]{1,4})?)";
  const Schema& schema = model.schema();
  std::string line(kNumber);
  if (schema.categories.empty()) {
    const std::size_t others = schema.takes_any_width ? 0 : schema.feature_count() - 1;
    if (others > 0) line += fmt::format("(,{}){{{}}}", kNumber, others);
    return fmt::format("^{0}(\\n{0})*\\n?$", line);
  }
  line.clear();
  for (std::size_t feature = 0; feature < schema.feature_count(); ++feature) {
    const Categories* const categories = schema.categories_of(feature);
    const std::string cell =
        categories == nullptr ? std::string(kNumber) : category_pattern(*categories);
    if (cell.empty() || line.size() > kPatternSizeMax) return {};
    line.append(feature == 0 ? "" : ",").append(cell);
  }
  return fmt::format("^{0}(\\n{0})*\\n?$", line);
}

std::string csv_line(const JsonArray& row) {
  std::string line;
  for (const Json& cell : row) {
    if (!line.empty()) line += ',';
    if (cell.is_string()) {
      append_csv_cell(line, cell.get_string());
    } else if (cell.is_bool()) {
      line += cell.get_bool() ? "true" : "false";
    } else {
      append_number(line, cell.to_number<double>());
    }
  }
  return line;
}

Json split_example(const DescribedModel& model, const JsonArray& row) {
  if (row.empty() || !model.names_columns()) return nullptr;
  JsonArray names;
  for (const std::string& name : model.schema().feature_names) names.emplace_back(name);
  return {{"dataframe_split", {{"columns", std::move(names)}, {"data", JsonArray{row}}}}};
}

JsonObject answer_content(const DescribedModel& model) {
  JsonObject content = json_content(model.part("scoring.Predictions"));
  content["text/csv"] = text_content("A line for each row.", "");
  content["application/jsonlines"] = text_content(R"(A line {"prediction":...} for each row.)", "");
  return content;
}

}  // namespace

std::string_view ScoringDescription::tag() const { return "MLflow, SageMaker"; }

std::string_view ScoringDescription::description() const {
  return "MLflow's scoring server and SageMaker's containers.";
}

std::string_view ScoringDescription::prefix() const { return "scoring."; }

// As MLflow's server says it.
JsonObject ScoringDescription::error_content(int status) const {
  if (status == 415) return {{"text/plain", {{"schema", of_type("string")}}}};
  return json_content(reference_to("scoring.Error"));
}

JsonObject ScoringDescription::schemas() const {
  const Json text = of_type("string");
  return {{"scoring.Error", object_of({{"error_code", text}, {"message", text}})},
          {"scoring.Health", object_of({{"status", one_of_texts({"Healthy", "Unhealthy"})}})}};
}

JsonObject ScoringDescription::model_schemas(const DescribedModel& model) const {
  JsonObject out;
  out[model.part_name("scoring.Rows")] = loose_row_list(model, "");
  out[model.part_name("scoring.NamedRows")] = loose_row_list(model, kRowName);
  out[model.part_name("scoring.Columns")] =
      columns_schema(model, model.part("scoring.NamedRows"), kRowName);
  out[model.part_name("scoring.Split")] = split_schema(model);
  out[model.part_name("scoring.Request")] = request_schema(model);
  out[model.part_name("scoring.Predictions")] =
      object_of({{"predictions", list_of(model.any_value())}});
  return out;
}

OperationMessages ScoringDescription::prediction(const RouteEntry&,
                                                 const DescribedModel& model) const {
  const JsonArray row = model.example_row();
  JsonObject request = json_content(model.part("scoring.Request"), split_example(model, row));
  request["text/csv"] = text_content(
      "A line for each row. A header of the features' names, in any order, may stand "
      "before them; cells may be quoted, and numbers written as any program does.",
      row.empty() ? std::string() : csv_line(row) + "\n", csv_pattern(model));
  request["application/jsonlines"] = text_content(
      R"(A line for each row: a list, an object by feature name, or {"features": [...]}.)",
      row.empty() ? std::string() : boost::json::serialize(row) + "\n");
  return {.request = std::move(request),
          .answer = answer_content(model),
          .refusals = {404, 429, 504},
          .description =
              "`Accept` chooses the form of the answer. Columns of other lengths than "
              "the ones described are taken too, as long as all are of one length."};
}

OperationMessages ScoringDescription::information(const RouteEntry& route, std::string_view) const {
  if (route.operation == Operation::version) {
    return {.answer = {{"text/plain", {{"schema", of_type("string")}}}}};
  }
  const Json health = reference_to("scoring.Health");
  return {.answer = json_content(health),
          .others = {{"503", json_content(any_of({health, reference_to("scoring.Error")}))}}};
}

}  // namespace ml_inference
