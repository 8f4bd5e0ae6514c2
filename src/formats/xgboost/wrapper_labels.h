// SPDX-License-Identifier: MIT
// The class labels that XGBoost's scikit-learn wrapper has kept in a model file.
#pragma once

#include "model/schema.h"

#include <string_view>
#include <vector>

namespace ml_inference {

/// The labels of the wrapper's label encoder, `_le.classes_`, in the order of the classes; none
/// when there is no encoder: its classes are 0, 1, 2 ... then, whatever `classes_` says. The
/// wrapper had one from 1.0 to 1.5.
///
/// text  the attribute scikit_learn: JSON, in which Python also writes NaN.
/// Throws FormatError; messages begin with "xgboost: attributes.scikit_learn: ". More than
/// kOutputCountMax labels, and labels that are lists or null, are refused.
/// Source: XGBoost 1.5, python-package/xgboost/sklearn.py (save_model, load_model).
[[nodiscard]] std::vector<Label> xgboost_wrapper_labels(std::string_view text);

}  // namespace ml_inference
