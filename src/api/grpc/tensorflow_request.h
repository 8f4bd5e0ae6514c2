// SPDX-License-Identifier: MIT
// tensorflow.serving.PredictRequest, read from its bytes.
#pragma once

#include "api/grpc/oip_grpc_request.h"
#include "api/prediction.h"
#include "base/result.h"

#include <string_view>

namespace ml_inference {

/// Reads the message: the tensors, and the outputs that the signature and the filter choose.
///
/// TensorFlow lets one value stand for a whole tensor. Here so many elements are made of fewer ones
/// as the message has bytes, at most: what it asks for stays bounded by its size.
/// Errors: invalid_argument, saying what is wrong.
[[nodiscard]] Result<GivenTensors> read_tensorflow_message(std::string_view body,
                                                           const SpokenModel& model,
                                                           AnswerForm& form);

}  // namespace ml_inference
