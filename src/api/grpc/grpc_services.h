// SPDX-License-Identifier: MIT
// Every service that is spoken by gRPC, in one place.
#pragma once

#include "api/dialects.h"

namespace ml_inference {

/// What reads and writes the messages of a method that predicts; null for any other.
[[nodiscard]] const PredictionDialect* grpc_prediction_dialect(const RouteEntry& route);

/// Answers a method that predicts nothing.
void inform_grpc(const Informant& informant, const RouteMatch& match, const HttpRequest& request,
                 HttpResponse& response);

}  // namespace ml_inference
