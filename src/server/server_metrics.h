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
        overflow_answers(metrics.counter("http_overload_total",
                                         "Requests and connections answered with 503 or dropped.",
                                         {{"reason", "connections"}})),
        queue_answers(metrics.counter("http_overload_total",
                                      "Requests and connections answered with 503 or dropped.",
                                      {{"reason", "worker_queue"}})),
        memory_answers(metrics.counter("http_overload_total",
                                       "Requests and connections answered with 503 or dropped.",
                                       {{"reason", "memory"}})) {}

  Gauge& connections;
  Counter& connections_accepted;
  Counter& overflow_answers;
  Counter& queue_answers;
  Counter& memory_answers;
};

}  // namespace ml_inference
