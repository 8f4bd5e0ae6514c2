// SPDX-License-Identifier: MIT
// What an operator can set about the server. Each field is a flag and an environment variable; the
// table in docs/operations.md says when to change which.
#pragma once

#include "base/byte_units.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace ml_inference {

struct ServerOptions {
  /// A numeric address; "::" serves IPv6 and IPv4.
  std::string host = "0.0.0.0";
  std::uint16_t port = 8000;  ///< 0: any free one, told by Server::port()
  /// The one that speaks HTTP/2, for gRPC: likewise. Nothing: there is none.
  std::optional<std::uint16_t> grpc_port;

  /// Event loops, and workers for big batches; one a granted CPU.
  std::size_t thread_count = 1;

  /// Connections that are served. Beyond them, requests other than probes get 503 at once.
  std::size_t connection_count_max = 1024;

  /// Request line and header fields together: 431 beyond. 8 KiB is what nginx and Node.js take.
  std::uint32_t header_size_max = 8 * 1024;
  /// 413 beyond. A megabyte is some 40 000 numbers.
  std::size_t body_size_max = kMebibyte;
  /// All bodies over 16 KiB that are in memory at one time, of requests and of answers that wait
  /// for their readers; and as much again for what the workers' batches need while they are worked
  /// on. 503 beyond. A quarter of the memory that the smallest container has.
  std::size_t body_budget_bytes = 32 * kMebibyte;

  /// A kept-alive connection without a request. Longer than the 60 s of usual load balancers, since
  /// a connection that the server closes first may cost a client its next request.
  std::chrono::milliseconds idle_timeout{75'000};
  /// From a request's first byte to the end of its header: 408 beyond.
  std::chrono::milliseconds header_timeout{10'000};
  /// From the end of the header to the end of the body (408), again for the work of a worker (503),
  /// and again to the last byte of the answer.
  std::chrono::milliseconds request_timeout{30'000};

  /// A connection of HTTP/2 that is older is asked to go, more or less by a tenth: its client comes
  /// again, and may reach a pod that was not there before. 0: never.
  std::chrono::milliseconds grpc_connection_age_max{300'000};

  /// How long SIGTERM leaves the listener open, since a cluster's routes are slow to forget a pod.
  /// 0 where a preStop hook has waited already.
  std::chrono::milliseconds drain_delay{5'000};
  /// From SIGTERM to the end at the latest: below Kubernetes' grace period of 30 s.
  std::chrono::milliseconds drain_limit{25'000};

  /// Big batches that may wait for a worker; 503 beyond.
  std::size_t worker_queue_size = 16;

  /// When batches have been waiting for so long without a break, the server has more to do than it
  /// can: from then on one waits briefly or is refused (503). 0: never, they wait as long as there
  /// is room.
  std::chrono::milliseconds shed_after{100};
};

}  // namespace ml_inference
