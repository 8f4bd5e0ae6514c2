// SPDX-License-Identifier: MIT
// Open Inference Protocol v2 over HTTP: what a server and its models are.
// Source: Open Inference Protocol v2, inference_rest.md; Triton, server/docs/protocol/
// extension_model_repository.md, extension_model_configuration.md, extension_statistics.md.
#pragma once

#include "api/dialects.h"

namespace ml_inference {

/// Answers a route of Dialect::oip that predicts nothing.
void inform_oip(const Informant& informant, const RouteMatch& match, const HttpRequest& request,
                HttpResponse& response);

}  // namespace ml_inference
