// SPDX-License-Identifier: MIT
// The engine for every forest: walks it as it is, one row and one tree after the other.
#pragma once

#include "engines/engine.h"
#include "model/forest.h"

#include <memory>
#include <string>
#include <string_view>

namespace ml_inference {

inline constexpr std::string_view kPlainEngineName = "plain";

/// Runs any forest on any machine, by the words of model/forest_walk.h.
/// reason  why no other engine does.
[[nodiscard]] std::unique_ptr<const Engine> make_plain_engine(Forest forest, std::string reason);

}  // namespace ml_inference
