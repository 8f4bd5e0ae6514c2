// SPDX-License-Identifier: MIT
// XGBoost's words -> a model.
#pragma once

#include "formats/xgboost/xgboost_file.h"
#include "model/model.h"

#include <string_view>
#include <vector>

namespace ml_inference {

/// The model that the file says, as Booster.predict() of its version computes it, over all trees.
/// Throws FormatError; messages begin with "xgboost: ".
/// Source: XGBoost 3.2, src/objective/*.cu, src/predictor/cpu_predictor.cc, src/gbm/gblinear.cc;
/// what older versions do otherwise stands in docs/formats/xgboost.md.
/// class_labels  what to call the classes instead of 0, 1, 2 ...; as many as there are, or none.
[[nodiscard]] Model make_xgboost_model(const XgboostFile& file,
                                       std::vector<Label> class_labels = {});

/// From now on the file is answered as the scikit-learn wrapper's predict() answers, and not as
/// Booster.predict(): without the rounds behind best_iteration, where there is one; and a booster
/// with dropout rounds otherwise. Refuses a best_iteration that the wrapper's predict() fails at.
/// asker  not Asker::booster.
void answer_as_wrapper(XgboostFile& file, Asker asker);

/// read_xgboost_file() and make_xgboost_model(). A file that the wrapper saved says so (attribute
/// scikit_learn), and is answered as the wrapper answers: up to its best iteration, and with its
/// class labels where it keeps them (up to 1.5).
[[nodiscard]] Model read_xgboost(std::string_view bytes);

}  // namespace ml_inference
