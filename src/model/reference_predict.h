// SPDX-License-Identifier: MIT
// The specification of a forest's answer: slow, obvious, and what every engine is compared with.
#pragma once

#include "data/matrix.h"
#include "model/forest.h"

#include <span>

namespace ml_inference {

/// Walks every tree for every row, adds the leaf values in float64 in tree order, and divides by
/// the number of trees where the forest averages.
///
/// rows  [row_count, feature_count] float32; NaN means missing.
/// out   [row_count, output_count] float64, row-major; overwritten.
/// Errors: none; shapes that do not fit the forest are a programmer's error (ASSERT).
/// Source: scikit-learn 1.4, sklearn/ensemble/_forest.py (predict_proba, predict) and
/// sklearn/tree/_tree.pyx (_apply_dense).
void reference_predict(const Forest& forest, MatrixView<const float> rows, std::span<double> out);

}  // namespace ml_inference
