// SPDX-License-Identifier: MIT
#include "api/testing/asking.h"

#include <chrono>
#include <fcntl.h>
#include <utility>

namespace ml_inference::testing {

Asking::Asking(ApiOptions options, ModelControl* control)
    : log_(::open("/dev/null", O_WRONLY | O_CLOEXEC)),
      context_{.readiness = readiness,
               .metrics = metrics,
               .api_metrics = api_metrics_,
               .log = log_,
               .live = live,
               .models = models_,
               .options = std::move(options),
               .control = control},
      endpoints_(context_) {}

HttpResponse Asking::ask(const HttpRequest& request) {
  HttpResponse response;
  if (auto work = endpoints_.handle(request, response)) work->run({});
  endpoints_.finished(request, response, std::chrono::microseconds(41));
  return response;
}

HttpResponse Asking::get(std::string_view target) {
  return ask({.method = "GET", .target = target});
}

HttpResponse Asking::post(std::string_view target, std::string_view body,
                          std::string_view content_type, std::string_view accept) {
  return ask({.method = "POST",
              .target = target,
              .accept = accept,
              .content_type = content_type,
              .body = body});
}

}  // namespace ml_inference::testing
