// SPDX-License-Identifier: MIT
// Trains gradient-boosted trees on histograms: rows -> forest and link.
//
// The parameters and their meaning are those of scikit-learn's HistGradientBoostingClassifier and
// HistGradientBoostingRegressor; docs/training.md compares the two. The same seed gives the same
// forest on every machine and with any number of threads, bit for bit.
#pragma once

#include "base/result.h"
#include "data/matrix.h"
#include "model/forest.h"
#include "model/link.h"
#include "training/progress.h"
#include "training/train_forest.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ml_inference {

/// What a regression makes smaller.
enum class RegressionLoss {
  squared_error,   ///< predicts means
  absolute_error,  ///< predicts medians
  poisson,         ///< predicts means of counts, always above 0; targets from 0
};

/// Whether boosting ends when rows that it does not learn from are no longer predicted better.
enum class EarlyStopping {
  automatic,  ///< if there are more than 10 000 rows
  yes,
  no,
};

/// How to boost. The defaults are scikit-learn's.
struct BoostingOptions {
  /// Rounds, each of one tree, or one a class where there are more than two; at least 1. More, with
  /// a smaller learning_rate, often predict better.
  std::size_t max_iter = 100;

  /// What each leaf's value is multiplied by; above 0, at most 1 as a rule.
  double learning_rate = 0.1;

  /// Leaves of a tree, at least 2; no limit when not set. The best split of any leaf comes first.
  std::optional<std::size_t> max_leaf_nodes = 31;

  /// Tests from the root to a leaf, at least 1; no limit when not set.
  std::optional<std::size_t> max_depth;

  /// Rows of a leaf, at least 1. Fewer for small sets.
  std::size_t min_samples_leaf = 20;

  /// Added to the second derivatives of a leaf; from 0. More: smaller values of small leaves.
  double l2_regularization = 0;

  /// The share of the features that each node looks at, above 0, at most 1; at least one.
  double max_features = 1;

  /// Bins of a feature, 2 to 255; missing values have one more.
  std::size_t max_bins = 255;

  /// Features, ascending, whose values are categories: whole numbers from 0 to max_bins - 1. Any
  /// other value is predicted as a missing one.
  std::vector<std::size_t> categorical_features;

  EarlyStopping early_stopping = EarlyStopping::automatic;

  /// Rows set aside for early stopping; of each class the same share.
  Share validation_fraction = 0.1;

  /// Boosting ends when none of so many last rounds is better than the one before them, at least 1,
  /// by more than tol, from 0, of the loss. All trees stay.
  std::size_t n_iter_no_change = 10;
  double tol = 1e-7;

  /// For a regression.
  RegressionLoss loss = RegressionLoss::squared_error;

  /// Balance when a rare class matters as much as a frequent one. Not for regression.
  ClassWeights class_weights = ClassWeighting::none;

  /// Draws the rows that are set aside, and the features where max_features is below 1.
  std::uint64_t seed = 42;

  /// Told of each round that is done; nobody when empty.
  TrainingProgress progress = {};

  /// Threads to train on, 1 to kTrainingThreadCountMax; give as many as there are CPUs. It never
  /// changes the forest.
  std::size_t thread_count = 1;
};

struct TrainedBoosting {
  /// Of float64 features. Sums: one output, or one a class where there are more than two.
  Forest forest;

  /// What makes probabilities or values of the sums.
  Link link;

  /// By feature, the share of its splits in all gains; not negative, sum 1; all 0 when no tree has
  /// a split.
  std::vector<double> feature_importances;

  /// Rounds that were trained: fewer than max_iter when it stopped early, or when no tree could be
  /// split any further.
  std::size_t iteration_count = 0;

  /// The mean loss of the rows set aside, after each round; empty without early stopping. Of
  /// Poisson half the deviance up to a constant, of the squared error half of it.
  std::vector<double> validation_losses;
};

/// Trains a classifier.
///
/// rows     [row_count, feature_count] float64, at least one row; NaN means missing. Every test
///          learns where missing values go; one whose rows have none sends them where more go.
/// classes  one a row, from 0 to class_count - 1; class_count is 2 or more. A class without rows
///          gets next to no probability.
/// Errors: invalid_argument, for a value that is infinite or no category, a class out of range,
/// options out of their ranges; resource_exhausted, when a limit of training/limits.h or
/// model/limits.h is reached. `classes` of another length than `rows` is a programmer's error
/// (ASSERT). Memory: 1 to 2 bytes a value, 16 bytes a row and class, 50 bytes a row, and 16 bytes a
/// bin for each leaf of a tree, where trees of classes are grown side by side for each thread.
/// Source: Friedman, "Greedy function approximation: a gradient boosting machine", 2001; Ke et al.,
/// "LightGBM: a highly efficient gradient boosting decision tree", 2017; scikit-learn 1.9,
/// sklearn/ensemble/_hist_gradient_boosting/gradient_boosting.py, for the rules of early stopping.
[[nodiscard]] Result<TrainedBoosting> train_boosted_classifier(
    MatrixView<const double> rows, std::span<const std::int32_t> classes, std::size_t class_count,
    const BoostingOptions& options);

/// Trains a regressor. As train_boosted_classifier(), but:
///
/// targets  one a row, finite, of at most kTargetMax in magnitude; of Poisson not below 0, and not
///          all 0.
[[nodiscard]] Result<TrainedBoosting> train_boosted_regressor(MatrixView<const double> rows,
                                                              std::span<const double> targets,
                                                              const BoostingOptions& options);

}  // namespace ml_inference
