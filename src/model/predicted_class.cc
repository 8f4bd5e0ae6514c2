// SPDX-License-Identifier: MIT
#include "model/predicted_class.h"

#include <cmath>

namespace ml_inference {

std::size_t first_largest(std::span<const double> numbers) {
  std::size_t best = 0;
  for (std::size_t index = 0; index < numbers.size(); ++index) {
    if (std::isnan(numbers[index])) return index;
    if (numbers[index] > numbers[best]) best = index;
  }
  return best;
}

std::size_t predicted_class(const Target& target, std::span<const double> outputs,
                            std::span<const double> scores, double stated) {
  switch (target.class_rule) {
    case ClassRule::largest_probability: return first_largest(outputs);
    case ClassRule::largest_score: return first_largest(scores);
    case ClassRule::positive_score: return scores[0] > 0 ? 1 : 0;
    case ClassRule::non_negative_score: return scores[0] >= 0 ? 1 : 0;
    case ClassRule::stated: return static_cast<std::size_t>(stated);
  }
  return 0;
}

}  // namespace ml_inference
