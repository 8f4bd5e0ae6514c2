// SPDX-License-Identifier: MIT
// What an ONNX graph may ask for beside what formats/limits.h says.
#pragma once

#include <cstddef>

namespace ml_inference {

/// The names and categories of all features, when a graph has several inputs or takes texts: each
/// column has them for itself, and a million columns may have one name in the file.
inline constexpr std::size_t kOnnxInputTextMax = std::size_t{32} << 20;

}  // namespace ml_inference
