// SPDX-License-Identifier: MIT
// TorchServe's management: a model leaves, or another version answers. And SageMaker's of
// multi-model endpoints, on the same paths: a model comes, from a folder of the container.
// Source: TorchServe 0.12, docs/management_api.md; SageMaker developer guide, "Custom containers
// contract for multi-model endpoints".
#pragma once

#include "api/http.h"
#include "api/routes.h"
#include "serving/repository/model_control.h"

#include <stop_token>
#include <string_view>

namespace ml_inference {

/// Unloads the match's model, makes its version the one that answers where none is named, or loads
/// what the body names, and waits until that is done.
///
/// body  of a POST: {"model_name":"iris","url":"/opt/ml/models/1f2e/model"}, which is SageMaker's;
///       TorchServe's has none, and names an archive in its query: that is refused with 501.
void change_torchserve_model(ModelControl& control, const RouteMatch& match, std::string_view body,
                             std::stop_token stop, HttpResponse& response);

}  // namespace ml_inference
