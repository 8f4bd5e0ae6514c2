// SPDX-License-Identifier: MIT
// The answers of an XGBoost file, worked out slowly and plainly from what the file says: what tests
// compare with the library's own.
#pragma once

#include "formats/xgboost/xgboost_file.h"

#include <cstddef>
#include <span>
#include <vector>

namespace ml_inference::testing {

/// The output_count() margins of a row, in the float32 steps of the version that wrote the file.
///
/// row    num_feature values, NaN where one is missing, codes for categories.
/// trees  how many of the trees count, from the first on.
/// Source: XGBoost 1.0.2 to 3.4.1, src/predictor/cpu_predictor.cc, src/gbm/gbtree.cc, gblinear.cc.
[[nodiscard]] std::vector<float> xgboost_margins(const XgboostFile& file,
                                                 std::span<const float> row, std::size_t trees);

}  // namespace ml_inference::testing
