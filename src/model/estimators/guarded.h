// SPDX-License-Identifier: MIT
// An estimator that looks at its rows itself, because what it stands in does not.
#pragma once

#include "model/column_tracer.h"
#include "model/estimator.h"
#include "model/input_rules.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace ml_inference {

/// Refuses the rows that its rules do not let in, and those that the estimator refuses. For members
/// of an ensemble that see some of the columns: a value in the others troubles nobody.
class Guarded final : public Estimator, public ColumnTracer {
 public:
  /// columns  those that are looked at, each below feature_count() (ASSERT); empty: all.
  Guarded(std::unique_ptr<Estimator> estimator, InputRules rules,
          std::vector<std::size_t> columns = {});

  [[nodiscard]] std::size_t feature_count() const override { return estimator_->feature_count(); }
  [[nodiscard]] std::size_t answer_width() const override { return estimator_->answer_width(); }
  [[nodiscard]] std::size_t steps_per_row() const override { return estimator_->steps_per_row(); }
  void predict(MatrixView<const double> rows, std::span<double> out,
               Workspace& workspace) const override {
    estimator_->predict(rows, out, workspace);
  }
  [[nodiscard]] std::optional<std::string> refusal(std::span<const double> row,
                                                   Workspace& workspace) const override;
  [[nodiscard]] bool may_refuse() const override { return true; }
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
  InputRules rules_;
  std::vector<std::size_t> columns_;
};

}  // namespace ml_inference
