// SPDX-License-Identifier: MIT
// MLflow, SageMaker and TorchServe: whether the server is well, and what version it has.
// Source: MLflow 3.1, pyfunc/scoring_server; SageMaker developer guide, "How Your Container Should
// Respond to Health Check (Ping) Requests"; TorchServe 0.12, inference_api.md.
#pragma once

#include "api/dialects.h"

namespace ml_inference {

/// Answers a route of Dialect::scoring that predicts nothing.
void inform_scoring(const Informant& informant, const RouteMatch& match, HttpResponse& response);

}  // namespace ml_inference
