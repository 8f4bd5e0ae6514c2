// SPDX-License-Identifier: MIT
#include "api/scoring/scoring_information.h"

#include <string>

namespace ml_inference {

void inform_scoring(const Informant& informant, const RouteMatch& match, HttpResponse& response) {
  if (match.entry().operation == Operation::version) {
    response.content_type = "text/plain; charset=utf-8";
    response.body = informant.version;
    return;
  }
  const std::string status = informant.readiness.status();
  const bool is_ready = status == "ready";
  response.body = is_ready ? R"({"status":"Healthy"})" : R"({"status":"Unhealthy"})";
  if (is_ready) return;
  response.status = 503;
  response.retry_later = true;
  response.outcome = status;
}

}  // namespace ml_inference
