// SPDX-License-Identifier: MIT
// From a table to a model with names: what the train command does, and the built-in model.
#pragma once

#include "base/result.h"
#include "data/table.h"
#include "model/model.h"
#include "training/train_boosting.h"
#include "training/train_forest.h"
#include "training/training_set.h"

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
  std::optional<Evaluation> out_of_bag;

  /// Of boosting that may stop early: the mean loss of the rows set aside, after each round.
  std::vector<double> validation_losses = {};
};

/// Trains a model on what read_training_set() makes of the table.
///
/// options  class_weights, if given one by one, are in the order of the class labels.
/// Errors: those of read_training_set() and of train_model() on a training set.
[[nodiscard]] Result<TrainedModel> train_model(const Table& table, const std::string& target_column,
                                               std::optional<Task> task,
                                               const ForestOptions& options);

/// The same of rows that have been read, as float32 (ASSERT).
/// Errors: those of train_classifier() and train_regressor().
[[nodiscard]] Result<TrainedModel> train_model(const TrainingSet& set,
                                               const ForestOptions& options);

/// The same by boosting, of rows that have been read as float64 (ASSERT). The features that have
/// categories in the set are categorical features; the model takes missing values of every feature,
/// also where the rows had none.
/// options  categorical_features do not count.
/// Errors: those of train_boosted_classifier() and train_boosted_regressor(); invalid_argument, for
/// a feature with more categories than max_bins.
[[nodiscard]] Result<TrainedModel> train_model(const TrainingSet& set,
                                               const BoostingOptions& options);

/// The model that the program serves when it is given none: 100 trees with seed 42 on the 150 Iris
/// rows, as scikit-learn's RandomForestClassifier(n_estimators=100, random_state=42) would be
/// trained. The same bits at every start.
/// Errors: internal; there are none that a caller could cause, but thread_count out of its range.
/// Cost: 1 to 3 ms of CPU time (training_bench).
[[nodiscard]] Result<Model> train_builtin_model(std::size_t thread_count);

}  // namespace ml_inference
