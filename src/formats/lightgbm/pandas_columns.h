// SPDX-License-Identifier: MIT
// Which features of a LightGBM file the lists of pandas_categorical belong to.
#pragma once

#include "formats/lightgbm/lightgbm_file.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ml_inference {

/// Lists times features that may be compared to find their pairs: a hundred lists in a frame of a
/// hundred thousand columns.
inline constexpr std::size_t kLightgbmPairCountMax = 10'000'000;

/// For each list of pandas_categorical the feature whose codes it explains, ascending.
///
/// The file does not say it: LightGBM's Python package takes the columns of type `category` of the
/// frame that it is asked with, in their order. What the file says is which features training took
/// for categorical (feature_infos, and the parameter categorical_feature), and the codes that it
/// saw. Ordered categories are not among them, nor are columns of one value in early versions;
/// whole numbers that the user called categorical are.
///
/// So features are looked for that fit: in order, with no code beyond the end of their list, and as
/// many as possible of those that training took for categorical. The others are unused, or had
/// nothing but codes.
///
/// Throws FormatError, unimplemented, when there is no such choice of features or more than one:
/// "lightgbm: pandas_categorical has 2 lists, and the file does not tell of which features".
/// resource_exhausted beyond kLightgbmPairCountMax.
[[nodiscard]] std::vector<std::uint32_t> find_pandas_columns(const LightgbmFile& file);

}  // namespace ml_inference
