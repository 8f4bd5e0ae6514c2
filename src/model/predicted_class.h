// SPDX-License-Identifier: MIT
// Which class an answer names.
#pragma once

#include "model/schema.h"

#include <cstddef>
#include <span>

namespace ml_inference {

/// The index of the largest number, the first one of equals, as numpy.argmax() chooses; NaN before
/// any number, as there.
[[nodiscard]] std::size_t first_largest(std::span<const double> numbers);

/// The class of a classification target, by its class_rule.
/// outputs  the target's output_count() numbers; scores  its score_count numbers.
/// stated   what the answer says, where that is the rule.
[[nodiscard]] std::size_t predicted_class(const Target& target, std::span<const double> outputs,
                                          std::span<const double> scores, double stated = 0);

}  // namespace ml_inference
