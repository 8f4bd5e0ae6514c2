// SPDX-License-Identifier: MIT
#include "api/routes.h"
#include "base/assert.h"

#include <array>

namespace ml_inference {
namespace {

using enum Operation;

constexpr std::string_view kRead = "GET, HEAD";

// The reference's API.
constexpr auto kOwn = std::to_array<RouteEntry>({
    {},
    {index, Dialect::own, "/", "GET, HEAD, OPTIONS", "What this is, and its endpoints"},
    {predict, Dialect::own, "/predict", "POST", "Predict one row or a list of rows"},
    {health, Dialect::own, "/health", kRead, "Whether the process is alive (liveness)"},
    {ready, Dialect::own, "/ready", kRead, "Whether traffic should come here (readiness)"},
    {metrics, Dialect::own, "/metrics", kRead, "Metrics as Prometheus text or OpenMetrics"},
    {openapi, Dialect::own, "/openapi.json", kRead, "This API as OpenAPI 3.1"},
    {docs, Dialect::own, "/docs", kRead, "This API for people, in a browser"},
    {docs, Dialect::own, "/docs/init.js", kRead, "A file of /docs"},
    {docs, Dialect::own, "/docs/swagger-ui-bundle.js", kRead, "A file of /docs"},
    {docs, Dialect::own, "/docs/swagger-ui.css", kRead, "A file of /docs"},
    {docs, Dialect::own, "/docs/favicon.png", kRead, "A file of /docs"},
    {docs, Dialect::own, "/docs/licences.txt", kRead, "The licences of what /docs is made of"},
    {predict, Dialect::own, "/models/{model}/predict", "POST", "Predict by a model that is named",
     Versions::numbers},
});

// Open Inference Protocol v2 and Triton's extensions of it.
constexpr auto kOip = std::to_array<RouteEntry>({
    {server_metadata, Dialect::oip, "/v2", kRead, "Open Inference Protocol: what serves"},
    {health, Dialect::oip, "/v2/health/live", kRead, "Open Inference Protocol: liveness"},
    {ready, Dialect::oip, "/v2/health/ready", kRead, "Open Inference Protocol: readiness"},
    {model_list, Dialect::oip, "/v2/models", kRead, "Open Inference Protocol: the models' names"},
    {statistics, Dialect::oip, "/v2/models/stats", kRead, "Triton: statistics of all models"},
    {model_metadata, Dialect::oip, "/v2/models/{model}", kRead,
     "Open Inference Protocol: the tensors of a model", Versions::numbers},
    {model_ready, Dialect::oip, "/v2/models/{model}/ready", kRead,
     "Open Inference Protocol: whether a model answers", Versions::numbers},
    {predict, Dialect::oip, "/v2/models/{model}/infer", "POST",
     "Open Inference Protocol: predict rows of tensors", Versions::numbers},
    {model_config, Dialect::oip, "/v2/models/{model}/config", kRead,
     "Triton: the configuration of a model", Versions::numbers},
    {statistics, Dialect::oip, "/v2/models/{model}/stats", kRead, "Triton: statistics of a model",
     Versions::numbers},
    {repository_index, Dialect::oip, "/v2/repository/index", "POST",
     "Triton: the repository's versions and their states"},
    {model_load, Dialect::oip, "/v2/repository/models/{model}/load", "POST",
     "Triton: load a model, or load it again"},
    {model_unload, Dialect::oip, "/v2/repository/models/{model}/unload", "POST",
     "Triton: unload a model"},
});

// KServe v1 and TensorFlow Serving; and Vertex AI, which names its own paths. A verb stands before
// what would take it for the end of a name.
constexpr auto kV1 = std::to_array<RouteEntry>({
    {predict, Dialect::v1, "/v1/models/{model}:predict", "POST",
     "KServe v1 and TensorFlow Serving: predict instances, or columns",
     Versions::numbers_and_labels},
    {classify, Dialect::v1, "/v1/models/{model}:classify", "POST",
     "TensorFlow Serving: classes and scores of examples", Versions::numbers_and_labels},
    {regress, Dialect::v1, "/v1/models/{model}:regress", "POST",
     "TensorFlow Serving: numbers for examples", Versions::numbers_and_labels},
    {explain, Dialect::v1, "/v1/models/{model}:explain", "POST", "KServe v1: not answered here"},
    {model_list, Dialect::v1, "/v1/models", kRead, "KServe v1: the models' names"},
    {model_status, Dialect::v1, "/v1/models/{model}", kRead,
     "KServe v1 and TensorFlow Serving: the state of a model", Versions::numbers_and_labels},
    {model_metadata, Dialect::v1, "/v1/models/{model}/metadata", kRead,
     "TensorFlow Serving: the signatures of a model", Versions::numbers_and_labels},
    {ready, Dialect::v1, "AIP_HEALTH_ROUTE", kRead,
     "Vertex AI: readiness, at the path that the variable names"},
    {predict, Dialect::v1, "AIP_PREDICT_ROUTE", "POST",
     "Vertex AI: predict instances, at the path that the variable names"},
});

// MLflow's scoring server, SageMaker, TorchServe.
constexpr auto kOthers = std::to_array<RouteEntry>({
    {ready, Dialect::scoring, "/ping", kRead, "MLflow, SageMaker and TorchServe: readiness"},
    {version, Dialect::scoring, "/version", kRead, "MLflow: the program's version"},
    {predict, Dialect::scoring, "/invocations", "POST",
     "MLflow and SageMaker: predict data frames, instances or CSV"},
    {predict, Dialect::scoring, "/models/{model}/invoke", "POST",
     "SageMaker: the same by a model that is named"},
    {model_list, Dialect::torchserve, "/models", "GET, HEAD, POST",
     "TorchServe and SageMaker: the models; with POST, load one"},
    {model_metadata, Dialect::torchserve, "/models/{model}", "GET, HEAD, PUT, DELETE",
     "TorchServe and SageMaker: a model; with DELETE, unload it"},
    {model_metadata, Dialect::torchserve, "/models/{model}/{version}", "GET, HEAD, PUT, DELETE",
     "TorchServe: one version, or all"},
    {model_default, Dialect::torchserve, "/models/{model}/{version}/set-default", "PUT",
     "TorchServe: the version that answers where none is named"},
    {predict, Dialect::torchserve, "/predictions/{model}", "POST", "TorchServe: predict rows"},
    {predict, Dialect::torchserve, "/predictions/{model}/{version}", "POST",
     "TorchServe: predict rows by one version"},
    {explain, Dialect::torchserve, "/explanations/{model}", "POST",
     "TorchServe: not answered (501)"},
});

// gRPC's paths: the service and the method. The message names the model.
constexpr auto kGrpc = std::to_array<RouteEntry>({
    {health, Dialect::grpc, "/inference.GRPCInferenceService/ServerLive", "POST",
     "Open Inference Protocol: liveness"},
    {ready, Dialect::grpc, "/inference.GRPCInferenceService/ServerReady", "POST",
     "Open Inference Protocol: readiness"},
    {model_ready, Dialect::grpc, "/inference.GRPCInferenceService/ModelReady", "POST",
     "Open Inference Protocol: whether a model answers"},
    {server_metadata, Dialect::grpc, "/inference.GRPCInferenceService/ServerMetadata", "POST",
     "Open Inference Protocol: what serves"},
    {model_metadata, Dialect::grpc, "/inference.GRPCInferenceService/ModelMetadata", "POST",
     "Open Inference Protocol: the tensors of a model"},
    {predict, Dialect::grpc, "/inference.GRPCInferenceService/ModelInfer", "POST",
     "Open Inference Protocol: predict rows of tensors"},
    {predict, Dialect::grpc_stream, "/inference.GRPCInferenceService/ModelStreamInfer", "POST",
     "Triton: predict rows of tensors, message by message"},
    {model_config, Dialect::grpc, "/inference.GRPCInferenceService/ModelConfig", "POST",
     "Triton: the configuration of a model"},
    {statistics, Dialect::grpc, "/inference.GRPCInferenceService/ModelStatistics", "POST",
     "Triton: statistics of models"},
    {repository_index, Dialect::grpc, "/inference.GRPCInferenceService/RepositoryIndex", "POST",
     "Triton: the versions of the repository and their states"},
    {model_load, Dialect::grpc, "/inference.GRPCInferenceService/RepositoryModelLoad", "POST",
     "Triton: load a model, or load it again"},
    {model_unload, Dialect::grpc, "/inference.GRPCInferenceService/RepositoryModelUnload", "POST",
     "Triton: unload a model"},
    {predict, Dialect::grpc, "/tensorflow.serving.PredictionService/Predict", "POST",
     "TensorFlow Serving: predict rows of tensors"},
    {classify, Dialect::grpc, "/tensorflow.serving.PredictionService/Classify", "POST",
     "TensorFlow Serving: classes and scores of examples"},
    {regress, Dialect::grpc, "/tensorflow.serving.PredictionService/Regress", "POST",
     "TensorFlow Serving: numbers for examples"},
    {model_metadata, Dialect::grpc, "/tensorflow.serving.PredictionService/GetModelMetadata",
     "POST", "TensorFlow Serving: the signatures of a model"},
    {model_status, Dialect::grpc, "/tensorflow.serving.ModelService/GetModelStatus", "POST",
     "TensorFlow Serving: the states of a model's versions"},
    {ready, Dialect::grpc, "/grpc.health.v1.Health/Check", "POST",
     "gRPC health: whether a service or a model answers"},
    {health_watch, Dialect::grpc, "/grpc.health.v1.Health/Watch", "POST",
     "gRPC health: the same, and each change of it"},
    {health_list, Dialect::grpc, "/grpc.health.v1.Health/List", "POST",
     "gRPC health: the same of all services and models"},
    {reflection, Dialect::grpc, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "POST",
     "gRPC reflection: the services and their messages"},
    {reflection, Dialect::grpc, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
     "POST", "gRPC reflection by its former name"},
});

template <std::size_t... kSizes>
constexpr auto joined(const std::array<RouteEntry, kSizes>&... parts) {
  std::array<RouteEntry, (kSizes + ...)> all{};
  std::size_t count = 0;
  const auto append = [&](const auto& part) {
    for (const RouteEntry& entry : part) all[count++] = entry;
  };
  (append(parts), ...);
  return all;
}

constexpr auto kAll = joined(kOwn, kOip, kV1, kOthers, kGrpc);
static_assert(kAll.size() == kRouteCount);

}  // namespace

std::span<const RouteEntry> all_routes() { return kAll; }

const RouteEntry& route_entry(std::size_t route) {
  ASSERT(route < kAll.size());
  return kAll[route];
}

}  // namespace ml_inference
