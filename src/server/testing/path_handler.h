// SPDX-License-Identifier: MIT
// A handler that does what the path of a request says.
#pragma once

#include "api/http.h"
#include "server/server_options.h"

#include <atomic>
#include <cstddef>
#include <future>
#include <mutex>
#include <string>

namespace ml_inference::testing {

constexpr std::size_t kBudgetSize = ServerOptions().body_budget_bytes;

/// What a test and the handler share.
struct Stage {
  std::promise<void> begun;
  std::promise<void> opened;
  std::atomic<int> finished_count = 0;
  std::atomic<int> health = 1;
  std::mutex mutex;
  std::string last_outcome;  // guarded by mutex
};

/// Answers with the method, the target and the body. "/work" is done by a worker, "/gate" by one
/// once the gate is open, "/endless" ends when it is asked to stop. "/fails" and "/http-..." say
/// what went wrong. "/stream..." are streams of messages, "/watch" tells of stage.health.
class PathHandler final : public HttpHandler {
 public:
  explicit PathHandler(Stage& stage) : stage_(stage) {}

  [[nodiscard]] Exchange exchange(std::string_view target) const override {
    if (target.starts_with("/stream")) return Exchange::messages;
    return target == "/watch" ? Exchange::watch : Exchange::whole;
  }

  std::unique_ptr<Work> handle(const HttpRequest& request, HttpResponse& response) override;

  void refuse(const HttpRequest&, int status, std::string_view detail,
              HttpResponse& response) override {
    response.status = status;
    response.body = detail;
    response.outcome = detail;
  }

  void finished(const HttpRequest&, const HttpResponse& response,
                std::chrono::nanoseconds) override {
    const std::lock_guard lock(stage_.mutex);
    stage_.last_outcome = response.outcome;
    ++stage_.finished_count;
  }

  bool is_vital(const HttpRequest& request) const override { return request.target == "/health"; }

 private:
  Stage& stage_;
};

}  // namespace ml_inference::testing
