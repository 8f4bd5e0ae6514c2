// SPDX-License-Identifier: MIT
#include "formats/onnx/tensor.h"

#include "formats/format_error.h"

#include <cstring>

namespace ml_inference {
namespace {

using onnx::TensorProto;

template <class T>
std::vector<double> from_raw(const std::string& raw, std::string_view what) {
  if (raw.size() % sizeof(T) != 0) {
    refuse(Code::data_loss, "onnx: {} has {} bytes, expected a multiple of {}", what, raw.size(),
           sizeof(T));
  }
  std::vector<double> numbers(raw.size() / sizeof(T));
  for (std::size_t index = 0; index < numbers.size(); ++index) {
    T value;
    std::memcpy(&value, raw.data() + index * sizeof(T), sizeof(T));
    numbers[index] = static_cast<double>(value);
  }
  return numbers;
}

template <class T>
std::vector<double> from_field(const google::protobuf::RepeatedField<T>& field) {
  std::vector<double> numbers(static_cast<std::size_t>(field.size()));
  for (int index = 0; index < field.size(); ++index) {
    numbers[static_cast<std::size_t>(index)] = static_cast<double>(field[index]);
  }
  return numbers;
}

std::vector<double> numbers_of(const TensorProto& tensor, std::string_view what) {
  const bool is_raw = tensor.has_raw_data();
  const std::string& raw = tensor.raw_data();
  switch (tensor.data_type()) {
    case TensorProto::FLOAT:
      return is_raw ? from_raw<float>(raw, what) : from_field(tensor.float_data());
    case TensorProto::DOUBLE:
      return is_raw ? from_raw<double>(raw, what) : from_field(tensor.double_data());
    case TensorProto::INT64:
      return is_raw ? from_raw<std::int64_t>(raw, what) : from_field(tensor.int64_data());
    case TensorProto::INT32:
      return is_raw ? from_raw<std::int32_t>(raw, what) : from_field(tensor.int32_data());
    default: return is_raw ? from_raw<std::uint8_t>(raw, what) : from_field(tensor.int32_data());
  }
}

// How many elements the file gives, before they are in memory.
std::size_t given_count(const TensorProto& tensor) {
  switch (tensor.data_type()) {
    case TensorProto::STRING: return static_cast<std::size_t>(tensor.string_data_size());
    case TensorProto::FLOAT:
      return tensor.has_raw_data() ? tensor.raw_data().size() / sizeof(float)
                                   : static_cast<std::size_t>(tensor.float_data_size());
    case TensorProto::DOUBLE:
      return tensor.has_raw_data() ? tensor.raw_data().size() / sizeof(double)
                                   : static_cast<std::size_t>(tensor.double_data_size());
    case TensorProto::INT64:
      return tensor.has_raw_data() ? tensor.raw_data().size() / sizeof(std::int64_t)
                                   : static_cast<std::size_t>(tensor.int64_data_size());
    case TensorProto::INT32:
      return tensor.has_raw_data() ? tensor.raw_data().size() / sizeof(std::int32_t)
                                   : static_cast<std::size_t>(tensor.int32_data_size());
    default:
      return tensor.has_raw_data() ? tensor.raw_data().size()
                                   : static_cast<std::size_t>(tensor.int32_data_size());
  }
}

}  // namespace

ElementType onnx_element_type(std::int64_t data_type, std::string_view what) {
  switch (data_type) {
    case TensorProto::FLOAT: return ElementType::float32;
    case TensorProto::DOUBLE: return ElementType::float64;
    case TensorProto::UINT8:
    case TensorProto::INT32:
    case TensorProto::INT64: return ElementType::int64;
    case TensorProto::BOOL: return ElementType::boolean;
    case TensorProto::STRING: return ElementType::text;
    default:
      refuse(Code::unimplemented,
             "onnx: {} has element type {}, expected 1 (float), 11 (double), 2, 6 or 7 (uint8, "
             "int32, int64), 9 (bool) or 8 (string)",
             what, data_type);
  }
}

std::size_t checked_element_count(const std::vector<std::int64_t>& shape, std::size_t element_max,
                                  std::string_view what) {
  std::size_t count = 1;
  for (const std::int64_t size : shape) {
    if (size < 0) refuse(Code::data_loss, "onnx: {} has a size of {}", what, size);
    if (size != 0 && count > element_max / static_cast<std::size_t>(size)) {
      refuse(Code::resource_exhausted, "onnx: {} has more than {} elements", what, element_max);
    }
    count *= static_cast<std::size_t>(size);
  }
  return count;
}

OnnxTensor read_onnx_tensor(const TensorProto& tensor, std::size_t element_max,
                            std::string_view what) {
  OnnxTensor read{.type = onnx_element_type(tensor.data_type(), what)};
  if (tensor.data_location() != 0) {
    refuse(Code::unimplemented, "onnx: {} lies in another file, expected it in this one", what);
  }
  const std::vector<std::int64_t> dims(tensor.dims().begin(), tensor.dims().end());
  const std::size_t count = checked_element_count(dims, element_max, what);
  if (given_count(tensor) != count) {
    refuse(Code::data_loss, "onnx: {} has {} values, expected {}", what, given_count(tensor),
           count);
  }
  read.shape.assign(dims.begin(), dims.end());
  if (read.type == ElementType::text) {
    read.texts.assign(tensor.string_data().begin(), tensor.string_data().end());
    return read;
  }
  read.numbers = numbers_of(tensor, what);
  return read;
}

}  // namespace ml_inference
