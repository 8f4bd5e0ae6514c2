// SPDX-License-Identifier: MIT
// What answers requests: the reference's API and every dialect, on one event loop.
#pragma once

#include "api/api_metrics.h"
#include "api/http.h"
#include "api/live_api.h"
#include "api/openapi/document_cache.h"
#include "api/prediction.h"
#include "api/request_log.h"
#include "api/routes.h"
#include "api/spoken_model.h"
#include "api/token_guard.h"
#include "base/result.h"
#include "serving/readiness.h"
#include "serving/repository/model_control.h"
#include "telemetry/json_log.h"
#include "telemetry/metrics.h"
#include "telemetry/tracer.h"

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace ml_inference {

struct ApiOptions {
  /// The program's version, for / and /openapi.json.
  std::string version;

  /// Paths of the operator's choice.
  std::vector<RouteAlias> aliases = {};

  /// Whether Dialect::v1 answers with probabilities where the client does not say and the model has
  /// them.
  bool predict_probabilities = false;
};

/// What all event loops' endpoints share. Everything outlives the server.
struct ApiContext {
  const Readiness& readiness;
  Metrics& metrics;
  ApiMetrics& api_metrics;
  JsonLog& log;
  const LiveApi& live;
  SpokenModels& models;
  ApiOptions options;
  Tracer* tracer = nullptr;         ///< null: nothing is traced
  ModelControl* control = nullptr;  ///< null: models do not come and go by request
  std::shared_ptr<DocumentCache> documents = std::make_shared<DocumentCache>();
};

/// Answers requests on one event loop; see HttpHandler for the threads.
class Endpoints final : public HttpHandler {
 public:
  explicit Endpoints(const ApiContext& context);

  [[nodiscard]] Exchange exchange(std::string_view target) const override;
  [[nodiscard]] std::unique_ptr<Work> handle(const HttpRequest& request,
                                             HttpResponse& response) override;
  void refuse(const HttpRequest& request, int status, std::string_view detail,
              HttpResponse& response) override;
  void finished(const HttpRequest& request, const HttpResponse& response,
                std::chrono::nanoseconds elapsed) override;
  [[nodiscard]] bool is_vital(const HttpRequest& request) const override;
  void tick() override;

 private:
  // A model that was asked for, as it was named.
  struct Named {
    std::string name;
    std::string version;
    std::string label;
    std::shared_ptr<const SpokenModel> model;
  };

  void answer(const RouteMatch& match, const HttpRequest& request, HttpResponse& response);
  void answer_own(Operation operation, const HttpRequest& request, HttpResponse& response) const;
  void answer_index(HttpResponse& response) const;
  void answer_ready(HttpResponse& response) const;
  void answer_metrics(const HttpRequest& request, HttpResponse& response) const;
  std::unique_ptr<Work> describe(HttpResponse& response);
  std::unique_ptr<Work> change(RouteMatch match, const HttpRequest& request,
                               HttpResponse& response);
  std::unique_ptr<Work> predict(RouteMatch match, const HttpRequest& request,
                                HttpResponse& response);
  [[nodiscard]] bool is_admitted(const RouteEntry& route, const HttpRequest& request,
                                 HttpResponse& response);
  void follow_catalog();
  [[nodiscard]] Result<std::shared_ptr<const SpokenModel>> spoken(const ModelChoice& choice);
  [[nodiscard]] bool is_allowed(const RouteEntry& route, std::string_view method) const;
  [[nodiscard]] ControlRights rights() const;
  void begin_trace(const HttpRequest& request, HttpResponse& response);
  void take_request_id(std::string_view sent, HttpResponse& response);

  const ApiContext& context_;
  std::mt19937_64 random_;
  PredictMemory memory_;
  TokenGuard token_guard_;
  RequestLog request_log_;
  std::shared_ptr<const ModelCatalog> catalog_;
  std::uint64_t catalog_generation_ = 0;
  std::vector<Named> named_;  // of catalog_
};

}  // namespace ml_inference
