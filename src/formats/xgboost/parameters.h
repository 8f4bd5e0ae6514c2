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

/// base_score: one number, "5E-1", or since 3.1 a list of them, "[5E-1,2.5E-1]". Each becomes the
/// nearest float of its text; those beyond all floats are infinite, and those below all zero.
/// Throws FormatError, invalid_argument.
[[nodiscard]] std::vector<float> xgboost_base_score(std::string_view text);

}  // namespace ml_inference
