// SPDX-License-Identifier: MIT
// How good the models of a trainer are on rows that they have not seen.
//
// Every trainer can be asked: what is needed is a function from rows to a model.
#pragma once

#include "base/result.h"
#include "model/model.h"
#include "training/evaluation.h"
#include "training/training_set.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ml_inference {

/// Trains a model on the set; called by one thread at a time, and free to use more inside.
using Trainer = std::function<Result<Model>(const TrainingSet& set)>;

struct CrossValidationOptions {
  /// Parts that the rows are dealt into: each is scored by a model trained on the others. 2 to the
  /// rows, or to those of the most frequent class.
  std::size_t fold_count = 5;

  /// Another seed, other folds.
  std::uint64_t seed = 42;

  /// Points of the learning curve: the last is the cross-validation itself, each before it trains
  /// on half as many rows. At least 1, which means no curve.
  std::size_t point_count = 1;

  /// Threads to score with. Never changes a score.
  std::size_t thread_count = 1;
};

/// What models trained on some share of the rows are worth, in the metric that comes first of the
/// task's. Standard deviations are over the folds.
struct LearningPoint {
  std::size_t row_count = 0;  ///< rows that a model was trained on; of folds that differ, fewest
  std::optional<MeanScore> seen;    ///< on the rows that the models were trained on
  std::optional<MeanScore> unseen;  ///< on the rows of the fold that was left out
};

struct CrossValidation {
  /// By fold: scores on its rows, by a model trained on all others.
  std::vector<Evaluation> folds;

  /// By ascending rows; empty where no curve was asked for.
  std::vector<LearningPoint> curve;

  /// Why the curve does not begin where it was to; empty when it does. With very few rows some
  /// options make no sense any more.
  std::string curve_cut;
};

/// The shares of its rows that each fold trains on: halves of halves up to 1, ascending.
/// point_count of them, fewer when the least would be under 10 of row_count rows.
[[nodiscard]] std::vector<double> learning_shares(std::size_t point_count, std::size_t row_count);

/// Trains and scores fold by fold, the whole first and then ever smaller shares: fold_count x
/// learning_shares() trainings.
///
/// Errors: those of make_folds() and of the trainer on a whole fold, with the fold before it.
/// Memory: a copy of the rows beside the set.
/// Source: scikit-learn 1.9, cross_validate() and learning_curve(), whose shares take the first
/// rows, where ours keep the shares of the classes.
[[nodiscard]] Result<CrossValidation> cross_validate(const TrainingSet& set, const Trainer& trainer,
                                                     const CrossValidationOptions& options);

/// The answers of a model for rows of the kind that it was trained on, scored.
/// set  at least one row; its schema has one target. Of the model's answers only the outputs count.
[[nodiscard]] Evaluation evaluate(const Model& model, const TrainingSet& set,
                                  std::size_t thread_count);

}  // namespace ml_inference
