// SPDX-License-Identifier: MIT
// Forests and rows for tests: valid, otherwise arbitrary, the same for the same seed.
#pragma once

#include "model/forest.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ml_inference::testing {

/// The shape of a random forest; every field is drawn anew for each seed where it says "up to".
struct RandomForestShape {
  std::size_t feature_count = 4;
  std::size_t output_count = 3;
  std::size_t tree_count = 10;
  std::size_t depth = 6;  ///< up to
  Aggregation aggregation = Aggregation::average;
  std::size_t leaf_width = 0;  ///< below output_count: trees take the outputs in turn
  NumberType feature_type = NumberType::float32;
  NumberType sum_type = NumberType::float64;
  CategoryRule category_rule = CategoryRule::truncated;
  bool has_base = false;
  bool base_last = false;

  // Whether some nodes are so:
  bool strict = false;
  bool zero_is_missing = false;
  bool categorical = false;
  bool linear = false;
};

/// A forest whose thresholds are drawn from few values, so that rows often lie on or next to one.
[[nodiscard]] Forest make_random_forest(const RandomForestShape& shape, std::uint64_t seed);

/// row_count x feature_count values: numbers on the thresholds of make_random_forest(), one float32
/// beside them, far away, infinite and missing.
[[nodiscard]] std::vector<float> make_random_rows(std::size_t row_count, std::size_t feature_count,
                                                  std::uint64_t seed);

/// The same in float64, and numbers at which rules differ: codes of all kinds, next to zero, too
/// large for other types.
[[nodiscard]] std::vector<double> make_random_double_rows(std::size_t row_count,
                                                          std::size_t feature_count,
                                                          std::uint64_t seed);

}  // namespace ml_inference::testing
