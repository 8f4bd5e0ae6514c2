// SPDX-License-Identifier: MIT
#include "model/estimators/isolation.h"

#include "base/assert.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace ml_inference {

Isolation::Isolation(std::size_t feature_count, std::vector<Member> member_list, double denominator,
                     double offset, bool offset_is_a_score)
    : Ensemble(feature_count, std::move(member_list)),
      denominator_(denominator),
      offset_(offset),
      offset_is_a_score_(offset_is_a_score) {
  for (const Member& member : members()) ASSERT(member.estimator->answer_width() == 1);
}

void Isolation::predict(MatrixView<const double> rows, std::span<double> out,
                        Workspace& workspace) const {
  ASSERT(out.size() == rows.row_count());
  std::ranges::fill(out, 0.0);
  for (const Member& member : members()) {
    predict_member(member, rows, workspace, [&](std::span<const double> lengths) {
      for (std::size_t row = 0; row < out.size(); ++row) out[row] += lengths[row];
    });
  }
  for (double& value : out) {
    // The library's own answer where every tree saw one row only.
    const double depth = denominator_ == 0 ? 1.0 : value / denominator_;
    const double score = std::pow(2.0, -depth);
    value = -score - offset_;
    constexpr double kEightUnits = 8 * std::numeric_limits<double>::epsilon();
    if (offset_is_a_score_ && std::abs(value) <= kEightUnits * score) value = 0;
  }
}

}  // namespace ml_inference
