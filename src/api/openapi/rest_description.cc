// SPDX-License-Identifier: MIT
#include "api/openapi/rest_description.h"

#include "api/limits.h"

#include <algorithm>
#include <string>
#include <utility>

namespace ml_inference {
namespace {

// Lengths of columns that are described.
constexpr std::size_t kDescribedLengths[] = {1, 2};

bool has_feature(const Schema& schema, std::string_view name) {
  return std::ranges::find(schema.feature_names, name) != schema.feature_names.end();
}

bool may_wrap(const DescribedModel& model, std::string_view row_name) {
  return !row_name.empty() && !has_feature(model.schema(), row_name);
}

Json wrapped(std::string_view name, Json content) {
  JsonObject properties;
  properties[name] = std::move(content);
  return object_of(std::move(properties));
}

Json columns_of_length(const DescribedModel& model, std::size_t length) {
  const Schema& schema = model.schema();
  JsonObject properties;
  for (std::size_t feature = 0; feature < schema.feature_count(); ++feature) {
    const std::string& name = schema.feature_names[feature];
    properties[name] = list_of(model.cell(feature, CellForm::loose), length, length);
  }
  return object_of(std::move(properties));
}

}  // namespace

JsonArray loose_rows(const DescribedModel& model) {
  JsonArray rows{model.part("LooseRow"), model.part("LooseNamedRow")};
  if (model.schema().feature_count() == 1) rows.push_back(model.cell(0, CellForm::loose));
  return rows;
}

Json loose_row_list(const DescribedModel& model, std::string_view row_name) {
  JsonArray rows = loose_rows(model);
  if (may_wrap(model, row_name)) rows.push_back(wrapped(row_name, any_of(loose_rows(model))));
  return list_of(any_of(std::move(rows)), 1, kRowsPerRequestMax);
}

Json columns_schema(const DescribedModel& model, const Json& rows, std::string_view row_name) {
  JsonArray forms{rows};
  if (may_wrap(model, row_name)) forms.push_back(wrapped(row_name, rows));
  if (model.names_columns() && !model.schema().takes_any_width) {
    for (const std::size_t length : kDescribedLengths) {
      forms.push_back(columns_of_length(model, length));
    }
  }
  return any_of(std::move(forms));
}

Json method_schema(const DescribedModel& model, JsonArray others) {
  JsonArray names;
  for (const std::string& name : model.method_names()) names.emplace_back(name);
  for (Json& other : others) names.push_back(std::move(other));
  if (!others.empty()) names.emplace_back(nullptr);
  return {{"enum", std::move(names)}};
}

}  // namespace ml_inference
