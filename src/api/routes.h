// SPDX-License-Identifier: MIT
// The endpoints: one table that the router, the metrics, GET / and the OpenAPI document read.
#pragma once

#include "serving/model_catalog.h"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// Who speaks so: decides the form of requests, answers and errors.
enum class Dialect {
  own,          ///< the reference's API
  oip,          ///< Open Inference Protocol v2, with Triton's extensions
  v1,           ///< KServe v1 and TensorFlow Serving, which share their paths; and Vertex AI
  scoring,      ///< MLflow's scoring server and SageMaker, which share theirs
  torchserve,   ///< and SageMaker's multi-model management, which is alike
  grpc,         ///< any of the services that speak it
  grpc_stream,  ///< Triton's stream of predictions, which an error does not end
};

/// What is asked for.
enum class Operation {
  unknown,
  index,
  predict,
  classify,
  regress,
  explain,
  health,
  ready,
  metrics,
  openapi,
  docs,
  version,
  server_metadata,
  model_list,
  model_metadata,
  model_ready,
  model_status,
  model_config,
  statistics,
  repository_index,
  model_load,
  model_unload,
  model_default,
  health_watch,
  health_list,
  reflection,
};

/// How a path may name a version of its model.
enum class Versions {
  none,
  numbers,             ///< also with /versions/{version} behind {model}
  numbers_and_labels,  ///< and with /labels/{label}
};

struct RouteEntry {
  Operation operation = Operation::unknown;
  Dialect dialect = Dialect::own;
  std::string_view path;   ///< "/models/{model}/predict"; "" for the unknown; the metrics' label
  std::string_view allow;  ///< the methods it answers, as the Allow header lists them
  std::string_view summary;
  Versions versions = Versions::none;
};

/// All of them; the first is the unknown one.
[[nodiscard]] std::span<const RouteEntry> all_routes();

/// How many there are.
inline constexpr std::size_t kRouteCount = 69;

/// One of them.
[[nodiscard]] const RouteEntry& route_entry(std::size_t route);

/// Every path of the route: its own, and those that name a version.
[[nodiscard]] std::vector<std::string> route_paths(const RouteEntry& entry);

/// A route that requests take at a path of the operator's choice: Vertex AI names its own.
struct RouteAlias {
  std::string path;  ///< compared whole
  Operation operation;
  Dialect dialect;
};

/// What a request target means.
struct RouteMatch {
  std::size_t route = 0;  ///< its number in all_routes(); 0: unknown
  std::string model;      ///< what stands at {model}, {version}, {label}; decoded
  std::string version;
  std::string label;

  [[nodiscard]] const RouteEntry& entry() const { return route_entry(route); }
  [[nodiscard]] ModelChoice choice() const {
    return {.name = model, .version = version, .label = label};
  }
};

/// The path of a request target as it was sent, which is what may be logged: without query and
/// fragment, and of the absolute form ("http://user:password@host/path") without what stands before
/// it. "*" is one too. Empty where the target has none.
[[nodiscard]] std::string_view target_path(std::string_view target);

/// Which route a request target names. The query is ignored, percent-encoding decoded within each
/// segment, and the absolute form ("http://host/path") understood (RFC 9112, section 3.2).
[[nodiscard]] RouteMatch find_route(std::string_view target,
                                    const std::vector<RouteAlias>& aliases = {});

/// In whose form to say that there is no such path: of the dialect whose paths begin so.
[[nodiscard]] Dialect dialect_of_path(std::string_view target);

/// Whether the method is one of a list as the Allow header has it.
[[nodiscard]] bool allows(std::string_view allow, std::string_view method);

/// Whether the entry answers the method.
[[nodiscard]] inline bool allows(const RouteEntry& entry, std::string_view method) {
  return allows(entry.allow, method);
}

/// Whether models come or go, or answer for others.
[[nodiscard]] bool is_change(const RouteEntry& route, std::string_view method);

/// Whether the entry is a method of gRPC.
[[nodiscard]] bool is_grpc(const RouteEntry& entry);

/// Whether rows are predicted.
[[nodiscard]] bool is_prediction(Operation operation);

/// The text with percent-encoding decoded ("%70redict" -> "predict"). A broken escape stays as it
/// is: it names nothing.
[[nodiscard]] std::string decode_path(std::string_view path);

}  // namespace ml_inference
