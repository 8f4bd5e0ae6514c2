// SPDX-License-Identifier: MIT
// Whether the lists of one tree fit together.
#pragma once

#include "formats/lightgbm/lightgbm_file.h"
#include "formats/lightgbm/memory.h"

#include <cstddef>
#include <cstdint>

namespace ml_inference {

/// Checks features, decision types, category sets and children: every node but the first and every
/// leaf has one parent, and the first leads to all of them.
/// Throws FormatError, invalid_argument: "lightgbm: tree 3 node 17: left child is node 40 of 31".
/// Cost: linear. Memory: 3 bytes a node for the call.
void check_lightgbm_tree(const LightgbmTree& tree, std::size_t number,
                         std::uint32_t max_feature_idx, LightgbmMemory& memory);

}  // namespace ml_inference
