// SPDX-License-Identifier: MIT
// A test's threshold in the type of the features that it is compared with.
#pragma once

#include "model/forest.h"

#include <cmath>
#include <limits>

namespace ml_inference {

/// The largest T, float or double, for which a numerical test holds: for any x of this type the
/// test is x <= largest_that_passes(test). NaN when none does, since no x is at most NaN.
template <class T>
[[nodiscard]] T largest_that_passes(const ForestNode& test) {
  constexpr T kInfinity = std::numeric_limits<T>::infinity();
  const double threshold = test.threshold();
  const auto nearest = static_cast<T>(threshold);
  const auto passes = [&](T value) {
    const auto wide = static_cast<double>(value);
    return test.is_strict() ? wide < threshold : wide <= threshold;
  };
  if (passes(nearest)) return nearest;
  return nearest == -kInfinity ? std::numeric_limits<T>::quiet_NaN()
                               : std::nextafter(nearest, -kInfinity);
}

}  // namespace ml_inference
