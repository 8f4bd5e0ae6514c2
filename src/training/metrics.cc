// SPDX-License-Identifier: MIT
#include "training/metrics.h"

#include "base/assert.h"
#include "training/portable_log.h"

#include <algorithm>
#include <cmath>
#include <compare>
#include <limits>
#include <numbers>
#include <numeric>

namespace ml_inference {
namespace {

double mean_of(std::span<const double> values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double squared_error(std::span<const double> targets, std::span<const double> predicted) {
  double sum = 0;
  for (std::size_t row = 0; row < targets.size(); ++row) {
    const double error = targets[row] - predicted[row];
    sum += error * error;
  }
  return sum;
}

// One class's column of a matrix.
std::vector<double> column_of(MatrixView<const double> matrix, std::size_t column) {
  std::vector<double> values(matrix.row_count());
  for (std::size_t row = 0; row < values.size(); ++row) values[row] = matrix.row(row)[column];
  return values;
}

std::optional<double> one_against_rest(std::span<const std::int32_t> classes,
                                       MatrixView<const double> probabilities, std::size_t number) {
  std::vector<bool> is_positive;
  is_positive.reserve(classes.size());
  for (const std::int32_t row_class : classes) {
    is_positive.push_back(static_cast<std::size_t>(row_class) == number);
  }
  return roc_auc(is_positive, column_of(probabilities, number));
}

}  // namespace

double accuracy(std::span<const std::int32_t> classes, std::span<const std::int32_t> predicted) {
  ASSERT(!classes.empty() && classes.size() == predicted.size());
  std::size_t right_count = 0;
  for (std::size_t row = 0; row < classes.size(); ++row) {
    if (classes[row] == predicted[row]) ++right_count;
  }
  return static_cast<double>(right_count) / static_cast<double>(classes.size());
}

double log_loss(std::span<const std::int32_t> classes, MatrixView<const double> probabilities) {
  ASSERT(!classes.empty() && classes.size() == probabilities.row_count());
  constexpr double kLeast = std::numeric_limits<double>::epsilon();
  double sum = 0;
  for (std::size_t row = 0; row < classes.size(); ++row) {
    const double probability = probabilities.row(row)[static_cast<std::size_t>(classes[row])];
    sum -= portable_log2(std::clamp(probability, kLeast, 1 - kLeast));
  }
  return sum * std::numbers::ln2 / static_cast<double>(classes.size());
}

std::optional<double> roc_auc(const std::vector<bool>& is_positive,
                              std::span<const double> scores) {
  ASSERT(is_positive.size() == scores.size());
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&scores](std::size_t a, std::size_t b) {
    return std::strong_order(scores[a], scores[b]) < 0;
  });
  // Pairs of a negative row and a positive one with a higher score, in halves: a tie is one half.
  // Whole numbers, so that nothing is rounded before the division.
  std::uint64_t half_pair_count = 0;
  std::uint64_t positive_count = 0;
  std::uint64_t negative_count = 0;
  for (std::size_t begin = 0; begin < order.size();) {
    std::size_t end = begin;
    std::uint64_t positives = 0;
    for (; end < order.size() && scores[order[end]] == scores[order[begin]]; ++end) {
      if (is_positive[order[end]]) ++positives;
    }
    end = std::max(end, begin + 1);  // where NaN, which the contract excludes, equals nothing
    const std::uint64_t negatives = end - begin - positives;
    half_pair_count += positives * (2 * negative_count + negatives);
    positive_count += positives;
    negative_count += negatives;
    begin = end;
  }
  if (positive_count == 0 || negative_count == 0) return std::nullopt;
  return static_cast<double>(half_pair_count) / 2 /
         (static_cast<double>(positive_count) * static_cast<double>(negative_count));
}

std::optional<double> roc_auc(std::span<const std::int32_t> classes,
                              MatrixView<const double> probabilities) {
  ASSERT(!classes.empty() && classes.size() == probabilities.row_count());
  const std::size_t class_count = probabilities.column_count();
  if (class_count < 2) return std::nullopt;
  if (class_count == 2) return one_against_rest(classes, probabilities, 1);
  double sum = 0;
  for (std::size_t number = 0; number < class_count; ++number) {
    const std::optional<double> area = one_against_rest(classes, probabilities, number);
    if (!area) return std::nullopt;
    sum += *area;
  }
  return sum / static_cast<double>(class_count);
}

double root_mean_squared_error(std::span<const double> targets, std::span<const double> predicted) {
  ASSERT(!targets.empty() && targets.size() == predicted.size());
  return std::sqrt(squared_error(targets, predicted) / static_cast<double>(targets.size()));
}

std::optional<double> r_squared(std::span<const double> targets,
                                std::span<const double> predicted) {
  ASSERT(!targets.empty() && targets.size() == predicted.size());
  if (targets.size() < 2) return std::nullopt;
  const double error = squared_error(targets, predicted);
  const double mean = mean_of(targets);
  double deviation = 0;
  for (const double target : targets) deviation += (target - mean) * (target - mean);
  if (error == 0) return 1.0;
  if (deviation == 0) return 0.0;
  return 1 - error / deviation;
}

}  // namespace ml_inference
