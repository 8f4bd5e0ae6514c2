// SPDX-License-Identifier: MIT
#include "api/grpc/health_service.h"

#include "api/grpc/grpc_message.h"
#include "api/grpc/health.pb.h"
#include "base/printable_text.h"
#include "base/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace ml_inference {
namespace {

using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;
using ::grpc::health::v1::HealthListResponse;
using Status = HealthCheckResponse::ServingStatus;

// What answers whenever the server does.
constexpr std::array<std::string_view, 6> kServices{"",
                                                    "readiness",
                                                    "inference.GRPCInferenceService",
                                                    "tensorflow.serving.PredictionService",
                                                    "tensorflow.serving.ModelService",
                                                    "grpc.health.v1.Health"};

constexpr std::string_view kLiveness = "liveness";

Status status_of(bool serves) {
  return serves ? HealthCheckResponse::SERVING : HealthCheckResponse::NOT_SERVING;
}

Status status_of_model(const Informant& informant, const CatalogModel& model) {
  return status_of(model.answering() != nullptr && !informant.readiness.is_draining());
}

Status find_status(const Informant& informant, std::string_view name) {
  if (name == kLiveness) return HealthCheckResponse::SERVING;
  if (std::ranges::find(kServices, name) != kServices.end()) {
    return status_of(informant.readiness.status() == "ready");
  }
  const auto catalog = informant.readiness.catalog();
  const CatalogModel* const model = catalog == nullptr ? nullptr : catalog->find(name);
  return model == nullptr ? HealthCheckResponse::SERVICE_UNKNOWN
                          : status_of_model(informant, *model);
}

void list(const Informant& informant, HttpResponse& response) {
  HealthListResponse answer;
  auto& statuses = *answer.mutable_statuses();
  statuses[std::string(kLiveness)].set_status(HealthCheckResponse::SERVING);
  const Status ready = status_of(informant.readiness.status() == "ready");
  for (const std::string_view name : kServices) statuses[std::string(name)].set_status(ready);
  if (const auto catalog = informant.readiness.catalog()) {
    for (const CatalogModel& model : catalog->models()) {
      if (is_utf8(model.name)) statuses[model.name].set_status(status_of_model(informant, model));
    }
  }
  write_message(answer, response);
}

}  // namespace

void inform_health(const Informant& informant, Operation operation, std::string_view body,
                   HttpResponse& response) {
  if (operation == Operation::health_list) return list(informant, response);
  HealthCheckRequest request;
  if (!read_message(body, request, response)) return;
  HealthCheckResponse answer;
  answer.set_status(find_status(informant, request.service()));
  const bool is_unknown = answer.status() == HealthCheckResponse::SERVICE_UNKNOWN;
  if (is_unknown && operation != Operation::health_watch) {
    return write_error(
        Dialect::grpc, 404,
        fmt::format("there is no service or model '{}'", printable_text(request.service())),
        response);
  }
  write_message(answer, response);
}

}  // namespace ml_inference
