// SPDX-License-Identifier: MIT
// Open Inference Protocol v2 by gRPC: models come and go as a client says.
// Source: Triton, grpc_service.proto; KServe 0.15, grpc_predict_v2.proto, whose messages of the
// same names have the model's name where Triton's have the repository's.
#pragma once

#include "api/http.h"
#include "api/routes.h"
#include "serving/repository/model_control.h"

#include <stop_token>
#include <string_view>

namespace ml_inference {

/// Loads or unloads the message's model, and waits until that is done.
void change_grpc_model(ModelControl& control, const RouteMatch& match, std::string_view body,
                       std::stop_token stop, HttpResponse& response);

}  // namespace ml_inference
