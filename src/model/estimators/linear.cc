// SPDX-License-Identifier: MIT
#include "model/estimators/linear.h"

#include "base/assert.h"

#include <cmath>
#include <utility>

namespace ml_inference {

Linear::Linear(std::size_t feature_count, std::vector<float> weights, std::vector<float> starts,
               std::optional<Link> link)
    : feature_count_(feature_count),
      weights_(std::move(weights)),
      starts_(std::move(starts)),
      link_(link) {
  ASSERT(weights_.size() == feature_count_ * starts_.size());
}

void Linear::predict(MatrixView<const double> rows, std::span<double> out, Workspace&) const {
  const std::size_t sum_count = starts_.size();
  const std::size_t width = answer_width();
  ASSERT(out.size() == rows.row_count() * width);
  for (std::size_t row = 0; row < rows.row_count(); ++row) {
    const std::span<double> answer = out.subspan(row * width, width);
    const std::span<double> scores = answer.last(sum_count);
    for (std::size_t output = 0; output < sum_count; ++output) {
      float sum = starts_[output];
      for (std::size_t feature = 0; feature < feature_count_; ++feature) {
        const auto value = static_cast<float>(rows.row(row)[feature]);
        if (!std::isnan(value)) sum += value * weights_[feature * sum_count + output];
      }
      scores[output] = static_cast<double>(sum);
    }
    const std::span<const double> sums = scores;
    if (link_) apply_link(*link_, {sums, 1, sum_count}, answer.first(width - sum_count));
  }
}

}  // namespace ml_inference
