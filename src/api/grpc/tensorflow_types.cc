// SPDX-License-Identifier: MIT
#include "api/grpc/tensorflow_types.h"

#include "base/assert.h"

#include <array>

namespace ml_inference {
namespace {

struct Pair {
  TensorType type;
  tensorflow::DataType data_type;
};

constexpr std::array<Pair, 13> kPairs{{
    {TensorType::boolean, tensorflow::DT_BOOL},
    {TensorType::uint8, tensorflow::DT_UINT8},
    {TensorType::uint16, tensorflow::DT_UINT16},
    {TensorType::uint32, tensorflow::DT_UINT32},
    {TensorType::uint64, tensorflow::DT_UINT64},
    {TensorType::int8, tensorflow::DT_INT8},
    {TensorType::int16, tensorflow::DT_INT16},
    {TensorType::int32, tensorflow::DT_INT32},
    {TensorType::int64, tensorflow::DT_INT64},
    {TensorType::float16, tensorflow::DT_HALF},
    {TensorType::float32, tensorflow::DT_FLOAT},
    {TensorType::float64, tensorflow::DT_DOUBLE},
    {TensorType::bytes, tensorflow::DT_STRING},
}};

}  // namespace

std::optional<TensorType> tensor_type_of(int data_type) {
  for (const Pair& pair : kPairs) {
    if (pair.data_type == data_type) return pair.type;
  }
  return std::nullopt;
}

tensorflow::DataType data_type_of(TensorType type) {
  for (const Pair& pair : kPairs) {
    if (pair.type == type) return pair.data_type;
  }
  ASSERT(false);
  return tensorflow::DT_INVALID;
}

}  // namespace ml_inference
