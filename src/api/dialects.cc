// SPDX-License-Identifier: MIT
#include "api/dialects.h"

#include "api/grpc/grpc_services.h"
#include "api/grpc/oip_grpc_control.h"
#include "api/oip/oip_control.h"
#include "api/oip/oip_dialect.h"
#include "api/oip/oip_information.h"
#include "api/own_dialect.h"
#include "api/scoring/scoring_dialect.h"
#include "api/scoring/scoring_information.h"
#include "api/torchserve/torchserve_control.h"
#include "api/torchserve/torchserve_dialect.h"
#include "api/torchserve/torchserve_information.h"
#include "api/v1/v1_dialect.h"
#include "api/v1/v1_information.h"
#include "base/assert.h"

#include <utility>

namespace ml_inference {

const PredictionDialect* prediction_dialect(const RouteEntry& route) {
  static const OwnDialect own;
  static const OipDialect oip;
  static const V1Dialect v1;
  static const ScoringDialect scoring;
  static const TorchServeDialect torchserve;
  if (!is_grpc(route) && !is_prediction(route.operation)) return nullptr;
  switch (route.dialect) {
    case Dialect::own: return &own;
    case Dialect::oip: return &oip;
    case Dialect::v1: return &v1;
    case Dialect::scoring: return &scoring;
    case Dialect::torchserve: return &torchserve;
    case Dialect::grpc:
    case Dialect::grpc_stream: return grpc_prediction_dialect(route);
    default: return nullptr;
  }
}

HttpHandler::Exchange exchange_of(const RouteEntry& route) {
  using enum HttpHandler::Exchange;
  if (route.operation == Operation::health_watch) return watch;
  const bool is_stream =
      route.dialect == Dialect::grpc_stream || route.operation == Operation::reflection;
  return is_stream ? messages : whole;
}

void inform(const Informant& informant, const RouteMatch& match, const HttpRequest& request,
            HttpResponse& response) {
  switch (match.entry().dialect) {
    case Dialect::oip: return inform_oip(informant, match, request, response);
    case Dialect::v1: return inform_v1(informant, match, response);
    case Dialect::scoring: return inform_scoring(informant, match, response);
    case Dialect::torchserve: return inform_torchserve(informant, match, request, response);
    case Dialect::grpc: return inform_grpc(informant, match, request, response);
    default: ASSERT(false);
  }
}

// The text, the parsed text, and the bytes that it stands for.
std::size_t change_memory_size(std::string_view body) { return 3 * body.size(); }

void change_model(ModelControl& control, const RouteMatch& match, std::string_view body,
                  std::stop_token stop, HttpResponse& response) {
  if (is_grpc(match.entry())) {
    return change_grpc_model(control, match, body, std::move(stop), response);
  }
  if (match.entry().dialect == Dialect::torchserve) {
    return change_torchserve_model(control, match, body, std::move(stop), response);
  }
  change_oip_model(control, match, body, std::move(stop), response);
}

}  // namespace ml_inference
