// SPDX-License-Identifier: MIT
// From a table to a model with names: what the train command does, and the built-in model.
#pragma once

#include "base/result.h"
#include "data/table.h"
#include "model/model.h"
#include "training/train_forest.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace ml_inference {

struct TrainedModel {
  Model model;

  /// As in TrainedForest, in the order of the schema's features.
  std::vector<double> feature_importances;

  /// As in TrainedForest.
  std::optional<double> out_of_bag_score;
};

/// Trains a model that predicts one column of the table from all the others.
///
/// The features are the other columns, in their order; their cells are numbers, empty ones missing.
/// The schema accepts missing values if some column had one, and never infinite ones.
///
/// task     guess_task() decides when not given.
/// options  class_weights, if given one by one, are in the order of the class labels.
///
/// Classes: when every target is a whole number ("3", "3.0") the labels are numbers, ascending;
/// otherwise they are the cells' text, in the order of its bytes.
///
/// Errors: not_found, when there is no such column; invalid_argument, naming line and column, for a
/// feature that is no number or infinite, a target that is missing, or, for a regression, no finite
/// number; and the errors of train_classifier() and train_regressor().
[[nodiscard]] Result<TrainedModel> train_model(const Table& table, const std::string& target_column,
                                               std::optional<Task> task,
                                               const ForestOptions& options);

/// What the cells of a column look like a task for: classification, when some cell is no number, or
/// when all are whole numbers, of at most 20 different values, each standing for two rows on
/// average; otherwise regression. Wine's three cultivars and ten digits are classes, ages and
/// prices are not.
[[nodiscard]] Task guess_task(const Table& table, std::size_t target_column);

/// The model that the program serves when it is given none: 100 trees with seed 42 on the 150 Iris
/// rows, as scikit-learn's RandomForestClassifier(n_estimators=100, random_state=42) would be
/// trained. The same bits at every start.
/// Errors: internal; there are none that a caller could cause, but thread_count out of its range.
/// Cost: 1 to 3 ms of CPU time (training_bench).
[[nodiscard]] Result<Model> train_builtin_model(std::size_t thread_count);

}  // namespace ml_inference
