// SPDX-License-Identifier: MIT
#include "formats/xgboost/xgboost_file.h"

#include <algorithm>

namespace ml_inference {

std::span<const std::int32_t> XgboostTree::category_set(std::int32_t node) const {
  const auto found =
      std::ranges::lower_bound(category_sets, node, std::less<>(), &XgboostCategorySet::node);
  if (found == category_sets.end() || found->node != node) return {};
  return std::span(categories)
      .subspan(static_cast<std::size_t>(found->begin), static_cast<std::size_t>(found->size));
}

std::span<const float> XgboostTree::leaf_vector(std::int32_t node) const {
  const auto row = static_cast<std::size_t>(nodes[static_cast<std::size_t>(node)].right);
  return std::span(leaf_vectors).subspan(row * size_leaf_vector, size_leaf_vector);
}

std::size_t XgboostFile::output_count() const {
  return std::max<std::size_t>({1, num_class, num_target});
}

bool XgboostFile::is_since(std::int32_t major, std::int32_t minor, std::int32_t patch) const {
  return version >= std::array{major, minor, patch};
}

}  // namespace ml_inference
