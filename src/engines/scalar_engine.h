// SPDX-License-Identifier: MIT
// The plain engine: one row at a time, one tree after the other, on a packed copy of the nodes.
#pragma once

#include "engines/engine.h"
#include "model/forest.h"

#include <memory>

namespace ml_inference {

/// Runs any forest on any machine.
[[nodiscard]] std::unique_ptr<const Engine> make_scalar_engine(const Forest& forest);

}  // namespace ml_inference
