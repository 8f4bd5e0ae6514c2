// SPDX-License-Identifier: MIT
// What the server counts beside the API's requests.
#pragma once

#include "telemetry/metrics.h"

namespace ml_inference {

/// Threads: every member may be used from any thread.
struct ServerMetrics {
  explicit ServerMetrics(Metrics& metrics)
      : connections(metrics.gauge("http_connections", "Open connections.")),
        connections_accepted(
            metrics.counter("http_connections_accepted_total", "Connections accepted.")),
        overflow_answers(overload(metrics, "connections")),
        queue_answers(overload(metrics, "worker_queue")),
        standing_answers(overload(metrics, "standing_queue")),
        model_queue_answers(overload(metrics, "model_queue")),
        priority_answers(overload(metrics, "priority")),
        deadline_answers(overload(metrics, "deadline")),
        memory_answers(overload(metrics, "memory")) {}

  static Counter& overload(Metrics& metrics, const char* reason) {
    return metrics.counter(
        "http_overload_total",
        "Requests and connections refused at once, or dropped, for their number.",
        {{"reason", reason}});
  }

  Gauge& connections;
  Counter& connections_accepted;
  Counter& overflow_answers;
  Counter& queue_answers;
  Counter& standing_answers;
  Counter& model_queue_answers;
  Counter& priority_answers;
  Counter& deadline_answers;
  Counter& memory_answers;
};

}  // namespace ml_inference
