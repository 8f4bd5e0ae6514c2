// SPDX-License-Identifier: MIT
#include "api/openapi/described_model.h"

#include "api/limits.h"
#include "base/assert.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <utility>

namespace ml_inference {
namespace {

// The least magnitude that becomes infinite as a float32, in which models compute: half a step
// beyond the largest of them, rounded to even.
constexpr double kFloat32Beyond = 0x1.FFFFFFp127;

// Right for the built-in model, whose features come in this order, and numbers to any other.
constexpr std::array kExampleNumbers{5.1, 3.5, 1.4, 0.2};

// The texts that stand for numbers which JSON lacks, where the model takes those; empty for none.
std::string number_text_pattern(const InputRules& rules) {
  if (rules.accepts_missing && rules.accepts_infinite) return "^(NaN|-?Infinity)$";
  if (rules.accepts_infinite) return "^-?Infinity$";
  return rules.accepts_missing ? "^NaN$" : "";
}

Json label_json(const Label& label, bool as_text) {
  if (as_text) return Json(label_text(label));
  return std::visit([](const auto& value) { return Json(value); }, label);
}

std::string_view label_type(const Label& label) {
  constexpr std::array<std::string_view, 4> kTypes{"integer", "string", "number", "boolean"};
  return kTypes[label.index()];
}

// A label whose end the file has lost: what begins so and is as long.
Json cut_label_schema(const Categories& categories) {
  const std::size_t length = categories.last_label_characters;
  return {{"type", "string"},
          {"minLength", length},
          {"maxLength", length},
          {"pattern", "^" + escaped_pattern(std::get<std::string>(categories.labels.back()))}};
}

// Nobody looks at the cells; but a list whose first value is one is a list of rows.
Json any_scalar() { return {{"type", {"number", "string", "boolean", "null"}}}; }

}  // namespace

Json label_schema(const std::vector<Label>& labels, bool as_texts) {
  if (labels.size() > kDescribedLabelCountMax) {
    return {{"type", as_texts ? "string" : label_type(labels.front())},
            {"description", "One of the labels, which are too many to list."}};
  }
  JsonArray values;
  for (const Label& label : labels) {
    const auto* const number = std::get_if<double>(&label);
    const bool has_json = as_texts || number == nullptr || std::isfinite(*number);
    if (has_json) values.push_back(label_json(label, as_texts));
  }
  return {{"enum", std::move(values)}};
}

Json number_schema() {
  return {{"anyOf", {of_type("number"), {{"enum", {"NaN", "Infinity", "-Infinity"}}}}}};
}

std::string escaped_pattern(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    if (std::string_view(R"(\^$.|?*+()[]{}/-)").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

DescribedModel::DescribedModel(const CatalogModel& model, const ModelVersion& version,
                               std::string prefix)
    : model_(model),
      version_(version),
      prefix_(std::move(prefix)),
      tensors_(version.model->schema(), model.tensor_names) {
  ASSERT(version.model != nullptr);
}

bool DescribedModel::names_features() const {
  return schema().feature_count() <= kDescribedFeatureCountMax;
}

bool DescribedModel::names_columns() const {
  return schema().feature_count() <= kDescribedColumnCountMax;
}

Json DescribedModel::part(std::string_view name) const { return reference_to(part_name(name)); }

Json DescribedModel::number_cell() const {
  const InputRules& rules = schema().input;
  JsonObject cell{{"type", "number"}, {"description", "The value of one feature."}};
  JsonArray types{"number"};
  if (rules.accepts_missing) types.emplace_back("null");
  if (const std::string texts = number_text_pattern(rules); !texts.empty()) {
    types.emplace_back("string");
    cell["pattern"] = texts;
  }
  if (types.size() > 1) cell["type"] = std::move(types);
  if (!rules.accepts_infinite && rules.type == NumberType::float32) {
    cell["exclusiveMinimum"] = -kFloat32Beyond;
    cell["exclusiveMaximum"] = kFloat32Beyond;
  }
  return cell;
}

// One of the categories; where others count as missing, anything.
Json DescribedModel::category_cell(const Categories& categories) const {
  const bool accepts_missing = schema().input.accepts_missing;
  if (categories.unknown == UnknownCategory::missing) {
    JsonArray types{"string", "number", "boolean"};
    if (accepts_missing) types.emplace_back("null");
    return {{"type", std::move(types)},
            {"description", "A category; any other value counts as missing."}};
  }
  std::vector<Label> labels = categories.labels;
  if (categories.last_label_characters > 0) labels.pop_back();
  const bool has_truths = std::holds_alternative<bool>(categories.labels.front());
  JsonArray forms;
  if (!labels.empty()) forms.push_back(label_schema(labels));
  if (categories.last_label_characters > 0) forms.push_back(cut_label_schema(categories));
  JsonArray others;
  if (has_truths) others = {0, 1};  // in Python True == 1
  if (accepts_missing) {
    others.emplace_back(nullptr);
    if (std::ranges::count(labels, Label("NaN")) == 0) others.emplace_back("NaN");
  }
  if (!others.empty()) forms.push_back(Json{{"enum", std::move(others)}});
  return any_of(std::move(forms));
}

Json DescribedModel::cell(std::size_t feature, CellForm form) const {
  const std::string base = form == CellForm::strict ? "Cell" : "LooseCell";
  if (schema().categories_of(feature) == nullptr) return part(base);
  return part(base + "." + std::to_string(feature));
}

Json DescribedModel::loose_scalar(std::size_t feature) const {
  const bool is_number = schema().categories_of(feature) == nullptr;
  return is_number ? part("Scalar") : cell(feature, CellForm::strict);
}

Json DescribedModel::row(CellForm form) const {
  const std::size_t width = schema().feature_count();
  if (schema().takes_any_width) return list_of(any_scalar());
  if (schema().categories.empty()) return list_of(cell(0, form), width, width);
  if (!names_features()) return list_of(JsonObject(), width, width);
  JsonArray cells;
  for (std::size_t feature = 0; feature < width; ++feature) cells.push_back(cell(feature, form));
  return tuple_of(std::move(cells));
}

Json DescribedModel::named_row(CellForm form, std::size_t least) const {
  const std::size_t width = schema().feature_count();
  if (schema().takes_any_width) return of_type("object");
  if (!names_features()) {
    JsonObject row{{"type", "object"},
                   {"description",
                    "One row by feature name: of the model's features, which are "
                    "too many to list."},
                   {"minProperties", least},
                   {"maxProperties", width}};
    row["additionalProperties"] = schema().categories.empty() ? cell(0, form) : JsonObject();
    return row;
  }
  JsonObject properties;
  JsonArray required;
  for (std::size_t feature = 0; feature < width; ++feature) {
    properties[schema().feature_names[feature]] = cell(feature, form);
    if (least == width) required.emplace_back(schema().feature_names[feature]);
  }
  Json row = object_of(std::move(properties), std::move(required));
  if (least > 0 && least < width) row.as_object()["minProperties"] = least;
  return row;
}

JsonArray DescribedModel::example_row() const {
  JsonArray row;
  if (!names_features()) return row;
  for (std::size_t feature = 0; feature < schema().feature_count(); ++feature) {
    const Categories* const categories = schema().categories_of(feature);
    const bool is_cut = categories != nullptr && categories->last_label_characters > 0 &&
                        categories->labels.size() == 1;
    if (is_cut) return {};
    row.push_back(categories == nullptr ? Json(kExampleNumbers[feature % kExampleNumbers.size()])
                                        : label_json(categories->labels.front(), false));
  }
  return row;
}

JsonObject DescribedModel::example_named_row() const {
  JsonObject named;
  if (!names_columns()) return named;
  const JsonArray row = example_row();
  for (std::size_t feature = 0; feature < row.size(); ++feature) {
    named[schema().feature_names[feature]] = row[feature];
  }
  return named;
}

Json DescribedModel::element(const OutputTensor& output) const {
  if (output.kind != OutputKind::prediction) return number_schema();
  if (schema().task() == Task::regression) return number_schema();
  if (output.type == TensorType::float32) return number_schema();
  std::vector<Label> labels;
  std::set<std::string> seen;
  for (const Target& target : schema().targets) {
    for (const Label& label : target.class_labels) {
      if (seen.insert(label_text(label)).second) labels.push_back(label);
    }
  }
  return label_schema(labels, output.type == TensorType::bytes);
}

Json DescribedModel::output(std::size_t index) const {
  return part("Output" + std::to_string(index));
}

Json DescribedModel::first_value() const { return output(0); }

Json DescribedModel::any_value() const {
  JsonArray values;
  for (std::size_t index = 0; index < tensors_.outputs().size(); ++index) {
    values.push_back(output(index));
  }
  if (schema().targets.size() > 1) {  // of a method that all targets have
    JsonObject properties;
    for (std::size_t index = 1; index < tensors_.outputs().size(); ++index) {
      properties[tensors_.outputs()[index].name] = output(index);
    }
    if (!properties.empty()) values.push_back(object_of(std::move(properties), {}));
  }
  return any_of(std::move(values));
}

std::vector<std::string> DescribedModel::method_names() const {
  std::vector<std::string> names;
  std::set<std::string> common;
  for (const OutputTensor& output : tensors_.outputs()) {
    names.push_back(output.name);
    const bool is_numbered = schema().targets.size() > 1 && output.kind != OutputKind::prediction;
    if (is_numbered) common.insert(output.name.substr(0, output.name.rfind('_')));
  }
  names.insert(names.end(), common.begin(), common.end());
  return names;
}

JsonObject DescribedModel::schemas() const {
  JsonObject out;
  out[part_name("Cell")] = number_cell();
  out[part_name("Scalar")] = any_of({part("Cell"), of_type("boolean")});
  out[part_name("LooseCell")] = any_of({part("Scalar"), list_of(part("Scalar"), 1, 1)});
  for (const Categories& categories : schema().categories) {
    if (!names_features()) break;
    const std::string name = "Cell." + std::to_string(categories.feature);
    out[part_name(name)] = category_cell(categories);
    out[part_name("Loose" + name)] = any_of({part(name), list_of(part(name), 1, 1)});
  }
  out[part_name("Row")] = row(CellForm::strict);
  out[part_name("NamedRow")] = named_row(CellForm::strict);
  out[part_name("LooseRow")] = row(CellForm::loose);
  out[part_name("LooseNamedRow")] = named_row(CellForm::loose);
  for (std::size_t index = 0; index < tensors_.outputs().size(); ++index) {
    const OutputTensor& output = tensors_.outputs()[index];
    const std::string number = std::to_string(index);
    out[part_name("Element" + number)] = element(output);
    const Json element = part("Element" + number);
    out[part_name("Output" + number)] =
        output.has_columns ? list_of(element, output.width, output.width) : element;
  }
  return out;
}

}  // namespace ml_inference
