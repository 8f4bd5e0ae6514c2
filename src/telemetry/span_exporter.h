// SPDX-License-Identifier: MIT
// Spans on their way out: a bounded queue, and a thread that sends what is in it.
#pragma once

#include "telemetry/json_log.h"
#include "telemetry/otlp_client.h"
#include "telemetry/span.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

namespace ml_inference {

class SpanSender;

struct SpanExporterOptions {
  OtlpEndpoint endpoint;
  ResourceAttributes resource;
  std::string version;                          ///< of the program
  std::size_t queue_size = 2048;                ///< requests that wait; each takes about 500 bytes
  std::size_t batch_size = 256;                 ///< requests in one export
  std::chrono::milliseconds batch_delay{1000};  ///< a batch that is not full waits no longer
  std::chrono::milliseconds timeout{5000};      ///< of one export
  std::chrono::milliseconds pause_min{1000};    ///< before the first retry; doubles from there
  std::chrono::milliseconds pause_max{30'000};  ///< also the longest Retry-After that is obeyed
  std::chrono::milliseconds retry_limit{60'000};  ///< age at which a batch is given up
};

/// Spans so far, phases included.
struct SpanCounts {
  std::uint64_t exported = 0;
  std::uint64_t queue_full = 0;     ///< lost: the receiver was gone or too slow
  std::uint64_t export_failed = 0;  ///< lost: refused, or given up after retries
  std::uint64_t rejected = 0;       ///< lost: the receiver took the rest of their batch
  std::uint64_t shutdown = 0;       ///< lost: still there when the time to stop was over
};

/// Sends spans in batches. Whoever hands one over never waits: when the queue is full, the span is
/// dropped and counted. Statuses 429, 502, 503 and 504 and a connection that fails are tried again
/// after a pause that doubles, or as long as Retry-After says; anything else is given up. The log
/// is told when exports begin to fail, and when they work again, not of each.
/// The thread takes no signals.
/// Threads: every member but stop() and the destructor, from any thread.
class SpanExporter {
 public:
  /// log  outlives this object.
  SpanExporter(SpanExporterOptions options, JsonLog& log);

  /// stop() without patience.
  ~SpanExporter();
  SpanExporter(const SpanExporter&) = delete;
  SpanExporter& operator=(const SpanExporter&) = delete;

  /// Whether there is room now: ask before building a span; false counts `span_count` as dropped.
  [[nodiscard]] bool has_room(std::size_t span_count);

  void add(Span span);

  /// Sends what waits, for at most `limit`, each batch once. A thread that still hangs then is left
  /// behind with what it needs.
  void stop(std::chrono::milliseconds limit);

  [[nodiscard]] SpanCounts counts() const;

 private:
  const std::shared_ptr<SpanSender> sender_;  // shared with the thread
  std::thread thread_;
};

}  // namespace ml_inference
