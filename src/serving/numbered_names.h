// SPDX-License-Identifier: MIT
#pragma once

#include "model/schema.h"

namespace ml_inference {

/// Whether the features are called as in a file that names none: "x0", "x1" ... as our readers
/// number them, or "f0" and "Column_0" as XGBoost and LightGBM do. Whoever sends rows by name can
/// then hardly know these names. Cost: linear in the features.
[[nodiscard]] bool has_numbered_names(const Schema& schema);

}  // namespace ml_inference
