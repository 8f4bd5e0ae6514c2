// SPDX-License-Identifier: MIT
// The parameters of an XGBoost model, which are texts even where they are numbers.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace ml_inference {

/// A whole number from 0 to 2^31 - 1, "3".
/// name  for the message: "num_class".
/// Throws FormatError, invalid_argument.
[[nodiscard]] std::uint32_t xgboost_count(std::string_view name, std::string_view text);

/// base_score as XGBoost reads it: one number, "5E-1", which before 3.1 it reads with the rounding
/// of dmlc-core (include/dmlc/strtonum.h: the digits before the point, those behind it and the
/// power of ten one after the other, each step in float32), so that the last bit is often not that
/// of the nearest float; since 3.1 a list of numbers, "[5E-1,2.5E-1]", each the nearest float.
/// Throws FormatError, invalid_argument.
[[nodiscard]] std::vector<float> xgboost_base_score(std::string_view text);

}  // namespace ml_inference
