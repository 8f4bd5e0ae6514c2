// SPDX-License-Identifier: MIT
// The quick engine: walks 8-byte nodes, many trees or many rows at once, and asks all tests of
// small trees at once where there are many rows.
#pragma once

#include "base/result.h"
#include "engines/engine.h"
#include "model/forest.h"

#include <memory>
#include <string_view>

namespace ml_inference {

/// Where trees are walked, but for the first levels of many rows.
inline constexpr std::string_view kWalkEngineName = "walk";
/// Where all trees are small enough to ask all their tests at once.
inline constexpr std::string_view kSelectEngineName = "select";

/// Runs the forest. Keeps nothing of it.
/// Memory: 16 bytes a node, and the leaf values in the forest's sum_type.
/// Errors: resource_exhausted, when a node has no room in 8 bytes or the sets of categories would
/// grow too large (WalkNodes and KeyColumns say when).
[[nodiscard]] Result<std::unique_ptr<const Engine>> make_packed_engine(const Forest& forest);

}  // namespace ml_inference
