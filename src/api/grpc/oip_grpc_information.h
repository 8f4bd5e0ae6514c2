// SPDX-License-Identifier: MIT
// Open Inference Protocol v2 by gRPC: what a server and its models are.
// Source: Open Inference Protocol v2, inference_grpc.md; Triton, grpc_service.proto.
#pragma once

#include "api/dialects.h"

namespace ml_inference {

/// Answers a method of inference.GRPCInferenceService that predicts nothing.
void inform_oip_grpc(const Informant& informant, Operation operation, std::string_view body,
                     HttpResponse& response);

}  // namespace ml_inference
