// SPDX-License-Identifier: MIT
// Transformers, and an estimator behind them.
#pragma once

#include "model/column_tracer.h"
#include "model/estimator.h"
#include "model/transformer.h"

#include <memory>
#include <vector>

namespace ml_inference {

/// Each step's columns are the next one's (ASSERT). Refuses the row that a step behind the first
/// would not let in, as that step's library does.
class Pipeline final : public Estimator, public ColumnTracer {
 public:
  /// steps  at least one.
  /// rules  what the library lets into the estimator.
  Pipeline(std::vector<std::unique_ptr<const Transformer>> steps,
           std::unique_ptr<Estimator> estimator, InputRules rules);

  [[nodiscard]] std::size_t feature_count() const override { return steps_.front()->input_width(); }
  [[nodiscard]] std::size_t answer_width() const override { return estimator_->answer_width(); }
  [[nodiscard]] std::size_t steps_per_row() const override;
  void predict(MatrixView<const double> rows, std::span<double> out,
               Workspace& workspace) const override;
  [[nodiscard]] std::optional<std::string> refusal(std::span<const double> row,
                                                   Workspace& workspace) const override;
  [[nodiscard]] bool may_refuse() const override { return true; }
  void for_each_forest(const std::function<void(const Forest&)>& visit) const override;
  void trace_forests(const ColumnOrigins& origins, const TracedForestVisit& visit) const override;
  void run_forests_by(const ForestRunnerMaker& make) override;

  [[nodiscard]] const std::vector<std::unique_ptr<const Transformer>>& steps() const {
    return steps_;
  }
  /// What stands behind the steps.
  [[nodiscard]] const Estimator& estimator() const { return *estimator_; }

 private:
  std::vector<std::unique_ptr<const Transformer>> steps_;
  std::unique_ptr<Estimator> estimator_;
  InputRules rules_;
  std::size_t width_max_ = 0;  // of what any step gives
};

}  // namespace ml_inference
