// SPDX-License-Identifier: MIT
// An estimator that is a list of operations over named values: what an ONNX graph computes.
//
// DataflowBuilder adds values and operations in an order in which every input exists before it is
// used; what depends on constants alone is computed at once. build() leaves out what no answer
// needs and lays out the memory of all values side by side.
#pragma once

#include "model/column_tracer.h"
#include "model/estimator.h"
#include "model/graph/operation.h"

#include <cstddef>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

namespace ml_inference {

/// A value of a dataflow, counted from 0.
using ValueId = std::uint32_t;

/// What a value is.
struct ValueSpec {
  ElementType type = ElementType::float32;
  GraphShape shape = {};
  /// What its elements may be, where that is known: the labels of a classifier. Else empty.
  std::vector<double> possible = {};
};

/// The answers of a dataflow: Schema::answer_width() numbers.
struct DataflowAnswer {
  struct Cell {
    ValueId value = 0;
    std::uint32_t index = 0;
  };
  /// The class of one target, told by its label.
  struct StatedClass {
    Cell label;
    std::unordered_map<double, std::size_t> classes;  ///< by label
  };
  std::vector<Cell> numbers;  ///< outputs, then scores
  std::vector<StatedClass> classes;
};

class Dataflow;

/// Threads: belongs to one thread.
class DataflowBuilder {
 public:
  /// feature_count  of a row.
  explicit DataflowBuilder(std::size_t feature_count);

  /// The row itself: feature_count float64.
  [[nodiscard]] ValueId row() const { return 0; }

  /// values  element_count(spec.shape) of them.
  ValueId constant(ValueSpec spec, std::vector<double> values);

  /// Adds an operation that takes these values; returns those that it makes.
  std::vector<ValueId> add(std::unique_ptr<Operation> operation, std::vector<ValueId> in,
                           std::vector<ValueSpec> out);

  /// The same elements in another shape of as many.
  ValueId reshaped(ValueId value, GraphShape shape);

  [[nodiscard]] const ValueSpec& spec(ValueId value) const { return values_[value].spec; }
  [[nodiscard]] bool is_constant(ValueId value) const { return values_[value].is_constant; }

  /// The elements of a constant.
  [[nodiscard]] std::span<const double> elements(ValueId value) const;

  /// All elements of all values and constants so far: what a budget limits.
  [[nodiscard]] std::size_t element_total() const { return element_total_; }

  [[nodiscard]] std::unique_ptr<Dataflow> build(DataflowAnswer answer) &&;

 private:
  friend class Dataflow;

  struct Value {
    ValueSpec spec;
    bool is_constant = false;
    std::size_t size = 0;
    std::size_t begin = 0;  // which of constants_, or once it is built where in a row's memory
    ValueId storage = 0;    // whose memory it shares; usually its own
  };
  struct Step {
    std::unique_ptr<Operation> operation;
    std::vector<ValueId> in;
    std::vector<ValueId> out;
  };

  ValueId define(ValueSpec spec, bool is_constant, std::size_t begin);
  std::vector<ValueId> fold(const Operation& operation, const std::vector<ValueId>& in,
                            std::vector<ValueSpec> out);
  void drop_unused(const DataflowAnswer& answer);

  std::size_t feature_count_;
  std::size_t element_total_ = 0;
  std::vector<Value> values_;
  std::vector<std::vector<double>> constants_;  // each as it came: no copy of a large one
  std::vector<Step> steps_;
};

/// Made by DataflowBuilder. Rows are answered in blocks, each as a batch of one.
class Dataflow final : public Estimator, public ColumnTracer {
 public:
  [[nodiscard]] std::size_t feature_count() const override { return graph_.feature_count_; }
  [[nodiscard]] std::size_t answer_width() const override {
    return answer_.numbers.size() + answer_.classes.size();
  }
  [[nodiscard]] std::size_t steps_per_row() const override { return steps_per_row_; }
  void predict(MatrixView<const double> rows, std::span<double> out,
               Workspace& workspace) const override;
  [[nodiscard]] std::optional<std::string> refusal(std::span<const double> row,
                                                   Workspace& workspace) const override;
  [[nodiscard]] bool may_refuse() const override { return may_refuse_; }
  void for_each_forest(const std::function<void(const Forest&)>& visit) const override;
  void run_forests_by(const ForestRunnerMaker& make) override;
  void trace_forests(const ColumnOrigins& origins, const TracedForestVisit& visit) const override;

 private:
  friend class DataflowBuilder;
  Dataflow(DataflowBuilder graph, DataflowAnswer answer);

  // Where values are while a block of rows is answered.
  struct Block {
    MatrixView<const double> rows;
    std::span<double> memory;
  };
  [[nodiscard]] Operand operand(ValueId value, const Block& block) const;
  void collect(const DataflowBuilder::Step& step, const Block& block, std::vector<Operand>& in,
               std::vector<OperationResult>& out) const;
  [[nodiscard]] std::size_t steps_of(const DataflowBuilder::Step& step) const;
  void answer_row(std::size_t row, const Block& block, std::span<double> answer) const;

  DataflowBuilder graph_;
  DataflowAnswer answer_;
  std::size_t row_size_ = 0;    // elements of a row in memory
  std::size_t block_rows_ = 1;  // how many rows are answered at once
  std::size_t steps_per_row_ = 0;
  bool may_refuse_ = false;
};

}  // namespace ml_inference
