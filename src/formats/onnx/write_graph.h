// SPDX-License-Identifier: MIT
// The graph of an ONNX file while it is written: nodes and constants, each under a name of its own.
#pragma once

#include "formats/onnx/onnx.pb.h"
#include "model/number_type.h"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ml_inference {

/// A value of numbers of the graph: [N, width] for N rows, or [1, width] of a constant.
struct WrittenValue {
  std::string name;
  NumberType type = NumberType::float64;
  std::size_t width = 0;
};

/// Numbers of one row side by side: a list of values.
using WrittenParts = std::vector<WrittenValue>;

/// Adds to a GraphProto, which outlives it. A node or a small constant that is there already is not
/// written again.
/// Threads: belongs to one thread.
class GraphWriter {
 public:
  using Attributes = std::initializer_list<std::pair<std::string_view, std::int64_t>>;

  explicit GraphWriter(onnx::GraphProto& graph) : graph_(graph) {}

  /// A name that nothing has yet: the one wished for, or that with a number.
  [[nodiscard]] std::string new_name(std::string_view wish);

  /// An input [N, width] by this name, or [N] with width 0.
  void add_input(const std::string& name, onnx::TensorProto::DataType type, std::size_t width);

  /// Makes `value` an output by this name.
  void add_output(const std::string& name, const std::string& value,
                  onnx::TensorProto::DataType type, std::size_t width);

  // --- constants

  /// Numbers, rounded to the type: [1, count].
  WrittenValue constant(NumberType type, std::span<const double> values);
  WrittenValue constant(NumberType type, double value) { return constant(type, {&value, 1}); }

  /// [rows, columns], in this order.
  std::string table(NumberType type, std::span<const double> values, std::size_t columns);

  /// [count]
  std::string integers(std::span<const std::int64_t> values);

  /// Any other tensor, which gets its name here.
  std::string tensor(onnx::TensorProto tensor);

  // --- nodes

  /// A node of ai.onnx with one output; returns that.
  std::string add(std::string_view type, std::initializer_list<std::string> inputs,
                  Attributes attributes = {});
  std::string add(std::string_view type, std::span<const std::string> inputs,
                  Attributes attributes = {});

  /// A node of ai.onnx.ml with one output, which the caller gives attributes.
  onnx::NodeProto& add_ml(std::string_view type, const std::string& input,
                          const std::string& output);

  // --- values of numbers

  WrittenValue cast(const WrittenValue& value, NumberType type);
  /// Numbers of a value of another type: bool or int64.
  WrittenValue numbers(const std::string& name, std::size_t width, NumberType type);
  WrittenValue unary(std::string_view type, const WrittenValue& value);
  /// Of one type; as wide as the wider one, where the other has one column.
  WrittenValue binary(std::string_view type, const WrittenValue& left, const WrittenValue& right);
  /// The same with one number.
  WrittenValue binary(std::string_view type, const WrittenValue& left, double right);
  /// bool
  std::string compare(std::string_view type, const WrittenValue& left, const WrittenValue& right);
  std::string compare(std::string_view type, const WrittenValue& left, double right);
  WrittenValue select(const std::string& condition, const WrittenValue& yes,
                      const WrittenValue& no);
  WrittenValue columns(const WrittenValue& value, std::span<const std::size_t> columns);
  /// Of all parts one value; they are of one type.
  WrittenValue joined(const WrittenParts& parts);
  /// ReduceSum or ReduceMax over the columns: one.
  WrittenValue reduced(std::string_view type, const WrittenValue& value);
  /// The columns of each row from the least to the largest, and where each was (int64).
  struct Sorted {
    WrittenValue values;
    std::string places;
  };
  Sorted ascending(const WrittenValue& value);
  /// Values of one shape and type added up in order.
  WrittenValue sum(const WrittenParts& values);

 private:
  std::string placed(onnx::NodeProto node);

  onnx::GraphProto& graph_;
  std::set<std::string, std::less<>> names_;
  std::size_t next_name_ = 0;
  std::unordered_map<std::string, std::string> known_;  // by the bytes of a node, its output
};

/// Columns [begin, begin + count) of all parts.
[[nodiscard]] WrittenParts slice_of(GraphWriter& graph, const WrittenParts& parts,
                                    std::size_t begin, std::size_t count);

/// ONNX's number for the type.
[[nodiscard]] constexpr onnx::TensorProto::DataType onnx_type(NumberType type) {
  return type == NumberType::float32 ? onnx::TensorProto::FLOAT : onnx::TensorProto::DOUBLE;
}

/// A tensor of numbers of the type, each rounded to it; its sizes are those of `dims`.
[[nodiscard]] onnx::TensorProto onnx_tensor(NumberType type, std::span<const double> values,
                                            std::initializer_list<std::size_t> dims);

/// Adds an attribute to a node and gives it back, to be filled.
onnx::AttributeProto& add_onnx_attribute(onnx::NodeProto& node, std::string_view name,
                                         onnx::AttributeProto::AttributeType type);

}  // namespace ml_inference
