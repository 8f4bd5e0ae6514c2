// SPDX-License-Identifier: MIT
#include "server/testing/path_handler.h"

#include <stop_token>
#include <utility>

namespace ml_inference::testing {

std::unique_ptr<Work> PathHandler::handle(const HttpRequest& request, HttpResponse& response) {
  response.request_id = request.request_id;
  const auto fill = [&request, &response] {
    response.body = std::string(request.method) + " " + std::string(request.target) + " " +
                    std::string(request.body);
  };
  if (request.target == "/work" || (request.target == "/stream-work")) {
    return make_work([fill](const WorkPlace&) { fill(); });
  }
  if (request.target == "/gate") {
    return make_work([this, fill](const WorkPlace&) {
      stage_.begun.set_value();
      stage_.opened.get_future().wait();
      fill();
    });
  }
  if (request.target == "/endless") {
    return make_work([this](const WorkPlace& place) {
      stage_.begun.set_value();
      std::promise<void> stopped;
      const std::stop_callback on_stop(place.stop, [&stopped] { stopped.set_value(); });
      stopped.get_future().wait();
      stage_.opened.set_value();
    });
  }
  if (request.target == "/huge-work") {
    return make_work([](const WorkPlace&) {}, kBudgetSize + 1);
  }
  if (request.target == "/large") {
    response.body.assign(4 << 20, 'x');
  } else if (request.target == "/fails" || request.body == "fail") {
    response.grpc_status = 5;
    response.grpc_message = "no such model: 100% \xC3\xA4";
  } else if (request.target.starts_with("/http-")) {
    response.status = std::stoi(std::string(request.target.substr(6)));
    response.outcome = "as the path says";
  } else if (request.target == "/watch") {
    response.body = "health " + std::to_string(stage_.health.load());
  } else if (request.target == "/fields") {
    response.body = std::string(request.authorization) + "|" + std::string(request.traceparent) +
                    "|" + std::string(request.tracestate) + "|" +
                    (request.deadline ? "deadline" : "");
  } else {
    fill();
  }
  return nullptr;
}

}  // namespace ml_inference::testing
