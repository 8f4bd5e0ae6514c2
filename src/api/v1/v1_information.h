// SPDX-License-Identifier: MIT
// KServe's protocol v1, TensorFlow Serving and Vertex AI: what models there are, and their states.
// Source: KServe 0.15, data plane v1; TensorFlow Serving 2.18, api_rest.md, get_model_status.proto
// and get_model_metadata.proto.
#pragma once

#include "api/dialects.h"

namespace ml_inference {

/// Answers a route of Dialect::v1 that predicts nothing.
void inform_v1(const Informant& informant, const RouteMatch& match, HttpResponse& response);

}  // namespace ml_inference
