// SPDX-License-Identifier: MIT
#include "formats/onnx/scope.h"

#include "formats/limits.h"
#include "formats/onnx/limits.h"

#include <algorithm>

namespace ml_inference {

void OnnxScope::enter(OnnxNode node, std::size_t index, std::int64_t version) {
  node_ = std::move(node);
  version_ = version;
  where_ = onnx_node_text(index, node_);
}

OnnxAttributes OnnxScope::attributes(std::initializer_list<std::string_view> known) const {
  OnnxAttributes here(node_, where_);
  here.refuse_others_than({known.begin(), known.size()});
  return here;
}

void OnnxScope::expect_inputs(std::size_t least, std::size_t most) const {
  if (input_count() < least || input_count() > most) {
    refuse_here(Code::data_loss, "{} inputs, expected {} to {}", input_count(), least, most);
  }
}

ValueId OnnxScope::named(std::string_view name) const {
  const auto found = names_.find(name);
  if (found == names_.end()) {
    refuse_here(Code::data_loss, "nothing before it makes {}", quoted_text(name));
  }
  return found->second;
}

ValueId OnnxScope::input(std::size_t index) const {
  if (index >= input_count()) {
    refuse_here(Code::data_loss, "{} inputs, expected at least {}", input_count(), index + 1);
  }
  return named(node_.inputs[index]);
}

std::vector<ValueId> OnnxScope::inputs() const {
  std::vector<ValueId> values;
  for (std::size_t index = 0; index < input_count(); ++index) values.push_back(input(index));
  return values;
}

std::vector<double> OnnxScope::constant_numbers(std::size_t index) const {
  const ValueId value = input(index);
  if (!builder_.is_constant(value)) {
    refuse_here(Code::unimplemented, "input {} depends on the row, expected a constant", index);
  }
  const std::span<const double> elements = builder_.elements(value);
  if (elements.size() > kOnnxElementCountMax) {
    refuse_here(Code::resource_exhausted, "input {} has {} elements, expected at most {}", index,
                elements.size(), kOnnxElementCountMax);
  }
  return {elements.begin(), elements.end()};
}

std::vector<std::int64_t> OnnxScope::constant_integers(std::size_t index) const {
  std::vector<std::int64_t> numbers;
  if (type_of(input(index)) != ElementType::int64) {
    refuse_here(Code::data_loss, "input {} is {}, expected int64", index,
                element_type_name(type_of(input(index))));
  }
  // The ends of int64 stand for "to the end" in Slice: they are kept within what a double holds.
  constexpr double kEnd = 4611686018427387904.0;  // 2^62
  for (const double number : constant_numbers(index)) {
    numbers.push_back(static_cast<std::int64_t>(std::clamp(number, -kEnd, kEnd)));
  }
  return numbers;
}

std::size_t OnnxScope::axis_of(std::int64_t axis, std::size_t rank) const {
  const auto end = static_cast<std::int64_t>(rank);
  if (axis < -end || axis >= end) {
    refuse_here(Code::data_loss, "axis {} of an array of {} dimensions", axis, rank);
  }
  return static_cast<std::size_t>(axis < 0 ? axis + end : axis);
}

void OnnxScope::expect_floats(ValueId value) const {
  if (!is_floating(type_of(value))) {
    refuse_here(Code::data_loss, "an input is {}, expected float or double",
                element_type_name(type_of(value)));
  }
}

void OnnxScope::reserve(const GraphShape& shape) const {
  if (shape.size() > kOnnxRankMax) {
    refuse_here(Code::resource_exhausted, "{} dimensions, expected at most {}", shape.size(),
                kOnnxRankMax);
  }
  std::size_t count = 1;
  for (const std::size_t size : shape) {
    if (size != 0 && count > kOnnxElementCountMax / size) count = kOnnxElementCountMax + 1;
    if (count <= kOnnxElementCountMax) count *= size;
  }
  work_ += count + 1;
  if (count > kOnnxElementCountMax || work_ > kOnnxElementCountMax) {
    refuse_here(Code::resource_exhausted,
                "the values of the graph have more than {} elements a row", kOnnxElementCountMax);
  }
}

GraphShape OnnxScope::reserved_shape(const std::vector<std::int64_t>& shape) const {
  static_cast<void>(checked_element_count(shape, kOnnxElementCountMax, where_));
  GraphShape sizes(shape.begin(), shape.end());
  reserve(sizes);
  return sizes;
}

void OnnxScope::reserve_products(std::size_t rows, std::size_t inner, std::size_t columns) {
  const std::size_t left = kOnnxProductCountMax - products_;
  const std::size_t outer = rows * columns;  // within the limit of elements
  if (inner != 0 && outer > left / inner) {
    refuse_here(Code::resource_exhausted, "more than {} products a row", kOnnxProductCountMax);
  }
  products_ += outer * inner;
}

std::vector<ValueId> OnnxScope::add(std::unique_ptr<Operation> operation, std::vector<ValueId> in,
                                    std::vector<ValueSpec> out) {
  reserve_values(out.size());
  // Labels are followed from value to value: their lists are part of the budget.
  for (const ValueSpec& spec : out) reserve({spec.possible.size()});
  return builder_.add(std::move(operation), std::move(in), std::move(out));
}

ValueId OnnxScope::add(std::unique_ptr<Operation> operation, std::vector<ValueId> in,
                       ValueSpec out) {
  std::vector<ValueSpec> specs;
  specs.push_back(std::move(out));
  return add(std::move(operation), std::move(in), std::move(specs)).front();
}

ValueId OnnxScope::reshaped(ValueId value, GraphShape shape) {
  reserve_values(1);
  reserve({spec(value).possible.size()});
  return builder_.reshaped(value, std::move(shape));
}

ValueId OnnxScope::constant(ElementType type, GraphShape shape, std::vector<double> values) {
  reserve(shape);
  reserve_values(1);
  return builder_.constant({.type = type, .shape = std::move(shape)}, std::move(values));
}

ValueId OnnxScope::constant(OnnxTensor tensor) {
  reserve_values(1);
  std::vector<double> values = std::move(tensor.numbers);
  for (const std::string_view text : tensor.texts) values.push_back(text_number(text));
  return builder_.constant({.type = tensor.type, .shape = std::move(tensor.shape)},
                           std::move(values));
}

void OnnxScope::reserve_values(std::size_t count) {
  value_count_ += count;
  if (value_count_ > kOnnxValueCountMax) {
    refuse_here(Code::resource_exhausted, "the graph makes more than {} values",
                kOnnxValueCountMax);
  }
}

void OnnxScope::define(std::string_view name, ValueId value) {
  if (!names_.emplace(name, value).second) {
    refuse_here(Code::data_loss, "{} is made twice", quoted_text(name));
  }
}

void OnnxScope::define(std::size_t output, ValueId value) {
  if (output >= output_count()) {
    if (output == 0) refuse_here(Code::data_loss, "no outputs, expected 1");
    return;  // one that nobody asks for
  }
  const std::string_view name = node_.outputs[output];
  if (!name.empty()) define(name, value);
}

double OnnxScope::text_number(std::string_view text) {
  // What a text takes in the map and in the list, which grows by copying.
  constexpr std::size_t kTextSize = 112;
  const auto [found, is_new] = text_numbers_.emplace(text, texts_.size());
  if (is_new) memory_.take(1, kTextSize);
  if (is_new) texts_.push_back(text);
  return static_cast<double>(found->second);
}

double OnnxScope::element_of(const Label& label) {
  const auto* text = std::get_if<std::string>(&label);
  if (text == nullptr) return static_cast<double>(std::get<std::int64_t>(label));
  const auto known = text_numbers_.find(*text);
  if (known != text_numbers_.end()) return static_cast<double>(known->second);
  return text_number(made_texts_.emplace_back(*text));
}

Label OnnxScope::label_of(ElementType type, double element) const {
  if (type == ElementType::text) return std::string(text(element));
  if (type == ElementType::boolean) return element != 0;
  if (type == ElementType::int64) return static_cast<std::int64_t>(element);
  return element;
}

const std::vector<Label>* OnnxScope::map_labels(ValueId value) const {
  const auto found = map_labels_.find(value);
  return found == map_labels_.end() ? nullptr : &found->second;
}

}  // namespace ml_inference
