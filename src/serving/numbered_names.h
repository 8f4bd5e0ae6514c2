// SPDX-License-Identifier: MIT
#pragma once

#include "model/schema.h"

#include <optional>
#include <string_view>

namespace ml_inference {

/// What stands before the numbers where the features are called as in a file that names none: "x0",
/// "x1" ... as our readers number them, or "f0" and "Column_0" as XGBoost and LightGBM do. Whoever
/// sends rows by name can then hardly know these names. Nothing where they are called otherwise.
/// Cost: linear in the features.
[[nodiscard]] std::optional<std::string_view> numbered_name_prefix(const Schema& schema);

}  // namespace ml_inference
