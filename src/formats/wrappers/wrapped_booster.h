// SPDX-License-Identifier: MIT
// XGBoost's and LightGBM's scikit-learn wrappers, and plain Boosters, among Python's objects: the
// library's own file lies in their state.
#pragma once

#include "formats/python/value.h"
#include "model/model.h"

#include <string_view>

namespace ml_inference {

/// Whether an object of this class is one of xgboost's or lightgbm's.
[[nodiscard]] bool is_wrapped_booster(std::string_view class_name);

/// Its model, as the wrapper's predict() answers: with the wrapper's class labels, and with the
/// trees up to its best iteration where training was stopped early.
/// Throws FormatError; messages begin with "xgboost: " or "lightgbm: ".
/// Source: XGBoost 3.2, python-package/xgboost/sklearn.py and core.py (Booster.__getstate__);
/// LightGBM 4.6, python-package/lightgbm/sklearn.py and basic.py (Booster.__getstate__).
/// where  what to call it behind the library's name: "model", "steps[1]".
[[nodiscard]] Model read_wrapped_booster(const PyValue& object, std::string_view where);

}  // namespace ml_inference
