// SPDX-License-Identifier: MIT
// Fisher's 150 irises: what the built-in model is trained from, so that the program needs no file.
//
// Source: scikit-learn 1.9, sklearn.datasets.load_iris(), rows in its order and rounded to float32.
// That is the set of R. A. Fisher, "The use of multiple measurements in taxonomic problems", 1936;
// scikit-learn has rows 34 and 37 as the paper has them, where the UCI archive has slips.
#pragma once

#include "data/matrix.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace ml_inference {

inline constexpr std::size_t kIrisRowCount = 150;

/// The names of the four features, as scikit-learn gives them.
inline constexpr std::array<std::string_view, 4> kIrisFeatureNames = {
    "sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"};

/// The names of the three classes, in the order of their numbers.
inline constexpr std::array<std::string_view, 3> kIrisClassNames = {"setosa", "versicolor",
                                                                    "virginica"};

/// [150, 4] lengths and widths in centimetres. Lives as long as the program.
[[nodiscard]] MatrixView<const float> iris_rows();

/// 150 class numbers: fifty of each, in the order of kIrisClassNames. Lives as long as the program.
[[nodiscard]] std::span<const std::int32_t> iris_classes();

}  // namespace ml_inference
