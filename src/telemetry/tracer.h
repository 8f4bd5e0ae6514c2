// SPDX-License-Identifier: MIT
// Which requests are traced, and what becomes of them.
#pragma once

#include "telemetry/span.h"
#include "telemetry/span_exporter.h"
#include "telemetry/trace_context.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string_view>

namespace ml_inference {

/// What is noted of one request while it is answered. Costs nothing unless it is sampled.
struct RequestTrace {
  using Time = std::chrono::steady_clock::time_point;

  TraceContext context;  ///< our span; `sampled` says whether anything below means anything
  std::uint64_t parent_span_id = 0;
  bool queued = false;  ///< a worker answers
  Time compute_begin;   ///< a default value where the request did not get so far
  Time compute_end;
  Time encode_end;

  /// Sets one of the times, if anybody wants to know.
  void note(Time RequestTrace::* moment) {
    if (context.sampled) this->*moment = std::chrono::steady_clock::now();
  }
};

/// Takes a share of the traces that begin here, and of those that come from elsewhere all that
/// their callers take: parent-based sampling. A share is decided by the trace id as the SDKs of
/// OpenTelemetry do (the low 8 bytes lie below share * 2^64), so that services with one share
/// decide alike.
/// Threads: any, for every member.
class Tracer {
 public:
  /// sample_ratio  as for set_sample_ratio().
  Tracer(SpanExporterOptions options, double sample_ratio, JsonLog& log);

  /// ratio  in [0, 1], of the requests that bring no decision. May change at any time.
  void set_sample_ratio(double ratio);

  /// Decides about a request. Allocates nothing.
  /// traceparent  as sent, or empty; a broken one counts as none. ids: the caller's own.
  [[nodiscard]] RequestTrace begin(std::string_view traceparent, std::mt19937_64& ids) const;

  /// The spans go out, or are dropped and counted.
  [[nodiscard]] SpanExporter& exporter() { return exporter_; }
  [[nodiscard]] const SpanExporter& exporter() const { return exporter_; }

 private:
  [[nodiscard]] bool takes(const TraceId& id) const;

  // Traces are taken when their id's low 8 bytes lie below it; the largest number means all.
  std::atomic<std::uint64_t> threshold_ = 0;
  SpanExporter exporter_;
};

/// The phases of a request as spans' times: `queue` until its computing begins (or, if it waited
/// for a worker in vain, to the end), `compute`, `encode`. All lie in [begin, end].
/// end_steady, end_unix  the same moment by both clocks.
void add_phases(const RequestTrace& trace, std::chrono::nanoseconds elapsed,
                RequestTrace::Time end_steady, SpanPhase::Time end_unix, Span& span);

}  // namespace ml_inference
