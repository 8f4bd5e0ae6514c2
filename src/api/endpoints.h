// SPDX-License-Identifier: MIT
// The reference's API: /predict /health /ready /metrics /openapi.json and /.
#pragma once

#include "api/api_metrics.h"
#include "api/http.h"
#include "api/live_api.h"
#include "api/predict_json.h"
#include "serving/readiness.h"
#include "telemetry/json_log.h"
#include "telemetry/metrics.h"
#include "telemetry/tracer.h"

#include <cstdint>
#include <memory>
#include <random>
#include <string>

namespace ml_inference {

struct ApiOptions {
  /// The program's version, for / and /openapi.json.
  std::string version;
};

/// What all event loops' endpoints share. Everything outlives the server.
struct ApiContext {
  const Readiness& readiness;
  Metrics& metrics;
  ApiMetrics& api_metrics;
  JsonLog& log;
  const LiveApi& live;
  ApiOptions options;
  Tracer* tracer = nullptr;  ///< null: nothing is traced
};

/// Answers requests on one event loop; see HttpHandler for the threads.
class Endpoints final : public HttpHandler {
 public:
  explicit Endpoints(const ApiContext& context);

  [[nodiscard]] std::optional<Work> handle(const HttpRequest& request,
                                           HttpResponse& response) override;
  void refuse(const HttpRequest& request, int status, std::string_view detail,
              HttpResponse& response) override;
  void finished(const HttpRequest& request, const HttpResponse& response,
                std::chrono::nanoseconds elapsed) override;
  [[nodiscard]] bool is_vital(const HttpRequest& request) const override;

 private:
  /// A model and how it is spoken with; shared with work that outlives a change of the model.
  struct Served {
    explicit Served(std::shared_ptr<const ServedModel> served)
        : model(std::move(served)), dialect(model->schema()) {}

    std::shared_ptr<const ServedModel> model;
    PredictDialect dialect;
  };

  /// The memory of one prediction, reused on the loop.
  struct PredictMemory {
    JsonTape tape;
    PredictCall call;
    PredictScratch scratch;
  };

  void answer(Route route, const HttpRequest& request, HttpResponse& response);
  void answer_index(HttpResponse& response) const;
  void answer_ready(HttpResponse& response) const;
  void answer_metrics(const HttpRequest& request, HttpResponse& response) const;
  std::optional<Work> predict(const HttpRequest& request, HttpResponse& response);
  static void add_refusals(const ServedModel& model, PredictMemory& memory, FaultList& faults,
                           const WorkPlace& place);
  static void predict_now(const Served& served, std::string_view body, PredictMemory& memory,
                          HttpResponse& response, const WorkPlace& place = {});
  bool is_admitted(const HttpRequest& request, HttpResponse& response);
  const std::shared_ptr<const Served>& served();
  void begin_trace(const HttpRequest& request, HttpResponse& response);
  void take_request_id(std::string_view sent, HttpResponse& response);
  bool is_sampled_out();
  void log_line(const HttpRequest& request, const HttpResponse& response,
                std::chrono::nanoseconds elapsed);

  const ApiContext& context_;
  std::mt19937_64 random_;
  PredictMemory memory_;
  std::shared_ptr<const Served> served_;
  std::uint64_t served_generation_ = 0;
  std::shared_ptr<const TokenSet> tokens_;
  std::uint64_t token_generation_ = 0;
  std::uint32_t successes_ = 0;  // since the last one that was logged
  std::string message_;          // scratch of log_line()
};

}  // namespace ml_inference
