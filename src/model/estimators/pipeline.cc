// SPDX-License-Identifier: MIT
#include "model/estimators/pipeline.h"

#include "base/assert.h"

#include <fmt/format.h>

#include <utility>

namespace ml_inference {
namespace {

std::optional<std::string> first_fault(const InputRules& rules, std::span<const double> row) {
  for (std::size_t column = 0; column < row.size(); ++column) {
    const CellFault fault = cell_fault(rules, row[column]);
    if (fault == CellFault::none) continue;
    return fmt::format("column {} inside the pipeline {}", column, cell_fault_text(fault));
  }
  return std::nullopt;
}

}  // namespace

Pipeline::Pipeline(std::vector<std::unique_ptr<const Transformer>> steps,
                   std::unique_ptr<Estimator> estimator, InputRules rules)
    : steps_(std::move(steps)), estimator_(std::move(estimator)), rules_(rules) {
  ASSERT(!steps_.empty());
  for (std::size_t step = 0; step + 1 < steps_.size(); ++step) {
    ASSERT(steps_[step]->output_width() == steps_[step + 1]->input_width());
  }
  ASSERT(steps_.back()->output_width() == estimator_->feature_count());
}

void Pipeline::transform_from(std::size_t step, MatrixView<const double> rows, Workspace& workspace,
                              const std::function<void(MatrixView<const double>)>& next) const {
  if (step == steps_.size()) return next(rows);
  const std::size_t width = steps_[step]->output_width();
  const Workspace::Block block(workspace, rows.row_count() * width);
  steps_[step]->transform(rows, {block.values(), rows.row_count(), width});
  const std::span<const double> values = block.values();
  transform_from(step + 1, {values, rows.row_count(), width}, workspace, next);
}

void Pipeline::predict(MatrixView<const double> rows, std::span<double> out,
                       Workspace& workspace) const {
  transform_from(0, rows, workspace, [&](MatrixView<const double> transformed) {
    estimator_->predict(transformed, out, workspace);
  });
}

std::optional<std::string> Pipeline::refusal_from(std::size_t step, std::span<const double> row,
                                                  Workspace& workspace) const {
  if (step == steps_.size()) {
    if (auto fault = first_fault(rules_, row)) return fault;
    return estimator_->refusal(row, workspace);
  }
  // The first step's rules are the schema's, which the caller has asked already.
  if (step > 0) {
    if (auto fault = first_fault(steps_[step]->input_rules(), row)) return fault;
  }
  if (auto reason = steps_[step]->refusal(row)) return reason;
  const Workspace::Block block(workspace, steps_[step]->output_width());
  steps_[step]->transform({row, 1, row.size()}, {block.values(), 1, block.values().size()});
  return refusal_from(step + 1, block.values(), workspace);
}

std::optional<std::string> Pipeline::refusal(std::span<const double> row,
                                             Workspace& workspace) const {
  return refusal_from(0, row, workspace);
}

void Pipeline::for_each_forest(const std::function<void(const Forest&)>& visit) const {
  estimator_->for_each_forest(visit);
}

void Pipeline::trace_forests(const ColumnOrigins& origins, const TracedForestVisit& visit) const {
  ColumnOrigins behind = origins;
  for (const auto& step : steps_) {
    ColumnOrigins out(step->output_width());
    for (std::size_t column = 0; column < out.size(); ++column) {
      if (const auto from = step->origin(column)) out[column] = behind[*from];
    }
    behind = std::move(out);
  }
  ml_inference::trace_forests(*estimator_, behind, visit);
}

void Pipeline::run_forests_by(const ForestRunnerMaker& make) { estimator_->run_forests_by(make); }

}  // namespace ml_inference
