// SPDX-License-Identifier: MIT
// An estimator without what it gives behind its first numbers.
#pragma once

#include "model/column_tracer.h"
#include "model/estimator.h"

#include <cstddef>
#include <memory>

namespace ml_inference {

/// For estimators in others that look at their probabilities or numbers, and not at their scores.
class FirstOutputs final : public Estimator, public ColumnTracer {
 public:
  /// count  how many numbers a row are kept; at most those that there are (ASSERT).
  FirstOutputs(std::unique_ptr<Estimator> estimator, std::size_t count);

  [[nodiscard]] std::size_t feature_count() const override { return estimator_->feature_count(); }
  [[nodiscard]] std::size_t answer_width() const override { return count_; }
  [[nodiscard]] std::size_t steps_per_row() const override {
    return estimator_->steps_per_row() + count_;
  }
  void predict(MatrixView<const double> rows, std::span<double> out,
               Workspace& workspace) const override;
  [[nodiscard]] std::optional<std::string> refusal(std::span<const double> row,
                                                   Workspace& workspace) const override {
    return estimator_->refusal(row, workspace);
  }
  [[nodiscard]] bool may_refuse() const override { return estimator_->may_refuse(); }
  void for_each_forest(const std::function<void(const Forest&)>& visit) const override {
    estimator_->for_each_forest(visit);
  }
  void trace_forests(const ColumnOrigins& origins, const TracedForestVisit& visit) const override {
    ml_inference::trace_forests(*estimator_, origins, visit);
  }
  void run_forests_by(const ForestRunnerMaker& make) override { estimator_->run_forests_by(make); }

  [[nodiscard]] const Estimator& estimator() const { return *estimator_; }

 private:
  std::unique_ptr<Estimator> estimator_;
  std::size_t count_;
};

}  // namespace ml_inference
