// SPDX-License-Identifier: MIT
// What stands before the first tree of a LightGBM text model.
#pragma once

#include "formats/lightgbm/lightgbm_file.h"
#include "formats/lightgbm/lines.h"
#include "formats/lightgbm/memory.h"

#include <cstddef>
#include <optional>

namespace ml_inference {

/// The header's part of a LightgbmFile, without trees and categories of pandas.
struct LightgbmHeader {
  LightgbmFile file;
  /// How many entries tree_sizes has, where it is there: as many trees were written. (Their sizes
  /// in bytes are wrong as soon as somebody changes line ends, and are not used.)
  std::optional<std::size_t> tree_count;
};

/// Takes all lines up to the first that begins a tree or ends the trees.
/// Throws FormatError, see reader.h.
[[nodiscard]] LightgbmHeader read_lightgbm_header(LightgbmLines& lines, LightgbmMemory& memory);

/// Whether this line ends the header: "Tree=0", "end of trees", "feature importances:",
/// "parameters:", "pandas_categorical:".
[[nodiscard]] bool ends_lightgbm_header(std::string_view line);

}  // namespace ml_inference
