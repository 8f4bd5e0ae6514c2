// SPDX-License-Identifier: MIT
#include "formats/onnx/write_graph.h"

#include "base/assert.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace ml_inference {
namespace {

using onnx::AttributeProto;
using onnx::TensorProto;

// Larger constants are hardly ever the same twice.
constexpr std::size_t kComparedSizeMax = 4096;

void describe(onnx::ValueInfoProto& info, const std::string& name, TensorProto::DataType type,
              std::size_t width) {
  info.set_name(name);
  auto& tensor = *info.mutable_type()->mutable_tensor_type();
  tensor.set_elem_type(type);
  tensor.mutable_shape()->add_dim()->set_dim_param("N");
  if (width == 0) return;
  tensor.mutable_shape()->add_dim()->set_dim_value(static_cast<std::int64_t>(width));
}

}  // namespace

AttributeProto& add_onnx_attribute(onnx::NodeProto& node, std::string_view name,
                                   AttributeProto::AttributeType type) {
  AttributeProto& attribute = *node.add_attribute();
  attribute.set_name(std::string(name));
  attribute.set_type(type);
  return attribute;
}

TensorProto onnx_tensor(NumberType type, std::span<const double> values,
                        std::initializer_list<std::size_t> dims) {
  TensorProto tensor;
  tensor.set_data_type(onnx_type(type));
  for (const std::size_t dim : dims) tensor.add_dims(static_cast<std::int64_t>(dim));
  if (type == NumberType::float64) {
    tensor.set_raw_data(values.data(), values.size_bytes());
    return tensor;
  }
  std::vector<float> floats(values.size());
  std::ranges::transform(values, floats.begin(),
                         [](double value) { return static_cast<float>(value); });
  tensor.set_raw_data(floats.data(), floats.size() * sizeof(float));
  return tensor;
}

std::string GraphWriter::new_name(std::string_view wish) {
  std::string name(wish);
  while (!names_.insert(name).second) name = fmt::format("{}_{}", wish, ++next_name_);
  return name;
}

void GraphWriter::add_input(const std::string& name, TensorProto::DataType type,
                            std::size_t width) {
  describe(*graph_.add_input(), name, type, width);
}

void GraphWriter::add_output(const std::string& name, const std::string& value,
                             TensorProto::DataType type, std::size_t width) {
  onnx::NodeProto& node = *graph_.add_node();
  node.set_op_type("Identity");
  node.add_input(value);
  node.add_output(name);
  describe(*graph_.add_output(), name, type, width);
}

// --- constants

std::string GraphWriter::tensor(TensorProto tensor) {
  std::string bytes;
  if (tensor.ByteSizeLong() <= kComparedSizeMax) bytes = tensor.SerializeAsString();
  if (const auto found = known_.find(bytes); found != known_.end()) return found->second;
  std::string name = new_name("constant");
  if (!bytes.empty()) known_.emplace(std::move(bytes), name);
  tensor.set_name(name);
  *graph_.add_initializer() = std::move(tensor);
  return name;
}

WrittenValue GraphWriter::constant(NumberType type, std::span<const double> values) {
  return {tensor(onnx_tensor(type, values, {1, values.size()})), type, values.size()};
}

std::string GraphWriter::table(NumberType type, std::span<const double> values,
                               std::size_t columns) {
  return tensor(onnx_tensor(type, values, {values.size() / columns, columns}));
}

std::string GraphWriter::integers(std::span<const std::int64_t> values) {
  TensorProto made;
  made.set_data_type(TensorProto::INT64);
  made.add_dims(static_cast<std::int64_t>(values.size()));
  for (const std::int64_t value : values) made.add_int64_data(value);
  return tensor(std::move(made));
}

// --- nodes

std::string GraphWriter::placed(onnx::NodeProto node) {
  const std::string bytes = node.SerializeAsString();
  if (const auto found = known_.find(bytes); found != known_.end()) return found->second;
  std::string name = new_name("value");
  known_.emplace(bytes, name);
  node.add_output(name);
  *graph_.add_node() = std::move(node);
  return name;
}

std::string GraphWriter::add(std::string_view type, std::span<const std::string> inputs,
                             Attributes attributes) {
  onnx::NodeProto node;
  node.set_op_type(std::string(type));
  for (const std::string& input : inputs) node.add_input(input);
  for (const auto& [name, value] : attributes) {
    add_onnx_attribute(node, name, AttributeProto::INT).set_i(value);
  }
  return placed(std::move(node));
}

std::string GraphWriter::add(std::string_view type, std::initializer_list<std::string> inputs,
                             Attributes attributes) {
  return add(type, std::span(inputs.begin(), inputs.size()), attributes);
}

onnx::NodeProto& GraphWriter::add_ml(std::string_view type, const std::string& input,
                                     const std::string& output) {
  onnx::NodeProto& node = *graph_.add_node();
  node.set_domain("ai.onnx.ml");
  node.set_op_type(std::string(type));
  node.add_input(input);
  node.add_output(output);
  return node;
}

// --- values of numbers

WrittenValue GraphWriter::cast(const WrittenValue& value, NumberType type) {
  return value.type == type ? value : numbers(value.name, value.width, type);
}

WrittenValue GraphWriter::numbers(const std::string& name, std::size_t width, NumberType type) {
  return {add("Cast", {name}, {{"to", onnx_type(type)}}), type, width};
}

WrittenValue GraphWriter::unary(std::string_view type, const WrittenValue& value) {
  return {add(type, {value.name}), value.type, value.width};
}

WrittenValue GraphWriter::binary(std::string_view type, const WrittenValue& left,
                                 const WrittenValue& right) {
  ASSERT(left.type == right.type);
  return {add(type, {left.name, right.name}), left.type, std::max(left.width, right.width)};
}

WrittenValue GraphWriter::binary(std::string_view type, const WrittenValue& left, double right) {
  return binary(type, left, constant(left.type, right));
}

std::string GraphWriter::compare(std::string_view type, const WrittenValue& left,
                                 const WrittenValue& right) {
  return binary(type, left, right).name;
}

std::string GraphWriter::compare(std::string_view type, const WrittenValue& left, double right) {
  return binary(type, left, right).name;
}

WrittenValue GraphWriter::select(const std::string& condition, const WrittenValue& yes,
                                 const WrittenValue& no) {
  ASSERT(yes.type == no.type);
  return {add("Where", {condition, yes.name, no.name}), yes.type, std::max(yes.width, no.width)};
}

WrittenValue GraphWriter::columns(const WrittenValue& value, std::span<const std::size_t> columns) {
  std::vector<std::int64_t> places(columns.begin(), columns.end());
  std::vector<std::int64_t> all(value.width);
  std::iota(all.begin(), all.end(), 0);
  if (places == all) return value;
  return {add("Gather", {value.name, integers(places)}, {{"axis", 1}}), value.type, columns.size()};
}

WrittenValue GraphWriter::joined(const WrittenParts& parts) {
  if (parts.size() == 1) return parts.front();
  WrittenValue made{.type = parts.front().type};
  std::vector<std::string> names;
  for (const WrittenValue& part : parts) {
    ASSERT(part.type == made.type);
    names.push_back(part.name);
    made.width += part.width;
  }
  made.name = add("Concat", names, {{"axis", 1}});
  return made;
}

WrittenValue GraphWriter::reduced(std::string_view type, const WrittenValue& value) {
  constexpr std::int64_t kColumns[] = {1};
  return {add(type, {value.name, integers(kColumns)}, {{"keepdims", 1}}), value.type, 1};
}

GraphWriter::Sorted GraphWriter::ascending(const WrittenValue& value) {
  const std::int64_t count[] = {static_cast<std::int64_t>(value.width)};
  const std::string count_name = integers(count);
  Sorted made{{new_name("value"), value.type, value.width}, new_name("value")};
  onnx::NodeProto& node = *graph_.add_node();
  node.set_op_type("TopK");
  node.add_input(value.name);
  node.add_input(count_name);
  node.add_output(made.values.name);
  node.add_output(made.places);
  add_onnx_attribute(node, "axis", AttributeProto::INT).set_i(1);
  add_onnx_attribute(node, "largest", AttributeProto::INT).set_i(0);
  add_onnx_attribute(node, "sorted", AttributeProto::INT).set_i(1);
  return made;
}

WrittenValue GraphWriter::sum(const WrittenParts& values) {
  if (values.size() == 1) return values.front();
  std::vector<std::string> names;
  for (const WrittenValue& value : values) names.push_back(value.name);
  return {add("Sum", names), values.front().type, values.front().width};
}

WrittenParts slice_of(GraphWriter& graph, const WrittenParts& parts, std::size_t begin,
                      std::size_t count) {
  WrittenParts slice;
  std::size_t at = 0;
  for (const WrittenValue& part : parts) {
    const std::size_t from = std::max(at, begin);
    const std::size_t to = std::min(at + part.width, begin + count);
    if (from < to) {
      std::vector<std::size_t> columns(to - from);
      std::iota(columns.begin(), columns.end(), from - at);
      slice.push_back(graph.columns(part, columns));
    }
    at += part.width;
  }
  return slice;
}

}  // namespace ml_inference
