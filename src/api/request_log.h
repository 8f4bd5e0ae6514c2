// SPDX-License-Identifier: MIT
// What the log says of requests.
#pragma once

#include "api/api_metrics.h"
#include "api/http.h"
#include "api/live_api.h"
#include "telemetry/json_log.h"

#include <chrono>
#include <cstdint>
#include <string>

namespace ml_inference {

/// Writes a line for each request of interest: predictions (one of LiveApi::log_sample() of those
/// that went well), refusals, faults; other answers for a debugger alone.
/// Threads: belongs to one thread.
class RequestLog {
 public:
  /// All outlive it.
  RequestLog(JsonLog& log, const LiveApi& live, ApiMetrics& metrics)
      : log_(log), live_(live), metrics_(metrics) {}

  /// The request was answered after `elapsed`.
  void answered(const HttpRequest& request, const HttpResponse& response,
                std::chrono::nanoseconds elapsed);

 private:
  [[nodiscard]] bool is_sampled_out();
  void compose(const HttpRequest& request, const HttpResponse& response);

  JsonLog& log_;
  const LiveApi& live_;
  ApiMetrics& metrics_;
  std::uint32_t successes_ = 0;  // since the last one that was logged
  std::string message_;          // scratch
};

}  // namespace ml_inference
