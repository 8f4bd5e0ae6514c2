// SPDX-License-Identifier: MIT
// Open Inference Protocol v2 over HTTP: models come and go as a client says.
// Source: Triton, server/docs/protocol/extension_model_repository.md; KServe's repository API.
#pragma once

#include "api/http.h"
#include "api/routes.h"
#include "base/result.h"
#include "serving/repository/model_control.h"

#include <string_view>

namespace ml_inference {

/// What the body of a load says: {"parameters": {"config": "...", "file:3/model.onnx": base64}}.
/// Empty: nothing. Errors: invalid_argument, naming the parameter.
[[nodiscard]] Result<ModelUpload> upload_of(std::string_view body);

/// Loads or unloads the match's model, and waits until that is done. The answer has KServe's form:
/// {"name": "iris", "load": true}.
void change_oip_model(ModelControl& control, const RouteMatch& match, std::string_view body,
                      std::stop_token stop, HttpResponse& response);

}  // namespace ml_inference
