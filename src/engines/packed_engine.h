// SPDX-License-Identifier: MIT
// The quick engine: walks 8-byte nodes, many trees or many rows at once, and asks all tests of
// small trees at once where there are many rows.
#pragma once

#include "engines/engine.h"
#include "model/forest.h"

#include <memory>
#include <string_view>

namespace ml_inference {

inline constexpr std::string_view kWalkEngineName = "walk";
inline constexpr std::string_view kSelectEngineName = "select";

/// Runs the forest; null when its nodes have no room in 8 bytes or its category sets would grow too
/// large (WalkNodes, KeyColumns say when). Keeps nothing of it.
/// Memory: 16 bytes a node, and the leaf values in the forest's sum_type.
[[nodiscard]] std::unique_ptr<const Engine> make_packed_engine(const Forest& forest);

}  // namespace ml_inference
