// SPDX-License-Identifier: MIT
#include "formats/lightgbm/lightgbm_file.h"

#include <algorithm>

namespace ml_inference {

std::span<const std::uint32_t> LightgbmTree::category_set(const LightgbmNode& node) const {
  const auto set = static_cast<std::size_t>(node.threshold);
  const std::size_t begin = cat_boundaries[set];
  return std::span(cat_threshold).subspan(begin, cat_boundaries[set + 1] - begin);
}

LightgbmLinearLeaf LightgbmTree::linear_leaf(std::size_t leaf) const {
  const std::size_t begin = leaf == 0 ? 0 : leaf_ends[leaf - 1];
  const std::size_t count = leaf_ends[leaf] - begin;
  return {.leaf_const = leaf_const[leaf],
          .leaf_features = std::span(leaf_features).subspan(begin, count),
          .leaf_coeff = std::span(leaf_coeff).subspan(begin, count)};
}

bool LightgbmObjective::has(std::string_view parameter) const {
  return std::ranges::any_of(parameters,
                             [&](const auto& entry) { return entry.first == parameter; });
}

}  // namespace ml_inference
