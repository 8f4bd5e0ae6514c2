// SPDX-License-Identifier: MIT
// What is known while the nodes of an ONNX graph are read one after the other: the values so far by
// name, the node at hand, and the budget. Readers of operators speak to nothing else.
#pragma once

#include "formats/format_error.h"
#include "formats/onnx/tensor.h"
#include "formats/onnx/values.h"
#include "model/graph/dataflow.h"
#include "model/schema.h"

#include <deque>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ml_inference {

class OnnxScope {
 public:
  /// memory  what the file may still ask for; outlives the scope, as the file's bytes do.
  OnnxScope(std::size_t feature_count, OnnxMemory& memory)
      : builder_(feature_count), memory_(memory) {}

  [[nodiscard]] DataflowBuilder& builder() { return builder_; }
  [[nodiscard]] OnnxMemory& memory() const { return memory_; }

  /// Goes on to this node.
  /// version  of the node's operator set.
  void enter(OnnxNode node, std::size_t index, std::int64_t version);
  /// Says where the reader is, for messages, when it is at no node.
  void enter(std::string where) { where_ = std::move(where); }

  [[nodiscard]] const std::string& where() const { return where_; }
  [[nodiscard]] std::string_view type() const { return node_.op_type; }
  [[nodiscard]] std::int64_t version() const { return version_; }
  [[nodiscard]] const OnnxNode& node() const { return node_; }

  template <class... Args>
  [[noreturn]] void refuse_here(Code code, fmt::format_string<Args...> format,
                                Args&&... args) const {
    refuse(code, "onnx: {}: {}", where_, fmt::format(format, std::forward<Args>(args)...));
  }

  /// The node's attributes, of which it has no others than these.
  [[nodiscard]] OnnxAttributes attributes(std::initializer_list<std::string_view> known) const;

  // --- values

  [[nodiscard]] std::size_t input_count() const { return node_.inputs.size(); }
  [[nodiscard]] bool has_input(std::size_t index) const {
    return index < input_count() && !node_.inputs[index].empty();
  }
  [[nodiscard]] std::size_t output_count() const { return node_.outputs.size(); }
  void expect_inputs(std::size_t least, std::size_t most) const;

  [[nodiscard]] ValueId input(std::size_t index) const;
  [[nodiscard]] std::vector<ValueId> inputs() const;
  [[nodiscard]] const ValueSpec& spec(ValueId value) const { return builder_.spec(value); }
  [[nodiscard]] const GraphShape& shape(ValueId value) const { return spec(value).shape; }
  [[nodiscard]] ElementType type_of(ValueId value) const { return spec(value).type; }

  /// The value of that name, made by a node before or an input.
  [[nodiscard]] ValueId named(std::string_view name) const;
  [[nodiscard]] bool is_defined(std::string_view name) const { return names_.contains(name); }

  /// Input `index` must be known when the file is read: the whole numbers in it.
  [[nodiscard]] std::vector<std::int64_t> constant_integers(std::size_t index) const;
  [[nodiscard]] std::vector<double> constant_numbers(std::size_t index) const;

  /// The place of an axis, which may be counted from the end.
  [[nodiscard]] std::size_t axis_of(std::int64_t axis, std::size_t rank) const;

  /// Throws FormatError unless the value has this type, or one of floats.
  void expect_floats(ValueId value) const;

  // --- what the node makes

  /// Sees to it that values of this shape fit into the budget, before they are made.
  void reserve(const GraphShape& shape) const;
  [[nodiscard]] GraphShape reserved_shape(const std::vector<std::int64_t>& shape) const;

  /// The same for as many products of numbers as a matrix of these sizes takes.
  void reserve_products(std::size_t rows, std::size_t inner, std::size_t columns);

  /// The same for values, whatever their shapes.
  void reserve_values(std::size_t count);

  /// Adds an operation with one result, or several.
  ValueId add(std::unique_ptr<Operation> operation, std::vector<ValueId> in, ValueSpec out);
  std::vector<ValueId> add(std::unique_ptr<Operation> operation, std::vector<ValueId> in,
                           std::vector<ValueSpec> out);
  ValueId constant(ElementType type, GraphShape shape, std::vector<double> values);
  ValueId constant(OnnxTensor tensor);
  ValueId reshaped(ValueId value, GraphShape shape);

  /// Gives the node's output, or a name of the graph, its value.
  void define(std::size_t output, ValueId value);
  void define(std::string_view name, ValueId value);

  // --- texts and labels

  /// The number that stands for a text, which is one of the file or lives as long.
  [[nodiscard]] double text_number(std::string_view text);
  [[nodiscard]] std::string_view text(double number) const {
    return texts_[static_cast<std::size_t>(number)];
  }
  /// How many texts there are.
  [[nodiscard]] std::size_t text_count() const { return texts_.size(); }

  /// A label as an element: the number, or that of the text.
  [[nodiscard]] double element_of(const Label& label);
  /// And back.
  [[nodiscard]] Label label_of(ElementType type, double element) const;

  /// The labels under which a ZipMap gives a value; null when it comes from none.
  [[nodiscard]] const std::vector<Label>* map_labels(ValueId value) const;
  void set_map_labels(ValueId value, std::vector<Label> labels) {
    map_labels_[value] = std::move(labels);
  }

 private:
  DataflowBuilder builder_;
  OnnxMemory& memory_;
  std::unordered_map<std::string_view, ValueId> names_;
  std::deque<std::string> made_texts_;  // that the file does not have
  std::vector<std::string_view> texts_;
  std::unordered_map<std::string_view, std::size_t> text_numbers_;
  std::map<ValueId, std::vector<Label>> map_labels_;
  OnnxNode node_;
  std::int64_t version_ = 0;
  std::string where_ = "graph";
  mutable std::size_t work_ = 0;  // elements that were asked for so far
  std::size_t products_ = 0;
  std::size_t value_count_ = 0;
};

}  // namespace ml_inference
