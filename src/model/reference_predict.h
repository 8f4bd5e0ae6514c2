// SPDX-License-Identifier: MIT
// The specification of a forest's answer: slow, obvious, and what every engine is compared with.
#pragma once

#include "data/matrix.h"
#include "model/forest.h"

#include <span>

namespace ml_inference {

/// Rounds every row to the forest's feature_type, walks every tree (model/forest_walk.h), and adds
/// the leaf values in the forest's sum_type: to the base or to 0, in tree order, each rounded
/// before and the sum after the addition. Divides where the forest averages.
///
/// rows  [row_count, feature_count] float32 or float64; NaN means missing.
/// out   [row_count, output_count] float64, row-major; overwritten. The sums: what a model makes of
///       them is its link (model/link.h).
/// Errors: none; shapes that do not fit the forest are a programmer's error (ASSERT).
/// Source: scikit-learn 1.7, sklearn/ensemble/_forest.py (predict_proba, predict),
/// sklearn/tree/_tree.pyx (_apply_dense), sklearn/ensemble/_gradient_boosting.pyx; XGBoost 3.0,
/// src/predictor/cpu_predictor.cc; LightGBM 4.6, src/boosting/gbdt_prediction.cpp.
void reference_predict(const Forest& forest, MatrixView<const float> rows, std::span<double> out);
void reference_predict(const Forest& forest, MatrixView<const double> rows, std::span<double> out);

/// The same of a forest that sums up and has no base: what stands in `sums` is what the trees are
/// added to.
void reference_add(const Forest& forest, MatrixView<const double> rows, std::span<double> sums);

}  // namespace ml_inference
