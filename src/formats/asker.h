// SPDX-License-Identifier: MIT
// Who asks a boosting library: its own Booster, or an estimator of its scikit-learn wrapper. The
// same trees give other answers.
#pragma once

#include <cstdint>

namespace ml_inference {

enum class Asker : std::uint8_t {
  booster,     ///< what the objective predicts
  wrapper,     ///< an estimator of which nobody knows more
  regressor,   ///< numbers, whatever the objective: XGBRegressor, LGBMRanker
  classifier,  ///< classes, whatever the objective: a number p is the probabilities 1 - p and p
};

}  // namespace ml_inference
