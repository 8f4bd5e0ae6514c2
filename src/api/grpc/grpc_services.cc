// SPDX-License-Identifier: MIT
#include "api/grpc/grpc_services.h"

#include "api/grpc/example_dialect.h"
#include "api/grpc/health_service.h"
#include "api/grpc/oip_grpc.h"
#include "api/grpc/oip_grpc_information.h"
#include "api/grpc/reflection_service.h"
#include "api/grpc/tensorflow_dialect.h"
#include "api/grpc/tensorflow_information.h"

#include <fmt/format.h>

namespace ml_inference {

const PredictionDialect* grpc_prediction_dialect(const RouteEntry& route) {
  static const OipGrpcDialect oip(false);
  static const OipGrpcDialect oip_stream(true);
  static const TensorflowDialect tensorflow;
  static const ExampleDialect classify(true);
  static const ExampleDialect regress(false);
  const bool is_tensorflow = route.path.starts_with("/tensorflow.serving.");
  switch (route.operation) {
    case Operation::predict:
      if (is_tensorflow) return &tensorflow;
      return route.dialect == Dialect::grpc_stream ? &oip_stream : &oip;
    case Operation::classify: return &classify;
    case Operation::regress: return &regress;
    default: return nullptr;
  }
}

void inform_grpc(const Informant& informant, const RouteMatch& match, const HttpRequest& request,
                 HttpResponse& response) {
  if (!is_grpc_type(request.content_type)) {
    return write_error(
        Dialect::grpc, 415,
        fmt::format("Content-Type is '{}', expected application/grpc", request.content_type),
        response);
  }
  const RouteEntry& route = match.entry();
  const std::string_view service = route.path.substr(0, route.path.rfind('/'));
  if (service == "/inference.GRPCInferenceService") {
    return inform_oip_grpc(informant, route.operation, request.body, response);
  }
  if (service == "/grpc.health.v1.Health") {
    return inform_health(informant, route.operation, request.body, response);
  }
  if (service.starts_with("/tensorflow.serving.")) {
    return inform_tensorflow(informant, route.operation, request.body, response);
  }
  return reflect(request.body, response);
}

}  // namespace ml_inference
