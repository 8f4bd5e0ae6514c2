// SPDX-License-Identifier: MIT
// What an ONNX graph may ask for beside what formats/limits.h says.
#pragma once

#include <cstddef>

namespace ml_inference {

/// Categories that tests of equality may look for: whole numbers up to this, a set of which is
/// 8 KB.
inline constexpr double kOnnxCategoryMax = 65'535;

/// The names and categories of all features, when a graph has several inputs or takes texts: each
/// column has them for itself, and a million columns may have one name in the file.
inline constexpr std::size_t kOnnxInputTextMax = std::size_t{32} << 20;

/// The categories that a file of ours states, as JSON: parsed they take ten times as much memory.
/// 25 000 categories of 150 bytes.
inline constexpr std::size_t kOnnxCategoriesTextMax = std::size_t{4} << 20;

}  // namespace ml_inference
