// SPDX-License-Identifier: MIT
#include "training/evaluation.h"

#include "base/assert.h"
#include "model/predicted_class.h"

#include <cmath>

namespace ml_inference {
namespace {

constexpr std::array kClassMetrics{Metric::accuracy, Metric::log_loss, Metric::roc_auc};
constexpr std::array kNumberMetrics{Metric::r_squared, Metric::root_mean_squared_error};

std::optional<double>& score_of(Evaluation& evaluation, Metric metric) {
  return evaluation.scores[static_cast<std::size_t>(metric)];
}

}  // namespace

std::string_view metric_name(Metric metric) {
  switch (metric) {
    case Metric::accuracy: return "accuracy";
    case Metric::log_loss: return "log loss";
    case Metric::roc_auc: return "ROC AUC";
    case Metric::root_mean_squared_error: return "RMSE";
    case Metric::r_squared: return "R2";
  }
  ASSERT(false);
}

std::span<const Metric> metrics_of(Task task) {
  if (task == Task::classification) return kClassMetrics;
  return kNumberMetrics;
}

Evaluation evaluate(std::span<const std::int32_t> classes, MatrixView<const double> probabilities) {
  std::vector<std::int32_t> predicted(classes.size());
  Evaluation evaluation{.row_count = classes.size()};
  for (std::size_t row = 0; row < classes.size(); ++row) {
    predicted[row] = static_cast<std::int32_t>(first_largest(probabilities.row(row)));
    evaluation.confusion.add(classes[row], predicted[row]);
  }
  score_of(evaluation, Metric::accuracy) = accuracy(classes, predicted);
  score_of(evaluation, Metric::log_loss) = log_loss(classes, probabilities);
  score_of(evaluation, Metric::roc_auc) = roc_auc(classes, probabilities);
  return evaluation;
}

Evaluation evaluate(std::span<const double> targets, std::span<const double> predicted) {
  Evaluation evaluation{.row_count = targets.size()};
  score_of(evaluation, Metric::root_mean_squared_error) =
      root_mean_squared_error(targets, predicted);
  score_of(evaluation, Metric::r_squared) = r_squared(targets, predicted);
  return evaluation;
}

std::optional<MeanScore> mean_score(std::span<const Evaluation> evaluations, Metric metric) {
  MeanScore score;
  for (const Evaluation& evaluation : evaluations) {
    const std::optional<double> value = evaluation.score(metric);
    if (!value) continue;
    score.mean += *value;
    ++score.count;
  }
  if (score.count == 0) return std::nullopt;
  const auto count = static_cast<double>(score.count);
  score.mean /= count;
  for (const Evaluation& evaluation : evaluations) {
    if (const std::optional<double> value = evaluation.score(metric)) {
      score.deviation += (*value - score.mean) * (*value - score.mean);
    }
  }
  score.deviation = std::sqrt(score.deviation / count);
  return score;
}

ConfusionMatrix summed_confusion(std::span<const Evaluation> evaluations) {
  ConfusionMatrix sum;
  for (const Evaluation& evaluation : evaluations) sum.add(evaluation.confusion);
  return sum;
}

}  // namespace ml_inference
