// SPDX-License-Identifier: MIT
// A forest, the link behind it, and what runs it.
#pragma once

#include "model/column_tracer.h"
#include "model/estimator.h"
#include "model/forest.h"
#include "model/forest_runner.h"
#include "model/link.h"

#include <memory>
#include <optional>

namespace ml_inference {

/// Gives the link's outputs, and where the library has scores the forest's sums behind them.
class ForestEstimator final : public Estimator, public ColumnTracer {
 public:
  /// The link must fit the forest's output_count() (ASSERT).
  ForestEstimator(Forest forest, Link link, bool gives_scores);

  [[nodiscard]] std::size_t feature_count() const override { return feature_count_; }
  [[nodiscard]] std::size_t answer_width() const override {
    return output_count_ + (gives_scores_ ? sum_count_ : 0);
  }
  [[nodiscard]] std::size_t steps_per_row() const override { return steps_per_row_; }
  void predict(MatrixView<const double> rows, std::span<double> out,
               Workspace& workspace) const override;
  void for_each_forest(const std::function<void(const Forest&)>& visit) const override;
  void trace_forests(const ColumnOrigins& origins, const TracedForestVisit& visit) const override;
  void run_forests_by(const ForestRunnerMaker& make) override;

  /// The forest; null once it is run by something else.
  [[nodiscard]] const Forest* forest() const { return forest_.get(); }
  [[nodiscard]] const Link& link() const { return link_; }
  [[nodiscard]] bool gives_scores() const { return gives_scores_; }

 private:
  void run(MatrixView<const double> rows, std::span<double> sums) const;

  std::unique_ptr<Forest> forest_;  // or null, and then there is
  std::unique_ptr<const ForestRunner> runner_;
  Link link_;
  bool gives_scores_;
  std::size_t feature_count_;
  std::size_t sum_count_;
  std::size_t output_count_;
  std::size_t steps_per_row_;
};

}  // namespace ml_inference
