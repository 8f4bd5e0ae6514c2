// SPDX-License-Identifier: MIT
// What clouds tell a serving container by environment variables: where to listen, under which
// paths, where the model is. Flags and ML_INFERENCE_ variables win.
//
// Vertex AI: AIP_HTTP_PORT, AIP_HEALTH_ROUTE, AIP_PREDICT_ROUTE; without routes, AIP_MODE,
// AIP_ENDPOINT_ID and AIP_DEPLOYED_MODEL_ID make its default ones.
// SageMaker: it sets no variable that says where a container runs, so a container runs there where
// a variable SAGEMAKER_... is set or the folder /opt/ml/model is there. It calls port 8080, or
// SAGEMAKER_BIND_TO_PORT. With SAGEMAKER_MULTI_MODEL=true it loads models by POST /models from
// folders below /opt/ml/models, and there is none at start.
// KServe: PREDICT_PROBA, as its sklearnserver reads it.
//
// Source: Vertex AI, "Custom container requirements for inference"; SageMaker developer guide,
// "Custom inference code with hosting services"; KServe 0.15, python/sklearnserver.
#pragma once

#include "api/routes.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// What follows for serving.
struct CloudEnvironment {
  std::optional<std::uint16_t> port;
  std::string model_path;       ///< empty: nobody says
  std::string repository_path;  ///< likewise; models come and go by the API
  std::vector<RouteAlias> aliases;
  bool predict_probabilities = false;
  std::vector<std::string> warnings;  ///< of values that make no sense, and are left out
};

/// environment  names and values.
/// model_in     the model in a folder: its only file, or the folder itself where it has none or
///              several; nothing where there is no folder.
[[nodiscard]] CloudEnvironment read_cloud_environment(
    const std::map<std::string, std::string, std::less<>>& environment,
    const std::function<std::optional<std::string>(const std::string&)>& model_in);

/// The same for this process.
[[nodiscard]] CloudEnvironment cloud_environment();

}  // namespace ml_inference
