// SPDX-License-Identifier: MIT
// The endpoints with everything real around them but sockets and a log that anybody reads.
#pragma once

#include "api/endpoints.h"

#include <memory>
#include <string_view>

namespace ml_inference::testing {

/// Asks endpoints that answer for whatever `readiness` has.
class Asking {
 public:
  /// control  outlives it; null: models do not come and go.
  explicit Asking(ApiOptions options = {.version = "1.2.3"}, ModelControl* control = nullptr);

  /// The answer, whoever would compute it; counted and logged.
  [[nodiscard]] HttpResponse ask(const HttpRequest& request);

  [[nodiscard]] HttpResponse get(std::string_view target);
  [[nodiscard]] HttpResponse post(std::string_view target, std::string_view body,
                                  std::string_view content_type = "application/json",
                                  std::string_view accept = {});

  /// What is asked.
  [[nodiscard]] Endpoints& endpoints() { return endpoints_; }

  Readiness readiness;
  Metrics metrics;
  LiveApi live;

 private:
  JsonLog log_;
  ApiMetrics api_metrics_{metrics};
  SpokenModels models_;
  ApiContext context_;
  Endpoints endpoints_;
};

}  // namespace ml_inference::testing
