// SPDX-License-Identifier: MIT
// Scores of a forest on the rows that its trees did not see.
//
// Source: Breiman, "Out-of-bag estimation", 1996; scikit-learn 1.9, sklearn/ensemble/_forest.py,
// _compute_oob_predictions, but that a row which every tree saw does not count here, where
// scikit-learn counts it as a prediction of the first class or of 0.
#pragma once

#include "data/matrix.h"
#include "model/forest.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ml_inference {

/// By tree and row: whether the tree saw the row.
using Bags = std::vector<std::vector<bool>>;

/// The share of rows whose class the trees that did not see them predict: the class with the
/// highest probability, the first of equals. Nothing when every tree saw every row.
[[nodiscard]] std::optional<double> out_of_bag_accuracy(const Forest& forest,
                                                        MatrixView<const float> rows,
                                                        std::span<const std::int32_t> classes,
                                                        const Bags& bags, std::size_t thread_count);

/// R squared, 1 - squared error / squared deviation from the mean, of the same kind. Where all
/// targets are equal: 1 when they are predicted exactly, 0 otherwise, as scikit-learn's r2_score().
[[nodiscard]] std::optional<double> out_of_bag_r_squared(const Forest& forest,
                                                         MatrixView<const float> rows,
                                                         std::span<const double> targets,
                                                         const Bags& bags,
                                                         std::size_t thread_count);

}  // namespace ml_inference
