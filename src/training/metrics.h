// SPDX-License-Identifier: MIT
// How good answers are, in the numbers that scikit-learn has for it, by its definitions.
//
// Everything here takes at least one row, and as many answers as rows (ASSERT), none of them NaN.
// The same answers give the same bits on every machine.
// Source: scikit-learn 1.9, sklearn/metrics: accuracy_score, log_loss, roc_auc_score,
// confusion_matrix, root_mean_squared_error, r2_score.
#pragma once

#include "data/matrix.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace ml_inference {

/// The share of rows whose class is the one predicted.
[[nodiscard]] double accuracy(std::span<const std::int32_t> classes,
                              std::span<const std::int32_t> predicted);

/// The mean of -ln(p), p being the probability given to the class of the row, brought within
/// 2^-52 and 1 - 2^-52: what is said with certainty, and wrong, costs 36 instead of infinity.
///
/// probabilities  [row_count, class_count].
[[nodiscard]] double log_loss(std::span<const std::int32_t> classes,
                              MatrixView<const double> probabilities);

/// The area under the ROC curve of scores for two classes: how likely a positive row has a higher
/// score than a negative one, equal scores counting half. Nothing unless there are rows of both.
/// Cost: a sort of the rows.
[[nodiscard]] std::optional<double> roc_auc(const std::vector<bool>& is_positive,
                                            std::span<const double> scores);

/// The same of probabilities [row_count, class_count]: of two classes the second one's; of more,
/// the mean over the classes of each against the rest (multi_class="ovr", average="macro"). Nothing
/// unless each class has a row and there are two classes or more.
[[nodiscard]] std::optional<double> roc_auc(std::span<const std::int32_t> classes,
                                            MatrixView<const double> probabilities);

/// The root of the mean squared error.
[[nodiscard]] double root_mean_squared_error(std::span<const double> targets,
                                             std::span<const double> predicted);

/// R squared, 1 - squared error / squared deviation from the mean. Where all targets are equal: 1
/// when they are predicted exactly, 0 otherwise. Nothing of a single row.
[[nodiscard]] std::optional<double> r_squared(std::span<const double> targets,
                                              std::span<const double> predicted);

/// How many rows of each class were taken for which. Holds only pairs that occur: thousands of
/// classes take no thousands squared.
class ConfusionMatrix {
 public:
  using Pair = std::pair<std::int32_t, std::int32_t>;  ///< the class, and the predicted one

  void add(std::int32_t row_class, std::int32_t predicted, std::size_t row_count = 1) {
    counts_[{row_class, predicted}] += row_count;
  }

  /// Adds the rows of another one.
  void add(const ConfusionMatrix& other) {
    for (const auto& [pair, row_count] : other.counts_) counts_[pair] += row_count;
  }

  [[nodiscard]] std::size_t row_count(std::int32_t row_class, std::int32_t predicted) const {
    const auto found = counts_.find({row_class, predicted});
    return found == counts_.end() ? 0 : found->second;
  }

  /// The pairs that occur, in ascending order.
  [[nodiscard]] const std::map<Pair, std::size_t>& counts() const { return counts_; }

  bool operator==(const ConfusionMatrix&) const = default;

 private:
  std::map<Pair, std::size_t> counts_;
};

}  // namespace ml_inference
