// SPDX-License-Identifier: MIT
// TensorFlow Serving by gRPC: the signatures of a model, and the states of its versions.
// Source: TensorFlow Serving 2.16, apis/get_model_metadata.proto, get_model_status.proto.
#pragma once

#include "api/dialects.h"

namespace ml_inference {

/// Answers GetModelMetadata and GetModelStatus.
void inform_tensorflow(const Informant& informant, Operation operation, std::string_view body,
                       HttpResponse& response);

}  // namespace ml_inference
