// SPDX-License-Identifier: MIT
// What all trees of a forest have in common: how wide they are, and in which numbers they compute.
#pragma once

#include "model/number_type.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ml_inference {

/// How the leaves that one row reaches become the forest's outputs.
enum class Aggregation : std::uint8_t {
  sum,      ///< the leaf values added up, in tree order
  average,  ///< the sum divided by the number of trees that add to the output
};

/// How the value of a categorical feature becomes a code, a number from 0. NaN never has one.
enum class CategoryRule : std::uint8_t {
  truncated,     ///< cut towards zero: -0.9 is code 0, from -1 down there is none (LightGBM)
  not_negative,  ///< below 0 there is none, otherwise cut (XGBoost)
  byte,  ///< cut towards zero, of that the low 8 bits: 256 is code 0, -1 is code 255; 0 from
         ///< 2^31 on, either way (HistGradientBoosting: a C cast to uint8 on x86-64)
  byte_not_negative,  ///< below 0 there is none, otherwise as a byte (since scikit-learn 1.2)
  whole,              ///< below 0 there is none, nor for what is no whole number (ONNX: equality)
};

/// The largest number that counts as zero where zero is missing.
/// Source: LightGBM 4.6, include/LightGBM/meta.h, kZeroThreshold: a float32 in a float64.
inline constexpr double kZeroMagnitudeMax = 1e-35F;

/// A plain value; ForestBuilder says whether it makes sense.
struct ForestShape {
  std::size_t feature_count = 0;  ///< columns of a row
  std::size_t output_count = 0;   ///< numbers that the forest gives a row

  /// Values of a leaf: output_count, for which 0 may stand, when each tree adds to all outputs; or
  /// fewer, usually 1, when each tree adds to as many, from its own first output on.
  std::size_t leaf_width = 0;

  Aggregation aggregation = Aggregation::sum;

  /// What the values of a row are rounded to before anything is asked of them.
  NumberType feature_type = NumberType::float32;

  /// What sums are carried in: each leaf value, each addition and the division are rounded to it.
  NumberType sum_type = NumberType::float64;

  CategoryRule category_rule = CategoryRule::truncated;

  /// Up to which magnitude a number is zero for tests where zero is missing.
  double zero_magnitude = kZeroMagnitudeMax;

  /// What each sum starts with: output_count values, or empty for zeros. Not for an average.
  std::vector<double> base = {};

  /// Whether the base is added behind the last tree, to a sum that starts with 0 (XGBoost up to
  /// 1.2).
  bool base_last = false;

  /// Whether leaves may hold infinities and NaN. Most libraries never write them: there they are a
  /// broken file.
  bool takes_any_leaf_value = false;

  bool operator==(const ForestShape&) const = default;
};

}  // namespace ml_inference
