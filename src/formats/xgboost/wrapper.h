// SPDX-License-Identifier: MIT
// What XGBoost's scikit-learn wrapper has written into a model file about itself.
#pragma once

#include "formats/asker.h"
#include "model/schema.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace ml_inference {

struct XgboostWrapper {
  /// The labels of its label encoder, `_le.classes_`, in the order of the classes; none when there
  /// is no encoder: its classes are 0, 1, 2 ... then, whatever `classes_` says. There was one from
  /// 1.0 to 1.5.
  std::vector<Label> class_labels;

  /// `best_ntree_limit`, in 1.0 to 1.3: trees of each output up to the best iteration.
  std::optional<std::uint32_t> best_ntree_limit;

  /// `missing`, where it is a number; up to 1.7. Later load_model() does not restore it.
  std::optional<float> missing;

  /// What kind of estimator it is: `_estimator_type` since 1.4, `type` before.
  Asker asker = Asker::wrapper;
};

/// text  the attribute scikit_learn: JSON, in which Python also writes NaN.
/// Throws FormatError; messages begin with "xgboost: attributes.scikit_learn: ". More than
/// kOutputCountMax labels, and labels that are lists or null, are refused.
/// Source: XGBoost 1.5, python-package/xgboost/sklearn.py (save_model, load_model).
[[nodiscard]] XgboostWrapper read_xgboost_wrapper(std::string_view text);

}  // namespace ml_inference
