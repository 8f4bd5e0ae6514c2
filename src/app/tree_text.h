// SPDX-License-Identifier: MIT
// One tree for people: indented text, or a graph in Graphviz's language.
#pragma once

#include "base/result.h"
#include "model/model.h"

#include <cstddef>
#include <string>

namespace ml_inference {

/// A tree of a model; those of several forests are counted on.
/// Errors: not_found, when the model has no such tree.
[[nodiscard]] Result<std::string> tree_as_text(const Model& model, std::size_t tree);
[[nodiscard]] Result<std::string> tree_as_dot(const Model& model, std::size_t tree);

}  // namespace ml_inference
