// SPDX-License-Identifier: MIT
// The quick engine: one row at a time, many trees together, on a packed copy of the nodes.
#pragma once

#include "engines/engine.h"
#include "model/forest.h"

#include <memory>
#include <string_view>

namespace ml_inference {

inline constexpr std::string_view kScalarEngineName = "scalar";

/// Whether it can run the forest: numerical tests to which zero is a number like others, leaves
/// that are no linear functions, and features no wider than sums.
[[nodiscard]] bool scalar_engine_takes(const Forest& forest);

/// Runs such a forest on any machine. Keeps nothing of it.
/// Memory: 16 bytes a node, and the leaf values in the forest's sum_type.
[[nodiscard]] std::unique_ptr<const Engine> make_scalar_engine(const Forest& forest);

}  // namespace ml_inference
