// SPDX-License-Identifier: MIT
// TorchServe's management: a model leaves, or another version answers.
// Source: TorchServe 0.12, docs/management_api.md.
#pragma once

#include "api/http.h"
#include "api/routes.h"
#include "serving/repository/model_control.h"

#include <stop_token>

namespace ml_inference {

/// Unloads the match's model, or makes its version the one that answers where none is named, and
/// waits until that is done.
void change_torchserve_model(ModelControl& control, const RouteMatch& match, std::stop_token stop,
                             HttpResponse& response);

}  // namespace ml_inference
