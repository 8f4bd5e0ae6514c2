// SPDX-License-Identifier: MIT
#include "model/forest.h"

namespace ml_inference {

LinearLeaf Forest::linear_leaf(const ForestNode& leaf) const {
  const auto number = static_cast<std::size_t>(leaf.number_);
  const std::size_t begin = number == 0 ? 0 : term_ends_[number - 1];
  const std::size_t count = term_ends_[number] - begin;
  return {.constant = constants_[number],
          .features = std::span(term_features_).subspan(begin, count),
          .coefficients = std::span(term_coefficients_).subspan(begin, count)};
}

std::size_t Forest::memory_size() const {
  const auto size_of = [](const auto& values) { return std::span(values).size_bytes(); };
  return size_of(nodes_) + size_of(roots_) + size_of(first_outputs_) + size_of(leaf_values_) +
         size_of(set_words_) + size_of(set_ends_) + size_of(constants_) + size_of(term_ends_) +
         size_of(term_features_) + size_of(term_coefficients_);
}

}  // namespace ml_inference
