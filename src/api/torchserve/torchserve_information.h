// SPDX-License-Identifier: MIT
// TorchServe's management paths as far as they read, and SageMaker's of multi-model endpoints,
// which are the same.
// Source: TorchServe 0.12, management_api.md; SageMaker developer guide, "Custom containers
// contract for multi-model endpoints".
#pragma once

#include "api/dialects.h"

namespace ml_inference {

/// Answers a route of Dialect::torchserve that predicts nothing.
void inform_torchserve(const Informant& informant, const RouteMatch& match,
                       const HttpRequest& request, HttpResponse& response);

}  // namespace ml_inference
