// SPDX-License-Identifier: MIT
#include "model/forest.h"

#include <algorithm>

namespace ml_inference {

LinearLeaf Forest::linear_leaf(const ForestNode& leaf) const {
  const auto number = static_cast<std::size_t>(leaf.number_);
  const std::size_t begin = number == 0 ? 0 : term_ends_[number - 1];
  const std::size_t count = term_ends_[number] - begin;
  return {.constant = constants_[number],
          .features = std::span(term_features_).subspan(begin, count),
          .coefficients = std::span(term_coefficients_).subspan(begin, count)};
}

// Each tree is walked to its leaf, whose values are added, several at a time. Of linear leaves the
// longest counts: a row may always reach that one.
std::size_t Forest::steps_per_row() const {
  constexpr std::size_t kValuesPerStep = 8;
  std::size_t steps = tree_count() * (depth() + 1 + leaf_width() / kValuesPerStep);
  if (linear_leaf_count() == 0) return steps;
  for (std::size_t tree = 0; tree < tree_count(); ++tree) {
    const std::size_t begin = roots_[tree];
    const std::size_t end = tree + 1 < tree_count() ? roots_[tree + 1] : nodes_.size();
    std::size_t term_count_max = 0;
    for (const ForestNode& node : nodes().subspan(begin, end - begin)) {
      if (!node.is_leaf() || !node.is_linear()) continue;
      term_count_max = std::max(term_count_max, linear_leaf(node).features.size());
    }
    steps += term_count_max;
  }
  return steps;
}

std::size_t Forest::memory_size() const {
  const auto size_of = [](const auto& values) { return std::span(values).size_bytes(); };
  return size_of(nodes_) + size_of(roots_) + size_of(first_outputs_) + leaves_.memory_size() +
         size_of(set_words_) + size_of(set_ends_) + size_of(constants_) + size_of(term_ends_) +
         size_of(term_features_) + size_of(term_coefficients_);
}

}  // namespace ml_inference
