// SPDX-License-Identifier: MIT
#include "api/model_tensors.h"

#include "api/limits.h"
#include "base/assert.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ml_inference {
namespace {

struct TypeEntry {
  std::string_view name;
  std::size_t size;
};

// By TensorType.
constexpr std::array<TypeEntry, 13> kTypes{{{"BOOL", 1},
                                            {"UINT8", 1},
                                            {"UINT16", 2},
                                            {"UINT32", 4},
                                            {"UINT64", 8},
                                            {"INT8", 1},
                                            {"INT16", 2},
                                            {"INT32", 4},
                                            {"INT64", 8},
                                            {"FP16", 2},
                                            {"FP32", 4},
                                            {"FP64", 8},
                                            {"BYTES", 0}}};

// Bytes that a character of one byte may take in a JSON string: \\u001b.
constexpr std::size_t kEscapedSizeMax = 6;

// A whole number that no double holds is text: as a number it could be another class.
TensorType label_type(const Label& label) {
  if (const auto* whole = std::get_if<std::int64_t>(&label)) {
    constexpr std::int64_t kExact = std::int64_t{1} << 53;
    return *whole >= -kExact && *whole <= kExact ? TensorType::int64 : TensorType::bytes;
  }
  if (std::holds_alternative<double>(label)) return TensorType::float64;
  return std::holds_alternative<bool>(label) ? TensorType::boolean : TensorType::bytes;
}

double label_number(const Label& label) {
  if (const auto* whole = std::get_if<std::int64_t>(&label)) return static_cast<double>(*whole);
  if (const auto* number = std::get_if<double>(&label)) return *number;
  const auto* truth = std::get_if<bool>(&label);
  return truth != nullptr && *truth ? 1 : 0;
}

// Of all targets' predictions in one tensor: text, unless all are of one kind of number.
TensorType prediction_type(const Schema& schema) {
  std::optional<TensorType> type;
  for (const Target& target : schema.targets) {
    if (target.task == Task::regression) return TensorType::float64;
    for (const Label& label : target.class_labels) {
      const TensorType its = label_type(label);
      if (type && *type != its) return TensorType::bytes;
      type = its;
    }
  }
  return type.value_or(TensorType::bytes);
}

std::string numbered(std::string_view name, std::size_t target, std::size_t target_count) {
  return target_count == 1 ? std::string(name) : fmt::format("{}_{}", name, target);
}

std::size_t rows_of(const TensorNames& names) {
  if (!names.row_count_max) return kRowsPerRequestMax;
  return std::min(static_cast<std::size_t>(*names.row_count_max), kDeclaredRowsMax);
}

}  // namespace

std::string_view tensor_type_name(TensorType type) {
  return kTypes[static_cast<std::size_t>(type)].name;
}

std::optional<TensorType> parse_tensor_type(std::string_view name) {
  for (std::size_t index = 0; index < kTypes.size(); ++index) {
    if (kTypes[index].name == name) return static_cast<TensorType>(index);
  }
  return std::nullopt;
}

std::size_t tensor_type_size(TensorType type) {
  return kTypes[static_cast<std::size_t>(type)].size;
}

ModelTensors::ModelTensors(const Schema& schema, const TensorNames& names)
    : row_count_max_(rows_of(names)),
      targets_(target_answers(schema)),
      threshold_(names.threshold) {
  for (const Target& target : schema.targets) {
    auto& texts = label_texts_.emplace_back();
    auto& numbers = label_numbers_.emplace_back();
    for (const Label& label : target.class_labels) {
      texts.push_back(label_text(label));
      text_size_max_ = std::max(text_size_max_, kEscapedSizeMax * texts.back().size() + 2);
      numbers.push_back(label_number(label));
    }
  }
  describe_inputs(schema);
  describe_outputs(schema);
  rename(names);
}

void ModelTensors::describe_inputs(const Schema& schema) {
  const TensorType type =
      schema.input.type == NumberType::float32 ? TensorType::float32 : TensorType::float64;
  if (schema.categories.empty()) {
    inputs_.push_back({.name = "input", .type = type, .width = schema.feature_count()});
    return;
  }
  for (std::size_t feature = 0; feature < schema.feature_count(); ++feature) {
    const Categories* const categories = schema.categories_of(feature);
    const bool is_text = categories != nullptr && !categories->labels.empty() &&
                         std::holds_alternative<std::string>(categories->labels.front());
    inputs_.push_back(
        {.name = schema.feature_names[feature], .type = is_text ? TensorType::bytes : type});
  }
}

void ModelTensors::describe_outputs(const Schema& schema) {
  const std::size_t count = schema.targets.size();
  outputs_.push_back({.name = "predict",
                      .type = prediction_type(schema),
                      .has_columns = count > 1,
                      .width = count});
  for (std::size_t index = 0; index < count; ++index) {
    const Target& target = schema.targets[index];
    if (target.task != Task::classification || !target.has_probabilities) continue;
    outputs_.push_back({.name = numbered("predict_proba", index, count),
                        .kind = OutputKind::probabilities,
                        .has_columns = true,
                        .width = target.class_labels.size(),
                        .target = index});
  }
  for (std::size_t index = 0; index < count; ++index) {
    const std::size_t score_count = schema.targets[index].score_count;
    if (score_count == 0) continue;
    outputs_.push_back({.name = numbered("decision_function", index, count),
                        .kind = OutputKind::scores,
                        .has_columns = score_count > 1,
                        .width = score_count,
                        .target = index});
  }
}

void ModelTensors::rename(const TensorNames& names) {
  if (!names.input.empty() && inputs_.size() == 1) {
    inputs_.front().name = names.input;
    inputs_.front().type = TensorType::float32;
  }
  if (names.output.empty()) return;
  OutputTensor only = outputs_.front();
  const bool wants_probabilities = names.predict_probabilities.value_or(false);
  if (const OutputTensor* const found = find_output(OutputKind::probabilities);
      wants_probabilities && found != nullptr) {
    only = *found;
  } else if (targets_.front().target.task == Task::classification) {
    only.kind = OutputKind::class_index;
  }
  only.name = names.output;
  only.type = TensorType::float32;
  outputs_ = {std::move(only)};
}

const OutputTensor* ModelTensors::find_output(std::string_view name) const {
  const auto found = std::ranges::find(outputs_, name, &OutputTensor::name);
  return found == outputs_.end() ? nullptr : &*found;
}

const OutputTensor* ModelTensors::find_output(OutputKind kind) const {
  const auto found = std::ranges::find(outputs_, kind, &OutputTensor::kind);
  return found == outputs_.end() ? nullptr : &*found;
}

std::size_t ModelTensors::best_class(std::size_t target, std::span<const double> answer) const {
  const TargetAnswer& its = targets_[target];
  const std::span<const double> outputs = its.outputs(answer);
  if (threshold_ && outputs.size() == 2) return outputs[1] > *threshold_ ? 1 : 0;
  return its.best_class(answer);
}

double ModelTensors::number(const OutputTensor& output, std::span<const double> answer,
                            std::size_t column) const {
  switch (output.kind) {
    case OutputKind::probabilities: return targets_[output.target].outputs(answer)[column];
    case OutputKind::scores: return targets_[output.target].scores(answer)[column];
    case OutputKind::class_index: return static_cast<double>(best_class(column, answer));
    case OutputKind::prediction: break;
  }
  const TargetAnswer& target = targets_[column];
  if (target.target.task == Task::regression) return target.outputs(answer)[0];
  return label_numbers_[column][best_class(column, answer)];
}

std::optional<std::size_t> ModelTensors::numbers_begin(const OutputTensor& output) const {
  switch (output.kind) {
    case OutputKind::probabilities: return targets_[output.target].output_begin;
    case OutputKind::scores: return targets_[output.target].score_begin;
    case OutputKind::class_index: return std::nullopt;
    case OutputKind::prediction: break;
  }
  const TargetAnswer& first = targets_.front();
  const bool is_number = targets_.size() == 1 && first.target.task == Task::regression;
  return is_number ? std::optional(first.output_begin) : std::nullopt;
}

std::string_view ModelTensors::text(const OutputTensor& output, std::span<const double> answer,
                                    std::size_t column) const {
  ASSERT(output.type == TensorType::bytes && output.kind == OutputKind::prediction);
  return label_texts_[column][best_class(column, answer)];
}

std::string_view ModelTensors::column_label(const OutputTensor& output, std::size_t column) const {
  if (output.kind != OutputKind::probabilities && output.kind != OutputKind::scores) return {};
  const std::vector<std::string>& labels = label_texts_[output.target];
  return output.width == labels.size() ? std::string_view(labels[column]) : std::string_view();
}

}  // namespace ml_inference
