// SPDX-License-Identifier: MIT
// Trains random forests and extremely randomized trees: rows -> forest.
//
// The parameters and their meaning are those of scikit-learn's RandomForestClassifier,
// ExtraTreesClassifier and their regressors; docs/training.md compares the two. The random numbers
// are our own, so that the same seed does not give scikit-learn's forest, but gives ours on every
// machine and with any number of threads, bit for bit.
#pragma once

#include "base/result.h"
#include "data/matrix.h"
#include "model/forest.h"
#include "training/evaluation.h"
#include "training/progress.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace ml_inference {

/// What a split of a classification tree makes smaller. A regression always takes the squared
/// error.
enum class ClassCriterion { gini, entropy };

/// Which cut of a feature a split may take.
enum class Splitter {
  best,    ///< the best one: a random forest
  random,  ///< one at random: extremely randomized trees
};

/// How many features a split looks at, by a rule.
enum class FeatureRule {
  automatic,    ///< square_root for classification, all for regression, as in scikit-learn
  square_root,  ///< of the number of features, rounded down
  logarithm,    ///< to the base 2, rounded down, at least 1
  all,
};

/// A fraction of a whole, above 0 and at most 1, or a count, from 1 to the whole.
using Share = std::variant<double, std::size_t>;

/// Weights by a rule.
enum class ClassWeighting {
  none,      ///< every row counts the same
  balanced,  ///< rows / (classes x rows of the class): every class counts the same
};

/// A weight for each class, by rule or one by one, within 1/kClassWeightMax and kClassWeightMax.
using ClassWeights = std::variant<ClassWeighting, std::vector<double>>;

/// How to grow a forest. The defaults are scikit-learn's and suit most data.
struct ForestOptions {
  /// More trees: a steadier answer, and time and memory in proportion. 1 to kTreeCountMax.
  std::size_t tree_count = 100;

  /// Another seed, another forest. Change it to see how much of a score is luck.
  std::uint64_t seed = 42;

  /// Threads to train on, 1 to kTrainingThreadCountMax; give as many as there are CPUs. It never
  /// changes the forest.
  std::size_t thread_count = 1;

  /// Random cuts: trees that differ more and take less time, smoother answers, more nodes. With
  /// them one rarely wants bootstrap: see extra_trees_options().
  Splitter splitter = Splitter::best;

  /// Entropy rarely gives another accuracy and takes longer. Not for regression.
  ClassCriterion criterion = ClassCriterion::gini;

  /// Fewer: trees that differ more, which a noisy set wants; more: better trees where few features
  /// matter. At least one feature that is not constant is always looked at.
  std::variant<FeatureRule, double, std::size_t> max_features = FeatureRule::automatic;

  /// Whether each tree sees as many rows as there are, drawn with replacement. Without, trees
  /// differ by their features only.
  bool bootstrap = true;

  /// Rows drawn for each tree; all of them when not set. Less: faster trees that differ more. Only
  /// with bootstrap.
  std::optional<Share> max_samples;

  /// Tests from the root to a leaf, at least 1; no limit when not set. Set it to keep the model
  /// small.
  std::optional<std::size_t> max_depth;

  /// A node of fewer different rows becomes a leaf. At least 2.
  std::size_t min_samples_split = 2;

  /// No split leaves a side with fewer different rows. At least 1; more smooths a regression.
  std::size_t min_samples_leaf = 1;

  /// Leaves of a tree, at least 2; no limit when not set. The nodes whose split takes away the most
  /// impurity are split first.
  std::optional<std::size_t> max_leaf_nodes;

  /// A split must take away at least so much impurity, weighted by the node's share of the rows.
  double min_impurity_decrease = 0;

  /// Balance when a rare class matters as much as a frequent one. Not for regression.
  ClassWeights class_weights = ClassWeighting::none;

  /// Whether to score the forest on rows that its trees did not see: a fair estimate without a test
  /// set, for a few percent more time. Only with bootstrap.
  bool out_of_bag_score = false;

  /// Told of each tree that has grown; nobody when empty.
  TrainingProgress progress;
};

/// The defaults of scikit-learn's ExtraTreesClassifier and ExtraTreesRegressor: random cuts, and
/// every tree sees all rows.
/// Source: Geurts, Ernst and Wehenkel, "Extremely randomized trees", 2006.
[[nodiscard]] inline ForestOptions extra_trees_options() {
  return {.splitter = Splitter::random, .bootstrap = false};
}

struct TrainedForest {
  /// Classification: class probabilities. Regression: one value. Trees are averaged.
  Forest forest;

  /// By feature, how much of the impurity its splits took away: not negative, sum 1; all 0 when no
  /// tree has a split.
  std::vector<double> feature_importances;

  /// The scores of predictions made for each row by the trees that did not see it. Not there when
  /// not asked for, or when every tree saw every row. A row that every tree saw does not count.
  std::optional<Evaluation> out_of_bag;
};

/// Trains a classifier.
///
/// rows     [row_count, feature_count] float32, at least one row; NaN means missing. If any value
///          is missing, every test learns where missing values go, as scikit-learn 1.4 does;
///          otherwise missing_goes_left is false everywhere. Random cuts send them to either side
///          by chance, as scikit-learn 1.6 does.
/// classes  one a row, from 0 to class_count - 1; a class without rows gets the probability 0.
/// Errors: invalid_argument, for a value that is infinite, a class out of range, options out of
/// their ranges or against each other; resource_exhausted, when a limit of training/limits.h or
/// model/limits.h is reached. `classes` of another length than `rows` is a programmer's error
/// (ASSERT). Memory: about 4 bytes a value and 32 bytes a node beside the forest.
/// Source: Breiman, "Random forests", 2001; scikit-learn 1.9, sklearn/ensemble/_forest.py.
[[nodiscard]] Result<TrainedForest> train_classifier(MatrixView<const float> rows,
                                                     std::span<const std::int32_t> classes,
                                                     std::size_t class_count,
                                                     const ForestOptions& options);

/// Trains a regressor. As train_classifier(), but:
///
/// targets  one a row, finite, of at most kTargetMax in magnitude.
[[nodiscard]] Result<TrainedForest> train_regressor(MatrixView<const float> rows,
                                                    std::span<const double> targets,
                                                    const ForestOptions& options);

}  // namespace ml_inference
