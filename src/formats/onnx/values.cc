// SPDX-License-Identifier: MIT
#include "formats/onnx/values.h"

#include "formats/format_error.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace ml_inference {
namespace {

static_assert(std::endian::native == std::endian::little, "raw_data is read as it is");

template <class T>
T read_raw(std::string_view raw, std::size_t index) {
  T value;
  std::memcpy(&value, raw.data() + index * sizeof(T), sizeof(T));
  return value;
}

template <class T>
std::span<const T> span_of(const google::protobuf::RepeatedField<T>& field) {
  return {field.data(), static_cast<std::size_t>(field.size())};
}

}  // namespace

std::string onnx_node_text(int index, const onnx::NodeProto& node) {
  return fmt::format("node {} {}", index, quoted_text(node.op_type()));
}

OnnxNumbers::OnnxNumbers(const onnx::TensorProto& tensor, std::string_view what) {
  using onnx::TensorProto;
  const bool is_double = tensor.data_type() == TensorProto::DOUBLE;
  if (!is_double && tensor.data_type() != TensorProto::FLOAT) {
    refuse(Code::unimplemented, "onnx: {} has data type {}, expected 1 (float) or 11 (double)",
           what, tensor.data_type());
  }
  if (tensor.data_location() != 0) {
    refuse(Code::unimplemented, "onnx: {} lies in another file, expected it in this one", what);
  }
  if (tensor.has_raw_data()) {
    raw_ = tensor.raw_data();
    raw_is_double_ = is_double;
    const std::size_t width = is_double ? sizeof(double) : sizeof(float);
    size_ = raw_.size() / width;
    if (raw_.size() % width != 0) {
      refuse(Code::data_loss, "onnx: {} has {} bytes, expected a multiple of {}", what, raw_.size(),
             width);
    }
  } else if (is_double) {
    doubles_ = span_of(tensor.double_data());
    size_ = doubles_.size();
  } else {
    floats_ = span_of(tensor.float_data());
    size_ = floats_.size();
  }
  if (tensor.dims_size() > 1) {
    refuse(Code::unimplemented, "onnx: {} has {} dimensions, expected at most 1", what,
           tensor.dims_size());
  }
  const std::int64_t expected = tensor.dims_size() == 1 ? tensor.dims(0) : 1;
  if (static_cast<std::int64_t>(size_) != expected) {
    refuse(Code::data_loss, "onnx: {} has {} values, expected {}", what, size_, expected);
  }
}

double OnnxNumbers::operator[](std::size_t index) const {
  if (!floats_.empty()) return static_cast<double>(floats_[index]);
  if (!doubles_.empty()) return doubles_[index];
  return raw_is_double_ ? read_raw<double>(raw_, index)
                        : static_cast<double>(read_raw<float>(raw_, index));
}

OnnxAttributes::OnnxAttributes(const onnx::NodeProto& node, std::string where)
    : node_(node), where_(std::move(where)) {
  std::vector<std::string_view> names;
  for (const onnx::AttributeProto& attribute : node_.attribute()) names.push_back(attribute.name());
  std::ranges::sort(names);
  const auto twice = std::ranges::adjacent_find(names);
  if (twice != names.end()) {
    refuse(Code::data_loss, "onnx: {}: attribute {} stands twice", where_, quoted_text(*twice));
  }
}

std::int64_t OnnxAttributes::integer(std::string_view name, std::int64_t otherwise) const {
  const auto* attribute = find(name, onnx::AttributeProto::INT);
  return attribute == nullptr ? otherwise : attribute->i();
}

double OnnxAttributes::real(std::string_view name, double otherwise) const {
  const auto* attribute = find(name, onnx::AttributeProto::FLOAT);
  return attribute == nullptr ? otherwise : static_cast<double>(attribute->f());
}

std::string_view OnnxAttributes::text(std::string_view name, std::string_view otherwise) const {
  const auto* attribute = find(name, onnx::AttributeProto::STRING);
  return attribute == nullptr ? otherwise : attribute->s();
}

std::span<const std::int64_t> OnnxAttributes::integers(std::string_view name) const {
  const auto* attribute = find(name, onnx::AttributeProto::INTS);
  if (attribute == nullptr) return {};
  return span_of(attribute->ints());
}

std::span<const std::string* const> OnnxAttributes::texts(std::string_view name) const {
  const auto* attribute = find(name, onnx::AttributeProto::STRINGS);
  if (attribute == nullptr) return {};
  return {attribute->strings().data(), static_cast<std::size_t>(attribute->strings_size())};
}

const onnx::TensorProto* OnnxAttributes::tensor(std::string_view name) const {
  const auto* attribute = find(name, onnx::AttributeProto::TENSOR);
  return attribute == nullptr ? nullptr : &attribute->t();
}

OnnxNumbers OnnxAttributes::reals(std::string_view name) const {
  const auto* attribute = find(name, onnx::AttributeProto::FLOATS);
  return attribute == nullptr ? OnnxNumbers() : OnnxNumbers(span_of(attribute->floats()));
}

OnnxNumbers OnnxAttributes::numbers(std::string_view name) const {
  const std::string tensor_name = fmt::format("{}_as_tensor", name);
  const auto* attribute = find(name, onnx::AttributeProto::FLOATS);
  const auto* tensor = find(tensor_name, onnx::AttributeProto::TENSOR);
  if (attribute != nullptr && tensor != nullptr) {
    refuse(Code::data_loss, "onnx: {}: both {} and {} are given, expected one of them", where_,
           name, tensor_name);
  }
  if (tensor != nullptr) return OnnxNumbers(tensor->t(), tensor_name);
  return attribute == nullptr ? OnnxNumbers() : OnnxNumbers(span_of(attribute->floats()));
}

void OnnxAttributes::refuse_others_than(std::span<const std::string_view> known) const {
  for (const onnx::AttributeProto& attribute : node_.attribute()) {
    if (std::ranges::find(known, attribute.name()) == known.end()) {
      refuse(Code::unimplemented, "onnx: {}: attribute {} is not known", where_,
             quoted_text(attribute.name()));
    }
  }
}

const onnx::AttributeProto* OnnxAttributes::find(std::string_view name) const {
  const auto found = std::ranges::find(node_.attribute(), name, &onnx::AttributeProto::name);
  return found == node_.attribute().end() ? nullptr : &*found;
}

const onnx::AttributeProto* OnnxAttributes::find(std::string_view name,
                                                 onnx::AttributeProto::AttributeType type) const {
  const onnx::AttributeProto* attribute = find(name);
  if (attribute != nullptr && attribute->type() != type) {
    refuse(Code::data_loss, "onnx: {}: attribute {} has type {}, expected {}", where_, name,
           static_cast<int>(attribute->type()), static_cast<int>(type));
  }
  return attribute;
}

}  // namespace ml_inference
