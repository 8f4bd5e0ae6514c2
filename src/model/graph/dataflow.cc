// SPDX-License-Identifier: MIT
#include "model/graph/dataflow.h"

#include "base/assert.h"

#include <algorithm>
#include <utility>

namespace ml_inference {
namespace {

// A block's values stay in a second-level cache (1 MiB), and 64 rows are enough for an engine.
constexpr std::size_t kBlockElements = std::size_t{1} << 17;
constexpr std::size_t kBlockRowsMax = 64;

}  // namespace

DataflowBuilder::DataflowBuilder(std::size_t feature_count) : feature_count_(feature_count) {
  define({.type = ElementType::float64, .shape = {feature_count}}, false, 0);
}

ValueId DataflowBuilder::define(ValueSpec spec, bool is_constant, std::size_t begin) {
  const auto id = static_cast<ValueId>(values_.size());
  const std::size_t size = element_count(spec.shape);
  element_total_ += size;
  values_.push_back({std::move(spec), is_constant, size, begin, id});
  return id;
}

ValueId DataflowBuilder::constant(ValueSpec spec, std::vector<double> values) {
  ASSERT(values.size() == element_count(spec.shape));
  const std::size_t begin = constants_.size();
  constants_.push_back(std::move(values));
  return define(std::move(spec), true, begin);
}

std::span<const double> DataflowBuilder::elements(ValueId value) const {
  const Value& here = values_[value];
  ASSERT(here.is_constant);
  return constants_[here.begin];
}

std::vector<ValueId> DataflowBuilder::add(std::unique_ptr<Operation> operation,
                                          std::vector<ValueId> in, std::vector<ValueSpec> out) {
  if (std::ranges::all_of(in, [this](ValueId value) { return is_constant(value); })) {
    return fold(*operation, in, std::move(out));
  }
  std::vector<ValueId> made;
  for (ValueSpec& spec : out) made.push_back(define(std::move(spec), false, 0));
  steps_.push_back({std::move(operation), std::move(in), made});
  return made;
}

std::vector<ValueId> DataflowBuilder::fold(const Operation& operation,
                                           const std::vector<ValueId>& in,
                                           std::vector<ValueSpec> out) {
  std::vector<Operand> operands;
  for (const ValueId value : in) {
    const std::span<const double> values = elements(value);
    operands.push_back({values.data(), values.size(), 0});
  }
  std::vector<std::vector<double>> made;
  std::vector<OperationResult> results;
  for (const ValueSpec& spec : out) {
    made.emplace_back(element_count(spec.shape));
    results.push_back({made.back().data(), made.back().size()});
  }
  Workspace workspace;
  operation.run(1, operands, results, workspace);
  std::vector<ValueId> ids;
  for (std::size_t index = 0; index < out.size(); ++index) {
    ids.push_back(constant(std::move(out[index]), std::move(made[index])));
  }
  return ids;
}

ValueId DataflowBuilder::reshaped(ValueId value, GraphShape shape) {
  ASSERT(element_count(shape) == values_[value].size);
  Value view = values_[value];
  view.spec.shape = std::move(shape);
  values_.push_back(std::move(view));
  return static_cast<ValueId>(values_.size() - 1);
}

void DataflowBuilder::drop_unused(const DataflowAnswer& answer) {
  std::vector<bool> is_used(values_.size(), false);
  const auto use = [&](ValueId value) { is_used[values_[value].storage] = true; };
  for (const DataflowAnswer::Cell& cell : answer.numbers) use(cell.value);
  for (const DataflowAnswer::StatedClass& stated : answer.classes) use(stated.label.value);
  std::vector<Step> kept;
  while (!steps_.empty()) {
    Step step = std::move(steps_.back());
    steps_.pop_back();
    if (std::ranges::none_of(step.out, [&](ValueId value) { return is_used[value]; })) continue;
    for (const ValueId value : step.in) use(value);
    kept.push_back(std::move(step));
  }
  std::ranges::reverse(kept);
  steps_ = std::move(kept);
}

std::unique_ptr<Dataflow> DataflowBuilder::build(DataflowAnswer answer) && {
  drop_unused(answer);
  return std::unique_ptr<Dataflow>(new Dataflow(std::move(*this), std::move(answer)));
}

Dataflow::Dataflow(DataflowBuilder graph, DataflowAnswer answer)
    : graph_(std::move(graph)), answer_(std::move(answer)) {
  for (const DataflowBuilder::Step& step : graph_.steps_) {
    may_refuse_ = may_refuse_ || step.operation->may_fail();
    steps_per_row_ += steps_of(step);
    for (const ValueId value : step.out) {
      graph_.values_[value].begin = row_size_;
      row_size_ += graph_.values_[value].size;
    }
  }
  for (DataflowBuilder::Value& value : graph_.values_) {
    if (!value.is_constant) value.begin = graph_.values_[value.storage].begin;
  }
  block_rows_ = std::clamp(kBlockElements / std::max<std::size_t>(row_size_, 1), std::size_t{1},
                           kBlockRowsMax);
}

// Of a constant, however large, an operation reads what it needs for its results.
std::size_t Dataflow::steps_of(const DataflowBuilder::Step& step) const {
  std::size_t steps = step.operation->steps_per_row();
  for (const ValueId value : step.out) steps += graph_.values_[value].size;
  for (const ValueId value : step.in) {
    const DataflowBuilder::Value& here = graph_.values_[value];
    if (!here.is_constant) steps += here.size;
  }
  return steps;
}

Operand Dataflow::operand(ValueId value, const Block& block) const {
  const DataflowBuilder::Value& here = graph_.values_[value];
  if (here.is_constant) return {graph_.constants_[here.begin].data(), here.size, 0};
  if (here.storage == graph_.row()) {
    return {block.rows.values().data(), here.size, block.rows.column_count()};
  }
  return {block.memory.data() + here.begin * block.rows.row_count(), here.size, here.size};
}

void Dataflow::collect(const DataflowBuilder::Step& step, const Block& block,
                       std::vector<Operand>& in, std::vector<OperationResult>& out) const {
  in.clear();
  out.clear();
  for (const ValueId value : step.in) in.push_back(operand(value, block));
  for (const ValueId value : step.out) {
    const DataflowBuilder::Value& here = graph_.values_[value];
    out.push_back({block.memory.data() + here.begin * block.rows.row_count(), here.size});
  }
}

void Dataflow::answer_row(std::size_t row, const Block& block, std::span<double> answer) const {
  const auto element = [&](const DataflowAnswer::Cell& cell) {
    return operand(cell.value, block).row(row)[cell.index];
  };
  std::size_t next = 0;
  for (const DataflowAnswer::Cell& cell : answer_.numbers) answer[next++] = element(cell);
  for (const DataflowAnswer::StatedClass& stated : answer_.classes) {
    const auto found = stated.classes.find(element(stated.label));
    answer[next++] = found == stated.classes.end() ? 0.0 : static_cast<double>(found->second);
  }
}

void Dataflow::predict(MatrixView<const double> rows, std::span<double> out,
                       Workspace& workspace) const {
  const std::size_t width = answer_width();
  ASSERT(rows.column_count() == feature_count());
  ASSERT(out.size() == rows.row_count() * width);
  const std::size_t block_rows = std::min(block_rows_, rows.row_count());
  const Workspace::Block memory(workspace, row_size_ * block_rows);
  std::vector<Operand> in;
  std::vector<OperationResult> results;
  for (std::size_t begin = 0; begin < rows.row_count(); begin += block_rows) {
    const std::size_t count = std::min(block_rows, rows.row_count() - begin);
    const auto values =
        rows.values().subspan(begin * rows.column_count(), count * rows.column_count());
    const Block block{{values, count, rows.column_count()}, memory.values()};
    for (const DataflowBuilder::Step& step : graph_.steps_) {
      collect(step, block, in, results);
      step.operation->run(count, in, results, workspace);
    }
    for (std::size_t row = 0; row < count; ++row) {
      answer_row(row, block, out.subspan((begin + row) * width, width));
    }
  }
}

std::optional<std::string> Dataflow::refusal(std::span<const double> row,
                                             Workspace& workspace) const {
  if (!may_refuse_) return std::nullopt;
  const Workspace::Block memory(workspace, row_size_);
  const Block block{{row, 1, row.size()}, memory.values()};
  std::vector<Operand> in;
  std::vector<OperationResult> results;
  for (const DataflowBuilder::Step& step : graph_.steps_) {
    collect(step, block, in, results);
    if (step.operation->may_fail()) {
      if (std::string fault = step.operation->fault(0, in); !fault.empty()) return fault;
    }
    step.operation->run(1, in, results, workspace);
  }
  return std::nullopt;
}

void Dataflow::for_each_forest(const std::function<void(const Forest&)>& visit) const {
  for (const DataflowBuilder::Step& step : graph_.steps_) step.operation->for_each_forest(visit);
}

void Dataflow::trace_forests(const ColumnOrigins& origins, const TracedForestVisit& visit) const {
  std::vector<ColumnOrigins> known(graph_.values_.size());  // by value with memory of its own
  known[graph_.row()] = origins;
  const auto origin_of = [&](ValueId value, std::size_t index) -> std::optional<std::size_t> {
    const ColumnOrigins& of_value = known[graph_.values_[value].storage];
    return index < of_value.size() ? of_value[index] : std::nullopt;
  };
  for (const DataflowBuilder::Step& step : graph_.steps_) {
    ColumnOrigins& made = known[step.out.front()];
    for (std::size_t index = 0; index < graph_.values_[step.out.front()].size; ++index) {
      const std::optional<ElementSource> source = step.operation->source_of(index);
      made.push_back(source ? origin_of(step.in[source->input], source->index) : std::nullopt);
    }
    step.operation->for_each_forest([&](const Forest& forest) {
      ColumnOrigins columns;
      for (std::size_t column = 0; column < forest.feature_count(); ++column) {
        columns.push_back(origin_of(step.in.front(), column));
      }
      visit(forest, columns);
    });
  }
}

void Dataflow::run_forests_by(const ForestRunnerMaker& make) {
  for (DataflowBuilder::Step& step : graph_.steps_) step.operation->run_forests_by(make);
}

}  // namespace ml_inference
