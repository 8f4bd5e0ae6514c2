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

/// Constants, inputs and outputs of a graph, inputs and outputs of a node, and the values that all
/// nodes make: a value takes some 400 bytes, so these are 26 MB. Graphs with an input for each of
/// some ten thousand columns are the largest that make sense.
inline constexpr std::size_t kOnnxValueCountMax = 65'536;

/// Attributes of one node: no operator has more than thirty.
inline constexpr std::size_t kOnnxAttributeCountMax = 256;

/// Texts in all lists of a file, but for the modes of trees' nodes: categories and what encoders
/// make of them, some 250 bytes each in memory.
inline constexpr std::size_t kOnnxTextCountMax = 200'000;

/// The categories that a file of ours states, as JSON: parsed they take ten times as much memory.
/// 25 000 categories of 150 bytes.
inline constexpr std::size_t kOnnxCategoriesTextMax = std::size_t{4} << 20;

}  // namespace ml_inference
