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

}  // namespace ml_inference
