// SPDX-License-Identifier: MIT
#pragma once

#include "base/result.h"
#include "model/schema.h"
#include "training/train_forest.h"
#include "training/tree_grower.h"

#include <cstddef>

namespace ml_inference {

/// ForestOptions as numbers, for rows of a known count.
struct GrowthPlan {
  GrowthLimits limits;
  std::size_t sample_count = 0;  ///< rows to draw for each tree
};

/// Checks the options and works out what they mean for row_count rows (at least one) of
/// feature_count features (at least one).
/// Errors: invalid_argument, naming the option, the range and what it was.
/// Source: scikit-learn 1.9, sklearn/tree/_classes.py (fit) and sklearn/ensemble/_forest.py
/// (_get_n_samples_bootstrap), for the rounding.
[[nodiscard]] Result<GrowthPlan> make_growth_plan(const ForestOptions& options, Task task,
                                                  std::size_t row_count, std::size_t feature_count);

}  // namespace ml_inference
