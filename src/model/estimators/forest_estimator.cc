// SPDX-License-Identifier: MIT
#include "model/estimators/forest_estimator.h"

#include "base/assert.h"
#include "model/reference_predict.h"

#include <algorithm>
#include <utility>

namespace ml_inference {

ForestEstimator::ForestEstimator(Forest forest, Link link, bool gives_scores)
    : forest_(std::make_unique<Forest>(std::move(forest))),
      link_(link),
      gives_scores_(gives_scores),
      feature_count_(forest_->feature_count()),
      sum_count_(forest_->output_count()),
      output_count_(link_.output_count(sum_count_)),
      steps_per_row_(forest_->steps_per_row()) {}

void ForestEstimator::run(MatrixView<const double> rows, std::span<double> sums) const {
  if (runner_) return runner_->predict(rows, sums);
  reference_predict(*forest_, rows, sums);
}

void ForestEstimator::predict(MatrixView<const double> rows, std::span<double> out,
                              Workspace& workspace) const {
  const std::size_t width = answer_width();
  ASSERT(out.size() == rows.row_count() * width);
  // The sums are the answer, as they stand.
  if (link_.is_identity() && !gives_scores_) return run(rows, out);
  const Workspace::Block block(workspace, rows.row_count() * sum_count_);
  run(rows, block.values());
  const std::span<const double> sums = block.values();
  if (!gives_scores_) return apply_link(link_, {sums, rows.row_count(), sum_count_}, out);
  for (std::size_t row = 0; row < rows.row_count(); ++row) {
    const std::span<const double> of_row = sums.subspan(row * sum_count_, sum_count_);
    const std::span<double> answer = out.subspan(row * width, width);
    apply_link(link_, {of_row, 1, sum_count_}, answer.first(output_count_));
    std::ranges::copy(of_row, answer.subspan(output_count_).begin());
  }
}

void ForestEstimator::for_each_forest(const std::function<void(const Forest&)>& visit) const {
  if (forest_) visit(*forest_);
}

void ForestEstimator::trace_forests(const ColumnOrigins& origins,
                                    const TracedForestVisit& visit) const {
  if (forest_) visit(*forest_, origins);
}

void ForestEstimator::run_forests_by(const ForestRunnerMaker& make) {
  ASSERT(forest_ != nullptr);
  runner_ = make(std::move(*forest_));
  forest_.reset();
}

}  // namespace ml_inference
