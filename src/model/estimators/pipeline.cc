// SPDX-License-Identifier: MIT
#include "model/estimators/pipeline.h"

#include "base/assert.h"

#include <fmt/format.h>

#include <algorithm>
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
  for (const auto& step : steps_) width_max_ = std::max(width_max_, step->output_width());
}

std::size_t Pipeline::steps_per_row() const {
  std::size_t steps = estimator_->steps_per_row();
  for (const auto& step : steps_) steps += step->output_width();
  return steps;
}

// Two blocks take turns: a step reads what the one before has written.
void Pipeline::predict(MatrixView<const double> rows, std::span<double> out,
                       Workspace& workspace) const {
  const Workspace::Block first(workspace, rows.row_count() * width_max_);
  const Workspace::Block second(workspace, rows.row_count() * width_max_);
  std::span<double> into = first.values();
  std::span<double> next = second.values();
  MatrixView<const double> current = rows;
  for (const auto& step : steps_) {
    const std::span<double> values = into.first(rows.row_count() * step->output_width());
    step->transform(current, {values, rows.row_count(), step->output_width()});
    current = {values, rows.row_count(), step->output_width()};
    std::swap(into, next);
  }
  estimator_->predict(current, out, workspace);
}

std::optional<std::string> Pipeline::refusal(std::span<const double> row,
                                             Workspace& workspace) const {
  const Workspace::Block first(workspace, width_max_);
  const Workspace::Block second(workspace, width_max_);
  std::span<double> into = first.values();
  std::span<double> next = second.values();
  std::span<const double> current = row;
  for (const auto& step : steps_) {
    // The first step's rules are the schema's, which the caller has asked already.
    if (step != steps_.front()) {
      if (auto fault = first_fault(step->input_rules(), current)) return fault;
    }
    if (auto reason = step->refusal(current)) return reason;
    const std::span<double> values = into.first(step->output_width());
    step->transform({current, 1, current.size()}, {values, 1, values.size()});
    current = values;
    std::swap(into, next);
  }
  if (auto fault = first_fault(rules_, current)) return fault;
  return estimator_->refusal(current, workspace);
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
