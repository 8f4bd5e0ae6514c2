// SPDX-License-Identifier: MIT
// grpc.reflection: the services and their messages, for clients without files of their own.
// Source: grpc/doc/server-reflection.md.
#pragma once

#include "api/http.h"

#include <string_view>

namespace ml_inference {

/// Answers one message of ServerReflectionInfo, of v1 or v1alpha: they are alike.
void reflect(std::string_view body, HttpResponse& response);

}  // namespace ml_inference
