// SPDX-License-Identifier: MIT
// Where in a row of answers the numbers of each target stand.
#pragma once

#include "model/schema.h"

#include <cstddef>
#include <span>
#include <vector>

namespace ml_inference {

/// One target of a schema, and its numbers in a row of answer_width() of them.
/// Threads: a plain value.
struct TargetAnswer {
  Target target;
  std::size_t output_begin = 0;
  std::size_t score_begin = 0;
  std::size_t stated_at = 0;

  [[nodiscard]] std::span<const double> outputs(std::span<const double> answer) const;
  [[nodiscard]] std::span<const double> scores(std::span<const double> answer) const;

  /// Of a classification: the index of the predicted class.
  [[nodiscard]] std::size_t best_class(std::span<const double> answer) const;
};

/// All targets of a schema, in their order.
[[nodiscard]] std::vector<TargetAnswer> target_answers(const Schema& schema);

}  // namespace ml_inference
