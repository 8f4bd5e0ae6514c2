// SPDX-License-Identifier: MIT
#include "formats/onnx/tensor.h"

#include "formats/format_error.h"
#include "formats/onnx/onnx.pb.h"
#include "formats/onnx/wire.h"

#include <cstring>

namespace ml_inference {
namespace {

using onnx::TensorProto;

// The numbers of their fields in a TensorProto.
constexpr std::uint32_t kFloatData = 4;
constexpr std::uint32_t kInt32Data = 5;
constexpr std::uint32_t kStringData = 6;
constexpr std::uint32_t kInt64Data = 7;
constexpr std::uint32_t kDoubleData = 10;

std::size_t raw_width(std::int32_t data_type) {
  switch (data_type) {
    case TensorProto::FLOAT: return sizeof(float);
    case TensorProto::DOUBLE: return sizeof(double);
    case TensorProto::INT64: return sizeof(std::int64_t);
    case TensorProto::INT32: return sizeof(std::int32_t);
    default: return sizeof(std::uint8_t);
  }
}

// Calls use(double) with each number.
template <class T, class Use>
void for_each_raw(const char* at, std::size_t stride, std::size_t count, const Use& use) {
  for (std::size_t index = 0; index < count; ++index) {
    T value;
    std::memcpy(&value, at + index * stride, sizeof(T));
    use(static_cast<double>(value));
  }
}

template <class T, class Use>
void for_each_listed(std::string_view message, std::uint32_t number, const Use& use) {
  for_each_run(message, number, sizeof(T), [&use](const WireRun& run) {
    for_each_raw<T>(run.data, run.stride, run.count, use);
  });
}

template <class Use>
void for_each_of_raw(const OnnxTensorFields& tensor, const Use& use) {
  const std::string_view raw = tensor.raw_data;
  const std::size_t width = raw_width(tensor.data_type);
  const std::size_t count = raw.size() / width;
  switch (tensor.data_type) {
    case TensorProto::FLOAT: return for_each_raw<float>(raw.data(), width, count, use);
    case TensorProto::DOUBLE: return for_each_raw<double>(raw.data(), width, count, use);
    case TensorProto::INT64: return for_each_raw<std::int64_t>(raw.data(), width, count, use);
    case TensorProto::INT32: return for_each_raw<std::int32_t>(raw.data(), width, count, use);
    default: return for_each_raw<std::uint8_t>(raw.data(), width, count, use);
  }
}

template <class Use>
void for_each_number(const OnnxTensorFields& tensor, const Use& use) {
  if (tensor.has_raw_data) return for_each_of_raw(tensor, use);
  const std::string_view bytes = tensor.bytes;
  switch (tensor.data_type) {
    case TensorProto::FLOAT: return for_each_listed<float>(bytes, kFloatData, use);
    case TensorProto::DOUBLE: return for_each_listed<double>(bytes, kDoubleData, use);
    case TensorProto::INT64:
      return for_each_varint(bytes, kInt64Data,
                             [&use](std::int64_t value) { use(static_cast<double>(value)); });
    default:
      return for_each_varint(bytes, kInt32Data, [&use](std::int64_t value) {
        use(static_cast<double>(static_cast<std::int32_t>(value)));
      });
  }
}

// How many elements the file gives, before they are in memory.
std::size_t given_count(const OnnxTensorFields& tensor) {
  if (tensor.data_type == TensorProto::STRING) return count_bytes(tensor.bytes, kStringData);
  if (tensor.has_raw_data) return tensor.raw_data.size() / raw_width(tensor.data_type);
  std::size_t count = 0;
  for_each_number(tensor, [&count](double) { ++count; });
  return count;
}

void expect_whole_elements(const OnnxTensorFields& tensor, std::string_view what) {
  const std::size_t width = raw_width(tensor.data_type);
  if (!tensor.has_raw_data || tensor.raw_data.size() % width == 0) return;
  refuse(Code::data_loss, "onnx: {} has {} bytes, expected a multiple of {}", what,
         tensor.raw_data.size(), width);
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

namespace {

// How many elements there are, after all checks.
std::size_t checked_count(const OnnxTensorFields& tensor, std::size_t element_max,
                          std::string_view what) {
  if (tensor.data_location != 0) {
    refuse(Code::unimplemented, "onnx: {} lies in another file, expected it in this one", what);
  }
  if (tensor.dim_count > tensor.dims.size()) {
    refuse(Code::resource_exhausted, "onnx: {} has {} dimensions, expected at most {}", what,
           tensor.dim_count, tensor.dims.size());
  }
  const std::size_t count = checked_element_count(tensor.dims, element_max, what);
  const std::size_t given = given_count(tensor);
  if (given != count) {
    refuse(Code::data_loss, "onnx: {} has {} values, expected {}", what, given, count);
  }
  return count;
}

}  // namespace

OnnxTensor read_onnx_tensor(const OnnxTensorFields& tensor, std::size_t element_max,
                            std::string_view what, OnnxMemory& memory) {
  OnnxTensor read{.type = onnx_element_type(tensor.data_type, what)};
  const std::size_t count = checked_count(tensor, element_max, what);
  read.shape.assign(tensor.dims.begin(), tensor.dims.end());
  if (read.type == ElementType::text) {
    read.texts.reserve(count);
    for_each_bytes(tensor.bytes, kStringData,
                   [&read](std::string_view text) { read.texts.push_back(text); });
    return read;
  }
  expect_whole_elements(tensor, what);
  memory.take(count, sizeof(double));
  read.numbers.reserve(count);
  for_each_number(tensor, [&read](double number) { read.numbers.push_back(number); });
  return read;
}

std::size_t for_each_onnx_number(const OnnxTensorFields& tensor, std::size_t element_max,
                                 std::string_view what, const std::function<void(double)>& use) {
  static_cast<void>(onnx_element_type(tensor.data_type, what));
  if (tensor.data_type == TensorProto::STRING) return 0;
  const std::size_t count = checked_count(tensor, element_max, what);
  expect_whole_elements(tensor, what);
  for_each_number(tensor, use);
  return count;
}

}  // namespace ml_inference
