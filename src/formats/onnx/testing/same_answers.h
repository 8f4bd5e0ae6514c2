// SPDX-License-Identifier: MIT
// Whether a model still answers the same when it has become an ONNX file.
#pragma once

#include "model/model.h"

#include <span>
#include <string>

namespace ml_inference::testing {

/// Fails the test unless the model can be converted, and the file read back names the same classes
/// for every row and gives numbers within the relative tolerance (0: the same).
/// rows  [any, feature_count]
void expect_same_answers(const Model& model, std::span<const double> rows, double tolerance = 0);

/// The model as ONNX and read again; fails the test when that is not possible.
[[nodiscard]] Model converted(const Model& model);

/// Why the model cannot be converted; empty when it can.
[[nodiscard]] std::string refusal_to_convert(const Model& model);

}  // namespace ml_inference::testing
