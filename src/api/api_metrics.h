// SPDX-License-Identifier: MIT
// What the API counts. docs/operations.md lists the families for operators.
#pragma once

#include "api/routes.h"
#include "telemetry/metrics.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>

namespace ml_inference {

/// The API's counters, shared by all event loops.
/// Threads: every member may be called from any thread.
class ApiMetrics {
 public:
  explicit ApiMetrics(Metrics& metrics);

  /// Counts one answered request. route  its number in all_routes(). Methods that no route knows
  /// share one label value.
  void count_request(std::size_t route, std::string_view method, int status);

  /// Rows that were predicted.
  Counter& predictions;

  /// From a whole prediction request in memory to its whole answer in memory.
  Histogram& prediction_latency;

  /// Log lines of successful predictions that sampling left out.
  Counter& log_lines_sampled_out;

 private:
  static constexpr std::size_t kMethodCount = 8;
  static constexpr std::size_t kStatusCount = 21;

  Metrics& metrics_;
  // Made when first counted, so that /metrics lists what has happened, not every combination.
  std::array<std::atomic<Counter*>, kRouteCount * kMethodCount * kStatusCount> requests_{};
};

}  // namespace ml_inference
