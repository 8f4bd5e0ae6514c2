// SPDX-License-Identifier: MIT
// What a forest answers for the rows that its trees did not see.
//
// Source: Breiman, "Out-of-bag estimation", 1996; scikit-learn 1.9, sklearn/ensemble/_forest.py,
// _compute_oob_predictions, but that a row which every tree saw does not count here, where
// scikit-learn counts it as a prediction of the first class or of 0.
#pragma once

#include "data/matrix.h"
#include "model/forest.h"
#include "training/evaluation.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace ml_inference {

/// By tree and row: whether the tree saw the row.
using Bags = std::vector<std::vector<bool>>;

/// Scores the averages of the trees that did not see each row, over the rows that some tree did not
/// see. Nothing when every tree saw every row.
/// Memory: row_count x output_count float64.
[[nodiscard]] std::optional<Evaluation> evaluate_out_of_bag(const Forest& forest,
                                                            MatrixView<const float> rows,
                                                            std::span<const std::int32_t> classes,
                                                            const Bags& bags,
                                                            std::size_t thread_count);
[[nodiscard]] std::optional<Evaluation> evaluate_out_of_bag(const Forest& forest,
                                                            MatrixView<const float> rows,
                                                            std::span<const double> targets,
                                                            const Bags& bags,
                                                            std::size_t thread_count);

}  // namespace ml_inference
