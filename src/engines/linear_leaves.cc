// SPDX-License-Identifier: MIT
#include "engines/linear_leaves.h"

namespace ml_inference {

LinearLeaves::LinearLeaves(const Forest& forest) {
  if (forest.linear_leaf_count() == 0) return;
  which_.assign(forest.leaf_count(), kNone);
  for (const ForestNode& node : forest.nodes()) {
    if (!node.is_leaf() || !node.is_linear()) continue;
    const LinearLeaf linear = forest.linear_leaf(node);
    which_[node.leaf()] = static_cast<std::uint32_t>(constants_.size());
    constants_.push_back(linear.constant);
    features_.insert(features_.end(), linear.features.begin(), linear.features.end());
    coefficients_.insert(coefficients_.end(), linear.coefficients.begin(),
                         linear.coefficients.end());
    term_ends_.push_back(features_.size());
  }
}

std::size_t LinearLeaves::memory_size() const {
  return std::span(which_).size_bytes() + std::span(constants_).size_bytes() +
         std::span(term_ends_).size_bytes() + std::span(features_).size_bytes() +
         std::span(coefficients_).size_bytes();
}

}  // namespace ml_inference
