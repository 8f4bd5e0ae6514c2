// SPDX-License-Identifier: MIT
// One tree of a LightGBM text model.
#pragma once

#include "formats/lightgbm/lightgbm_file.h"
#include "formats/lightgbm/lines.h"
#include "formats/lightgbm/memory.h"

#include <cstddef>

namespace ml_inference {

/// Takes the line "Tree=..." and the lines of the tree behind it, up to an empty one or the next
/// that is no "key=value". The keys may stand in any order.
///
/// number  the tree's, from 0, for messages; the one in the file is not used.
/// Throws FormatError, see reader.h: "lightgbm: tree 3 node 17: left child is node 40 of 31".
[[nodiscard]] LightgbmTree read_lightgbm_tree(LightgbmLines& lines, std::size_t number,
                                              const LightgbmFile& file, LightgbmMemory& memory);

}  // namespace ml_inference
