// SPDX-License-Identifier: MIT
// TensorFlow's types of numbers and ours.
#pragma once

#include "api/grpc/tensorflow.pb.h"
#include "api/model_tensors.h"

#include <optional>

namespace ml_inference {

/// Nothing for types that no tensor here can have.
[[nodiscard]] std::optional<TensorType> tensor_type_of(int data_type);

[[nodiscard]] tensorflow::DataType data_type_of(TensorType type);

}  // namespace ml_inference
