// SPDX-License-Identifier: MIT
// What a forest's nodes ask of a row, in one place: the reference and the plain engine walk by
// these words, and every other engine is compared with them.
//
// The way of a value through a test, in this order:
//   missing       NaN, and every |value| <= zero_magnitude where the test says that zero is
//                 missing: to the side that the test names.
//   categorical   the value becomes a code by the forest's CategoryRule. A code within the test's
//                 set goes left when its bit is 1 and right when it is 0; a value without a code,
//                 or whose code lies behind the end of the set, is a stranger and goes to the side
//                 that the test names for strangers.
//   numerical     left when value <= threshold, or where the test is strict when value < threshold;
//                 both are rounded float32 or float64 numbers and compared in float64, which is
//                 exact. Subnormal numbers count, and -0.0 equals 0.0.
//
// What readers make of their libraries' own rules:
//   scikit-learn  `<=`, float32 values against float64 thresholds. HistGradientBoosting: float64;
//                 each of the 256 codes has a bit, that of an unknown one by the missing direction.
//   XGBoost       `<`, float32 throughout; categories of a node go right: its set holds the others.
//   LightGBM      `<=`, float64. Missing type None, where NaN counts as 0.0: missing_goes_left is
//                 0.0 <= threshold. Missing type Zero: zero_is_missing.
//   A threshold that is NaN, which no number passes, is written as `< -infinity`.
#pragma once

#include "model/forest.h"

#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ml_inference {

/// The code that a value, not NaN, of a categorical feature stands for, if any.
/// Source: LightGBM 4.6, include/LightGBM/tree.h, CategoricalDecision; XGBoost 3.0,
/// src/common/categorical.h, InvalidCat and AsCat; scikit-learn 1.7,
/// sklearn/ensemble/_hist_gradient_boosting/_predictor.pyx, _predict_one_from_raw_data.
[[nodiscard]] inline std::optional<std::uint32_t> category_code(CategoryRule rule, double value) {
  constexpr double kEnd = 2147483648.0;  // of int32
  const bool fits = value > -kEnd - 1 && value < kEnd;
  if (rule == CategoryRule::byte_not_negative && value < 0) return std::nullopt;
  if (rule == CategoryRule::byte || rule == CategoryRule::byte_not_negative) {
    return fits ? static_cast<std::uint8_t>(static_cast<std::int32_t>(value)) : 0;
  }
  if (rule == CategoryRule::whole && value != std::trunc(value)) return std::nullopt;
  const bool is_negative = rule == CategoryRule::truncated ? value <= -1 : value < 0;
  if (!fits || is_negative) return std::nullopt;
  return static_cast<std::uint32_t>(static_cast<std::int32_t>(value));
}

/// Where a categorical test sends a value that is not NaN.
[[nodiscard]] inline bool category_goes_left(const Forest& forest, const ForestNode& test,
                                             double value) {
  const std::span<const std::uint32_t> set = forest.category_set(test.category_set());
  const std::optional<std::uint32_t> code = category_code(forest.shape().category_rule, value);
  if (!code || *code / 32 >= set.size()) return test.strangers_go_left();
  return (set[*code / 32] >> (*code % 32) & 1) != 0;
}

/// Where a test sends a value, which the caller has rounded to the forest's feature_type.
[[nodiscard]] inline bool goes_left(const Forest& forest, const ForestNode& test, double value) {
  if (std::isnan(value)) return test.missing_goes_left();
  if (test.is_categorical()) return category_goes_left(forest, test, value);
  if (test.zero_is_missing() && std::abs(value) <= forest.shape().zero_magnitude) {
    return test.missing_goes_left();
  }
  return test.is_strict() ? value < test.threshold() : value <= test.threshold();
}

/// The leaf of one tree that a row reaches.
/// row  feature_count values of the forest's feature_type, as float or as double.
template <class T>
[[nodiscard]] const ForestNode& leaf_reached(const Forest& forest, std::size_t root,
                                             std::span<const T> row) {
  const ForestNode* node = &forest.nodes()[root];
  while (!node->is_leaf()) {
    const auto value = static_cast<double>(row[node->feature()]);
    node = &forest.nodes()[goes_left(forest, *node, value) ? node->left() : node->right()];
  }
  return *node;
}

/// What a linear leaf gives a row: its sum, or its plain value when a feature in it is missing.
/// Source: LightGBM 4.6, include/LightGBM/tree.h, Tree::Predict.
template <class T>
[[nodiscard]] double linear_value(const Forest& forest, const ForestNode& leaf,
                                  std::span<const T> row) {
  const LinearLeaf linear = forest.linear_leaf(leaf);
  double sum = linear.constant;
  for (std::size_t term = 0; term < linear.features.size(); ++term) {
    const auto value = static_cast<double>(row[linear.features[term]]);
    if (std::isnan(value)) return forest.leaf_values(leaf.leaf()).front();
    sum += linear.coefficients[term] * value;
  }
  return sum;
}

/// By output, what its sum is divided by: the number of trees that add to it where the forest
/// averages, else 1.
[[nodiscard]] std::vector<double> divisors(const Forest& forest);

}  // namespace ml_inference
