// SPDX-License-Identifier: MIT
#include "model/estimators/first_outputs.h"

#include "base/assert.h"
#include "model/workspace.h"

#include <algorithm>
#include <utility>

namespace ml_inference {

FirstOutputs::FirstOutputs(std::unique_ptr<Estimator> estimator, std::size_t count)
    : estimator_(std::move(estimator)), count_(count) {
  ASSERT(count_ <= estimator_->answer_width());
}

void FirstOutputs::predict(MatrixView<const double> rows, std::span<double> out,
                           Workspace& workspace) const {
  ASSERT(out.size() == rows.row_count() * count_);
  const std::size_t width = estimator_->answer_width();
  const Workspace::Block answers(workspace, rows.row_count() * width);
  estimator_->predict(rows, answers.values(), workspace);
  for (std::size_t row = 0; row < rows.row_count(); ++row) {
    std::ranges::copy(answers.values().subspan(row * width, count_),
                      out.begin() + static_cast<std::ptrdiff_t>(row * count_));
  }
}

}  // namespace ml_inference
