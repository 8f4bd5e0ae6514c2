// SPDX-License-Identifier: MIT
// The line "pandas_categorical:[["a","b"],[1,2]]" that LightGBM's Python package adds to a model.
#pragma once

#include "formats/lightgbm/lightgbm_file.h"
#include "formats/lightgbm/memory.h"

#include <string_view>
#include <vector>

namespace ml_inference {

/// The categories of each categorical column; none for "null".
///
/// text  JSON: null, or a list of lists of texts, numbers, truth values and nulls.
/// Throws FormatError: data_loss ("lightgbm: pandas_categorical breaks off or is damaged at byte 17
/// of 40: syntax error"), invalid_argument for JSON of another shape, unimplemented for a whole
/// number beyond int64, resource_exhausted beyond the memory.
[[nodiscard]] std::vector<std::vector<LightgbmCategory>> read_pandas_categories(
    std::string_view text, LightgbmMemory& memory);

}  // namespace ml_inference
