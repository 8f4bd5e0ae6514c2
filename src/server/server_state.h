// SPDX-License-Identifier: MIT
// What all event loops of one server share.
#pragma once

#include "server/body_budget.h"
#include "server/server_metrics.h"
#include "server/server_options.h"
#include "server/work_memory.h"
#include "serving/worker_pool.h"

#include <atomic>
#include <cstddef>

namespace ml_inference {

/// The life of the server, in the order in which it goes.
enum class ServerPhase {
  serving,
  draining,    ///< new connections are still taken; each answer ends its connection
  closing,     ///< no new connections; idle ones are closed, requests under way finish
  cancelling,  ///< the limit is reached: what is not finished is answered with 503
};

/// Threads: members are constant, atomic or thread-safe themselves.
struct ServerState {
  ServerState(const ServerOptions& server_options, Metrics& server_metrics)
      : options(server_options),
        metrics(server_metrics),
        body_budget(server_options.body_budget_bytes),
        work_memory(server_options.body_budget_bytes),
        workers(server_options.thread_count, {.size_max = server_options.worker_queue_size,
                                              .standing_after = server_options.shed_after}) {}

  [[nodiscard]] ServerPhase current_phase() const { return phase.load(std::memory_order_relaxed); }

  const ServerOptions options;
  ServerMetrics metrics;
  BodyBudget body_budget;
  WorkMemory work_memory;
  std::atomic<std::size_t> connection_count = 0;
  std::atomic<ServerPhase> phase = ServerPhase::serving;
  WorkerPool workers;
};

}  // namespace ml_inference
