// SPDX-License-Identifier: MIT
#include "model/forest_walk.h"

namespace ml_inference {

std::vector<double> divisors(const Forest& forest) {
  if (forest.aggregation() == Aggregation::sum) {
    return std::vector<double>(forest.output_count(), 1.0);
  }
  std::vector<double> counts(forest.output_count(), 0.0);
  for (const std::uint32_t first : forest.first_outputs()) {
    for (std::size_t value = 0; value < forest.leaf_width(); ++value) counts[first + value] += 1;
  }
  return counts;
}

}  // namespace ml_inference
