// SPDX-License-Identifier: MIT
// Reads tree ensembles out of ONNX files. What is read and what is refused: docs/formats/onnx.md.
#pragma once

#include "model/model.h"

#include <string_view>

namespace ml_inference {

/// Whether a file may be ONNX. The format has no magic number; but every writer puts the fields in
/// their order, so the file begins with field 1, ir_version, a small number.
[[nodiscard]] bool begins_like_onnx(std::string_view bytes);

/// The model in the file. Provenance: format "onnx", producer as the file says.
/// Throws FormatError; messages begin with "onnx: ".
/// Memory: see kOnnxMemoryFactor.
[[nodiscard]] Model read_onnx(std::string_view bytes);

}  // namespace ml_inference
