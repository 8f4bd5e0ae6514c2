// SPDX-License-Identifier: MIT
#include "training/training_rows.h"

#include "model/limits.h"
#include "training/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <variant>

namespace ml_inference {
namespace {

// rows / (classes x rows of the class), counting classes that have rows only.
std::vector<double> balanced_weights(std::span<const std::int32_t> classes,
                                     std::size_t class_count) {
  std::vector<double> counts(class_count);
  for (const std::int32_t row_class : classes) counts[static_cast<std::size_t>(row_class)] += 1;
  const auto present =
      static_cast<double>(class_count) - static_cast<double>(std::ranges::count(counts, 0.0));
  for (double& count : counts) {
    if (count > 0) count = static_cast<double>(classes.size()) / (present * count);
  }
  return counts;
}

template <class T>
Result<void> check_rows(MatrixView<const T> rows) {
  if (rows.row_count() == 0 || rows.row_count() > kTrainingRowCountMax) {
    return fail(
        rows.row_count() == 0 ? Code::invalid_argument : Code::resource_exhausted,
        fmt::format("expected 1 to {} rows, got {}", kTrainingRowCountMax, rows.row_count()));
  }
  if (rows.column_count() == 0 || rows.column_count() > kFeatureCountMax) {
    return fail(
        rows.column_count() == 0 ? Code::invalid_argument : Code::resource_exhausted,
        fmt::format("expected 1 to {} features, got {}", kFeatureCountMax, rows.column_count()));
  }
  const auto infinite =
      std::ranges::find_if(rows.values(), [](T value) { return std::isinf(value); });
  if (infinite == rows.values().end()) return {};
  const auto index = static_cast<std::size_t>(infinite - rows.values().begin());
  return fail(Code::invalid_argument,
              fmt::format("row {} feature {}: expected a finite number or a missing one, got {}",
                          index / rows.column_count(), index % rows.column_count(), *infinite));
}

}  // namespace

Result<void> check_training_rows(MatrixView<const float> rows) { return check_rows(rows); }

Result<void> check_training_rows(MatrixView<const double> rows) { return check_rows(rows); }

Result<void> check_training_classes(std::span<const std::int32_t> classes,
                                    std::size_t class_count) {
  if (class_count == 0 || class_count > kOutputCountMax) {
    return fail(Code::invalid_argument,
                fmt::format("expected 1 to {} classes, got {}", kOutputCountMax, class_count));
  }
  for (std::size_t row = 0; row < classes.size(); ++row) {
    if (classes[row] >= 0 && static_cast<std::size_t>(classes[row]) < class_count) continue;
    return fail(Code::invalid_argument, fmt::format("row {}: expected a class from 0 to {}, got {}",
                                                    row, class_count - 1, classes[row]));
  }
  return {};
}

Result<void> check_training_targets(std::span<const double> targets) {
  for (std::size_t row = 0; row < targets.size(); ++row) {
    if (std::abs(targets[row]) <= kTargetMax) continue;
    return fail(Code::invalid_argument,
                fmt::format("row {}: expected a target of at most {} in magnitude, got {}", row,
                            kTargetMax, targets[row]));
  }
  return {};
}

Result<std::vector<double>> weights_of_classes(const ClassWeights& class_weights,
                                               std::span<const std::int32_t> classes,
                                               std::size_t class_count) {
  if (const auto* const rule = std::get_if<ClassWeighting>(&class_weights)) {
    if (*rule == ClassWeighting::none) return std::vector<double>();
    return balanced_weights(classes, class_count);
  }
  const auto& weights = std::get<std::vector<double>>(class_weights);
  if (weights.size() != class_count) {
    return fail(Code::invalid_argument,
                fmt::format("class_weights: expected {}, one a class, got {}", class_count,
                            weights.size()));
  }
  for (const double weight : weights) {
    if (weight >= 1 / kClassWeightMax && weight <= kClassWeightMax) continue;
    return fail(Code::invalid_argument, fmt::format("class_weights: expected {} to {}, got {}",
                                                    1 / kClassWeightMax, kClassWeightMax, weight));
  }
  return weights;
}

}  // namespace ml_inference
