// SPDX-License-Identifier: MIT
#include "model/graph/trees.h"

#include "model/graph/elementwise.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ml_inference {
namespace {

float logistic(float x) {
  const float y = 1 / (1 + std::exp(-std::abs(x)));
  return x < 0 ? 1 - y : y;
}

// The inverse of the normal distribution, as roughly as onnxruntime has it.
float probit(float probability) {
  const float x = 2 * probability - 1;
  const float log = std::log((1 - x) * (1 + x));
  const float v = 2 / (3.14159F * 0.147F) + 0.5F * log;
  const float v2 = 1 / 0.147F * log;
  const float v3 = -v + std::sqrt(v * v - v2);
  return 1.41421356F * ((x < 0 ? -1.0F : 1.0F) * std::sqrt(v3));
}

void make_softmax(std::span<double> scores, bool skips_zeros) {
  float largest = std::numeric_limits<float>::lowest();
  for (const double score : scores) largest = std::max(largest, static_cast<float>(score));
  const float of_zero = std::exp(-largest);
  float sum = 0;
  for (double& score : scores) {
    const auto value = static_cast<float>(score);
    if (skips_zeros && !(value > 1e-7F || value < -1e-7F)) {
      score = static_cast<double>(value * of_zero);
      continue;
    }
    const float power = std::exp(value - largest);
    score = static_cast<double>(power);
    sum += power;
  }
  for (double& score : scores) score = static_cast<double>(static_cast<float>(score) / sum);
}

}  // namespace

void apply_post_transform(PostTransform transform, std::span<double> scores) {
  switch (transform) {
    case PostTransform::none: return;
    case PostTransform::logistic:
      for (double& score : scores) {
        score = static_cast<double>(logistic(static_cast<float>(score)));
      }
      return;
    case PostTransform::probit:
      for (double& score : scores) score = static_cast<double>(probit(static_cast<float>(score)));
      return;
    case PostTransform::softmax: return make_softmax(scores, false);
    case PostTransform::softmax_zero: return make_softmax(scores, true);
  }
}

void Trees::run(std::size_t row_count, std::span<const Operand> in,
                std::span<const OperationResult> out, Workspace& workspace) const {
  // A constant input is one row for all: its operation is folded when the model is read.
  const std::span<const double> values(in[0].data, row_count * in[0].size);
  forest_.predict({values, row_count, in[0].size}, {out[0].data, row_count * out[0].size},
                  workspace);
}

std::optional<double> TreeScores::aggregated(std::span<const double> sums,
                                             std::size_t score) const {
  const std::size_t count = plan_.score_count;
  const bool is_sum = plan_.aggregate == TreeAggregate::sum;
  if (is_sum || plan_.aggregate == TreeAggregate::average) {
    if (plan_.has_counts && sums[count + score] == 0) return std::nullopt;
    if (is_sum) return sums[score];
    return rounded(plan_.sum_type, sums[score] / static_cast<double>(plan_.tree_count));
  }
  // By tree: its scores, and which of them its leaf names.
  const std::size_t width = plan_.has_counts ? 2 * count : count;
  std::optional<double> best;
  for (std::size_t tree = 0; tree < plan_.tree_count; ++tree) {
    if (plan_.has_counts && sums[tree * width + count + score] == 0) continue;
    const double value = sums[tree * width + score];
    const bool is_smallest = plan_.aggregate == TreeAggregate::smallest;
    if (!best || (is_smallest ? value < *best : value > *best)) best = value;
  }
  return best;
}

void TreeScores::run_row(std::size_t row, std::span<const Operand> in,
                         std::span<const OperationResult> out) const {
  const std::span<double> to = out[0].row(row);
  for (std::size_t score = 0; score < to.size(); ++score) {
    const std::optional<double> sum = aggregated(in[0].row(row), score);
    // One of several that no leaf names is 0, whatever its base.
    const bool has_base = !plan_.base.empty() && (sum || to.size() == 1);
    to[score] = sum.value_or(0);
    if (has_base) to[score] = rounded(plan_.sum_type, to[score] + plan_.base[score]);
  }
  // Of a single number onnxruntime makes nothing but a probit.
  if (to.size() > 1 || plan_.transform == PostTransform::probit) {
    apply_post_transform(plan_.transform, to);
  }
  for (double& score : to) score = rounded(plan_.out_type, score);
}

// The label of the largest score among the classes that a leaf or the base names.
double TreeClasses::many(std::span<const double> sums, std::span<double> scores) const {
  const std::size_t count = scores.size();
  const std::vector<double>& base = plan_.scores.base;
  std::size_t best = count;
  double largest = 0;
  for (std::size_t k = 0; k < count; ++k) {
    const bool has_score = !base.empty() || !plan_.scores.has_counts || sums[count + k] != 0;
    const double score = base.empty() ? sums[k] : rounded_sum(sums[k] + base[k]);
    scores[k] = has_score ? score : 0;
    if (has_score && (best == count || score > largest)) {
      best = k;
      largest = score;
    }
  }
  apply_post_transform(plan_.scores.transform, scores);
  return plan_.labels[best == count ? 0 : best];
}

double TreeClasses::two(std::span<const double> sums, std::span<double> scores) const {
  const std::vector<double>& base = plan_.scores.base;
  const std::vector<double>& labels = plan_.labels;
  const PostTransform transform = plan_.scores.transform;
  double first = sums[0];
  double second = sums[1];
  bool has_first = plan_.two != TwoClasses::by_second;
  bool has_second = plan_.two != TwoClasses::by_first;
  if (plan_.scores.has_counts) {
    has_first = sums[2] != 0;
    has_second = sums[3] != 0;
  }
  if (base.size() == 2 && has_second) {
    second = rounded_sum(base[1] + first);
    first = -second;
  } else if (base.size() == 2) {
    first = rounded_sum(first + base[0]);
    second = 0;
  } else if (base.size() == 1) {
    first = rounded_sum(first + base[0]);
  }
  const double decisive = has_second ? second : first;
  const bool is_positive = plan_.two != TwoClasses::by_both && plan_.all_positive;
  const bool is_second = decisive > (is_positive ? 0.5 : 0.0);
  if (has_second || base.size() == 2) {
    scores[0] = has_first ? first : 0;
    scores[1] = second;
    apply_post_transform(transform, scores);
  } else if (transform == PostTransform::logistic) {
    scores[0] = static_cast<double>(logistic(static_cast<float>(-first)));
    scores[1] = static_cast<double>(logistic(static_cast<float>(first)));
  } else {
    scores[0] = is_positive ? rounded_sum(1 - first) : -first;
    scores[1] = first;
  }
  return labels[is_second ? 1 : 0];
}

void TreeClasses::run_row(std::size_t row, std::span<const Operand> in,
                          std::span<const OperationResult> out) const {
  const std::span<double> scores = out[1].row(row);
  out[0].row(row)[0] =
      plan_.two == TwoClasses::no ? many(in[0].row(row), scores) : two(in[0].row(row), scores);
  for (double& score : scores) score = rounded(plan_.scores.out_type, score);
}

void LinearClasses::run_row(std::size_t row, std::span<const Operand> in,
                            std::span<const OperationResult> out) const {
  const std::span<const double> products = in[0].row(row);
  const std::span<double> scores = out[1].row(row);
  double& label = out[0].row(row)[0];
  if (products.size() == 1) {
    label = plan_.labels[products[0] > 0 ? 1 : 0];
    if (!plan_.adds_second) {
      scores[0] = products[0];
      if (plan_.transform == PostTransform::probit) apply_post_transform(plan_.transform, scores);
      return;
    }
  }
  if (plan_.adds_second) {
    // Whatever the transform.
    scores[1] = products[0];
    scores[0] = rounded(ElementType::float32, 1 - products[0]);
    return;
  }
  std::size_t best = 0;
  for (std::size_t k = 0; k < products.size(); ++k) {
    if (products[k] > products[best]) best = k;
  }
  label = plan_.labels[best];
  std::ranges::copy(products, scores.begin());
  if (plan_.transform == PostTransform::logistic) {
    std::ranges::transform(scores, scores.begin(), unary_function("Sigmoid", ElementType::float32));
  } else {
    apply_post_transform(plan_.transform, scores);
  }
}

void Transformed::run_row(std::size_t row, std::span<const Operand> in,
                          std::span<const OperationResult> out) const {
  std::ranges::copy(in[0].row(row), out[0].row(row).begin());
  apply_post_transform(transform_, out[0].row(row));
}

}  // namespace ml_inference
