// SPDX-License-Identifier: MIT
// Whether the parts of an XGBoost file fit together.
#pragma once

#include "formats/xgboost/xgboost_file.h"

#include <string_view>

namespace ml_inference {

/// Throws FormatError, invalid_argument: "xgboost: there is no learner.objective.name".
[[noreturn]] void refuse_missing_xgboost_key(std::string_view path);

/// The booster by its name in the file, and by whether there are weights of trees: since 3.4 a
/// booster with dropout calls itself gbtree.
/// Throws FormatError: invalid_argument without a name, unimplemented for another one.
[[nodiscard]] XgboostBooster xgboost_booster(std::string_view name, const XgboostFile& file);

/// Checks what no single part can know: that features, outputs, trees, weights and names are as
/// many as the others say, and that every test is of a feature that exists.
/// Throws FormatError, invalid_argument.
/// Cost: linear.
void check_xgboost_file(const XgboostFile& file);

}  // namespace ml_inference
