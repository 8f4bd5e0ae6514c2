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
};

/// A forest whose thresholds are drawn from few values, so that rows often lie on or next to one.
[[nodiscard]] Forest make_random_forest(const RandomForestShape& shape, std::uint64_t seed);

/// row_count x feature_count values: numbers on the thresholds of make_random_forest(), one float32
/// beside them, far away, infinite and missing.
[[nodiscard]] std::vector<float> make_random_rows(std::size_t row_count, std::size_t feature_count,
                                                  std::uint64_t seed);

}  // namespace ml_inference::testing
