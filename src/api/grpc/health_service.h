// SPDX-License-Identifier: MIT
// grpc.health.v1: whether the server, one of its services or one of its models answers.
//
// Names that may be asked for: "" and "readiness", and each service: what /ready says; "liveness":
// always serving; the name of a model: whether it answers.
// Source: grpc/doc/health-checking.md.
#pragma once

#include "api/dialects.h"

namespace ml_inference {

/// Answers Check, Watch and List. Of a watch, it answers what is true now.
void inform_health(const Informant& informant, Operation operation, std::string_view body,
                   HttpResponse& response);

}  // namespace ml_inference
