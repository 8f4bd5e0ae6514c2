// SPDX-License-Identifier: MIT
#include "formats/onnx/values.h"

#include "formats/format_error.h"
#include "formats/onnx/limits.h"
#include "formats/onnx/onnx.pb.h"
#include "formats/onnx/wire.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

namespace ml_inference {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are read as they are");

// The numbers of their fields in a TensorProto, and in an AttributeProto.
constexpr std::uint32_t kFloatData = 4;
constexpr std::uint32_t kDoubleData = 10;
constexpr std::uint32_t kFloats = 7;
constexpr std::uint32_t kInts = 8;

template <class T>
T read_as(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

}  // namespace

std::string onnx_node_text(std::size_t index, const OnnxNode& node) {
  return fmt::format("node {} {}", index, quoted_text(node.op_type));
}

OnnxNumbers::OnnxNumbers(std::size_t count, std::size_t width, OnnxMemory& memory)
    : stride_(width), width_(width), size_(count), share_(memory, count, width) {
  owned_.resize(count * width);
  data_ = owned_.data();
}

void OnnxNumbers::set(std::size_t index, double value) {
  char* const at = owned_.data() + index * width_;
  const auto narrow = static_cast<float>(value);
  if (width_ == sizeof(double)) std::memcpy(at, &value, sizeof(value));
  if (width_ == sizeof(float)) std::memcpy(at, &narrow, sizeof(narrow));
}

OnnxNumbers::OnnxNumbers(std::string_view message, std::uint32_t number, std::size_t width,
                         OnnxMemory& memory)
    : width_(width) {
  std::size_t run_count = 0;
  for_each_run(message, number, width, [&](const WireRun& run) {
    if (run_count++ == 0) data_ = run.data;
    stride_ = run.stride;
    size_ += run.count;
  });
  if (run_count < 2) return;
  *this = OnnxNumbers(size_, width, memory);
  char* into = owned_.data();
  for_each_run(message, number, width, [&](const WireRun& run) {
    for (std::size_t index = 0; index < run.count; ++index, into += width) {
      std::memcpy(into, run.data + index * run.stride, width);
    }
  });
}

OnnxNumbers::OnnxNumbers(const OnnxTensorFields& tensor, std::string_view what,
                         OnnxMemory& memory) {
  using onnx::TensorProto;
  const bool is_double = tensor.data_type == TensorProto::DOUBLE;
  if (!is_double && tensor.data_type != TensorProto::FLOAT) {
    refuse(Code::unimplemented, "onnx: {} has data type {}, expected 1 (float) or 11 (double)",
           what, tensor.data_type);
  }
  if (tensor.data_location != 0) {
    refuse(Code::unimplemented, "onnx: {} lies in another file, expected it in this one", what);
  }
  width_ = is_double ? sizeof(double) : sizeof(float);
  if (tensor.has_raw_data) {
    read_raw(tensor.raw_data, what);
  } else {
    *this = OnnxNumbers(tensor.bytes, is_double ? kDoubleData : kFloatData, width_, memory);
  }
  if (tensor.dim_count > 1) {
    refuse(Code::unimplemented, "onnx: {} has {} dimensions, expected at most 1", what,
           tensor.dim_count);
  }
  const std::int64_t expected = tensor.dim_count == 1 ? tensor.dims[0] : 1;
  if (static_cast<std::int64_t>(size_) != expected) {
    refuse(Code::data_loss, "onnx: {} has {} values, expected {}", what, size_, expected);
  }
}

void OnnxNumbers::read_raw(std::string_view raw, std::string_view what) {
  data_ = raw.data();
  stride_ = width_;
  size_ = raw.size() / width_;
  if (raw.size() % width_ != 0) {
    refuse(Code::data_loss, "onnx: {} has {} bytes, expected a multiple of {}", what, raw.size(),
           width_);
  }
}

double OnnxNumbers::operator[](std::size_t index) const {
  const char* const at = data_ + index * stride_;
  return width_ == sizeof(double) ? read_as<double>(at) : static_cast<double>(read_as<float>(at));
}

OnnxAttributes::Attribute::Attribute(std::string_view message) : bytes(message) {
  for (WireFields fields(message); fields.next();) {
    const WireField& field = fields.field();
    if (field.is(1, WireType::bytes)) name = field.bytes;
    if (field.is(2, WireType::fixed32)) real = read_as<float>(field.bytes.data());
    if (field.is(3, WireType::varint)) integer = static_cast<std::int64_t>(field.value);
    if (field.is(4, WireType::bytes)) text = field.bytes;
    if (field.is(5, WireType::bytes)) tensor = field.bytes;
    if (field.is(20, WireType::varint)) type = static_cast<Type>(field.value);
  }
}

OnnxAttributes::OnnxAttributes(const OnnxNode& node, std::string where)
    : memory_(node.memory), where_(std::move(where)) {
  constexpr std::uint32_t kAttributes = 5;
  for_each_bytes(node.bytes, kAttributes,
                 [this](std::string_view bytes) { attributes_.emplace_back(bytes); });
  std::vector<std::string_view> names;
  for (const Attribute& attribute : attributes_) names.push_back(attribute.name);
  std::ranges::sort(names);
  const auto twice = std::ranges::adjacent_find(names);
  if (twice != names.end()) {
    refuse(Code::data_loss, "onnx: {}: attribute {} stands twice", where_, quoted_text(*twice));
  }
}

std::int64_t OnnxAttributes::integer(std::string_view name, std::int64_t otherwise) const {
  const Attribute* attribute = find(name, Type::integer);
  return attribute == nullptr ? otherwise : attribute->integer;
}

double OnnxAttributes::real(std::string_view name, double otherwise) const {
  const Attribute* attribute = find(name, Type::real);
  return attribute == nullptr ? otherwise : static_cast<double>(attribute->real);
}

std::string_view OnnxAttributes::text(std::string_view name, std::string_view otherwise) const {
  const Attribute* attribute = find(name, Type::text);
  return attribute == nullptr ? otherwise : attribute->text;
}

OnnxIntegers OnnxAttributes::integers(std::string_view name) const {
  const Attribute* attribute = find(name, Type::integers);
  if (attribute == nullptr) return {};
  return {attribute->bytes, kInts, *memory_};
}

OnnxIntegers OnnxAttributes::short_integers(std::string_view name) const {
  OnnxIntegers list = integers(name);
  if (list.size() > kOnnxValueCountMax) {
    refuse(Code::resource_exhausted, "onnx: {}: {} has {} values, expected at most {}", where_,
           name, list.size(), kOnnxValueCountMax);
  }
  return list;
}

std::vector<std::string_view> OnnxAttributes::texts(std::string_view name) const {
  std::vector<std::string_view> texts;
  texts.reserve(text_count(name));
  for_each_bytes(text_list(name), kOnnxTexts,
                 [&texts](std::string_view text) { texts.push_back(text); });
  return texts;
}

std::size_t OnnxAttributes::text_count(std::string_view name) const {
  return count_bytes(text_list(name), kOnnxTexts);
}

std::string_view OnnxAttributes::text_list(std::string_view name) const {
  const Attribute* attribute = find(name, Type::texts);
  return attribute == nullptr ? std::string_view() : attribute->bytes;
}

std::optional<OnnxTensorFields> OnnxAttributes::tensor(std::string_view name) const {
  const Attribute* attribute = find(name, Type::tensor);
  if (attribute == nullptr) return std::nullopt;
  return OnnxTensorFields(attribute->tensor);
}

OnnxNumbers OnnxAttributes::reals(std::string_view name) const {
  const Attribute* attribute = find(name, Type::reals);
  if (attribute == nullptr) return {};
  return {attribute->bytes, kFloats, sizeof(float), *memory_};
}

OnnxNumbers OnnxAttributes::numbers(std::string_view name) const {
  const std::string tensor_name = fmt::format("{}_as_tensor", name);
  const Attribute* attribute = find(name, Type::reals);
  const Attribute* tensor = find(tensor_name, Type::tensor);
  if (attribute != nullptr && tensor != nullptr) {
    refuse(Code::data_loss, "onnx: {}: both {} and {} are given, expected one of them", where_,
           name, tensor_name);
  }
  if (tensor != nullptr) return {OnnxTensorFields(tensor->tensor), tensor_name, *memory_};
  return reals(name);
}

void OnnxAttributes::refuse_others_than(std::span<const std::string_view> known) const {
  for (const Attribute& attribute : attributes_) {
    if (std::ranges::find(known, attribute.name) == known.end()) {
      refuse(Code::unimplemented, "onnx: {}: attribute {} is not known", where_,
             quoted_text(attribute.name));
    }
  }
}

const OnnxAttributes::Attribute* OnnxAttributes::find(std::string_view name) const {
  const auto found = std::ranges::find(attributes_, name, &Attribute::name);
  return found == attributes_.end() ? nullptr : &*found;
}

const OnnxAttributes::Attribute* OnnxAttributes::find(std::string_view name, Type type) const {
  const Attribute* attribute = find(name);
  if (attribute != nullptr && attribute->type != type) {
    refuse(Code::data_loss, "onnx: {}: attribute {} has type {}, expected {}", where_, name,
           static_cast<int>(attribute->type), static_cast<int>(type));
  }
  return attribute;
}

}  // namespace ml_inference
