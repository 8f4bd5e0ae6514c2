// SPDX-License-Identifier: MIT
// What answers are worth, beside what was to be answered: all metrics of a task at once.
//
// Whoever made the answers does not matter here: they are numbers, as a model gives them.
#pragma once

#include "data/matrix.h"
#include "model/schema.h"
#include "training/metrics.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ml_inference {

enum class Metric { accuracy, log_loss, roc_auc, root_mean_squared_error, r_squared };

inline constexpr std::size_t kMetricCount = 5;

/// For people: "accuracy", "log loss", "ROC AUC", "RMSE", "R2".
[[nodiscard]] std::string_view metric_name(Metric metric);

/// The metrics of a task, the one that trainings are compared by first: accuracy, or R squared.
[[nodiscard]] std::span<const Metric> metrics_of(Task task);

/// Scores on some rows.
struct Evaluation {
  std::size_t row_count = 0;

  /// By Metric; nothing where the task has none such, or the rows do not define it.
  std::array<std::optional<double>, kMetricCount> scores;

  /// Classification: what was taken for what.
  ConfusionMatrix confusion;

  [[nodiscard]] std::optional<double> score(Metric metric) const {
    return scores[static_cast<std::size_t>(metric)];
  }
};

/// Scores a classification by probabilities [row_count, class_count], of at least one row. The
/// class predicted is the one with the highest probability, the first of equals.
[[nodiscard]] Evaluation evaluate(std::span<const std::int32_t> classes,
                                  MatrixView<const double> probabilities);

/// Scores a regression, of at least one row.
[[nodiscard]] Evaluation evaluate(std::span<const double> targets,
                                  std::span<const double> predicted);

/// One metric over several evaluations.
struct MeanScore {
  double mean = 0;
  double deviation = 0;   ///< standard deviation, of the evaluations themselves (ddof=0)
  std::size_t count = 0;  ///< evaluations that have the metric
};

/// Nothing when none of them has the metric.
/// Source: numpy, mean() and std(), as scikit-learn's GridSearchCV reports scores.
[[nodiscard]] std::optional<MeanScore> mean_score(std::span<const Evaluation> evaluations,
                                                  Metric metric);

/// The rows of all evaluations in one matrix.
[[nodiscard]] ConfusionMatrix summed_confusion(std::span<const Evaluation> evaluations);

}  // namespace ml_inference
