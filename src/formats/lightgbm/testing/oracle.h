// SPDX-License-Identifier: MIT
// LightGBM's predictions written down as plainly as they can be, for tests only.
#pragma once

#include "formats/lightgbm/lightgbm_file.h"

#include <boost/json.hpp>

#include <span>
#include <vector>

namespace ml_inference::testing {

/// The num_tree_per_iteration sums of a row: raw_score=True.
/// row  max_feature_idx + 1 values; NaN is missing.
/// Source: LightGBM 4.6, include/LightGBM/tree.h and src/boosting/gbdt_prediction.cpp.
[[nodiscard]] std::vector<double> lightgbm_raw_scores(const LightgbmFile& file,
                                                      std::span<const double> row);

/// The number that LightGBM's Python package makes of a value in a column of categories: the place
/// in the list, NaN when it does not stand there.
[[nodiscard]] double lightgbm_category_code(const std::vector<LightgbmCategory>& categories,
                                            const boost::json::value& value);

}  // namespace ml_inference::testing
