// SPDX-License-Identifier: MIT
// What trainers ask of the rows that they are given.
#pragma once

#include "base/result.h"
#include "data/matrix.h"
#include "training/train_forest.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace ml_inference {

/// There are rows and features, as many as kTrainingRowCountMax and kFeatureCountMax, and no value
/// is infinite.
/// Errors: invalid_argument, resource_exhausted.
[[nodiscard]] Result<void> check_training_rows(MatrixView<const float> rows);
[[nodiscard]] Result<void> check_training_rows(MatrixView<const double> rows);

/// There are 1 to kOutputCountMax classes, and each row's is one of them.
/// Errors: invalid_argument.
[[nodiscard]] Result<void> check_training_classes(std::span<const std::int32_t> classes,
                                                  std::size_t class_count);

/// Each target is a number of at most kTargetMax in magnitude.
/// Errors: invalid_argument.
[[nodiscard]] Result<void> check_training_targets(std::span<const double> targets);

/// The weight of each class, or nothing when every row counts the same.
/// Errors: invalid_argument, when given ones are too many or too few or out of range.
[[nodiscard]] Result<std::vector<double>> weights_of_classes(const ClassWeights& weights,
                                                             std::span<const std::int32_t> classes,
                                                             std::size_t class_count);

}  // namespace ml_inference
