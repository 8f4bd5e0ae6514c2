// SPDX-License-Identifier: MIT
#include "telemetry/tracer.h"

#include "base/assert.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();

std::uint64_t not_zero(std::mt19937_64& ids) {
  std::uint64_t id = 0;
  while (id == 0) id = ids();
  return id;
}

}  // namespace

Tracer::Tracer(SpanExporterOptions options, double sample_ratio, JsonLog& log)
    : exporter_(std::move(options), log) {
  set_sample_ratio(sample_ratio);
}

void Tracer::set_sample_ratio(double ratio) {
  ASSERT(ratio >= 0 && ratio <= 1);
  constexpr double kTwoTo64 = 18446744073709551616.0;
  const double bound = ratio * kTwoTo64;
  threshold_.store(bound >= kTwoTo64 ? kAll : static_cast<std::uint64_t>(bound),
                   std::memory_order_relaxed);
}

bool Tracer::takes(const TraceId& id) const {
  const std::uint64_t threshold = threshold_.load(std::memory_order_relaxed);
  return threshold == kAll || id.low < threshold;
}

RequestTrace Tracer::begin(std::string_view traceparent, std::mt19937_64& ids) const {
  RequestTrace trace;
  if (!traceparent.empty()) {
    if (const auto parent = parse_traceparent(traceparent)) {
      if (!parent->sampled) return trace;
      trace.context = {.trace_id = parent->trace_id, .span_id = not_zero(ids), .sampled = true};
      trace.parent_span_id = parent->span_id;
      return trace;
    }
  }
  TraceId id{.high = 0, .low = ids()};
  if (!takes(id)) return trace;
  id.high = not_zero(ids);
  trace.context = {.trace_id = id, .span_id = not_zero(ids), .sampled = true};
  return trace;
}

void add_phases(const RequestTrace& trace, std::chrono::nanoseconds elapsed,
                RequestTrace::Time end_steady, SpanPhase::Time end_unix, Span& span) {
  constexpr RequestTrace::Time kNever{};
  const RequestTrace::Time begin_steady = end_steady - elapsed;
  const auto unix_time = [&](RequestTrace::Time moment) {
    const auto within = std::clamp(moment, begin_steady, end_steady);
    return end_unix - std::chrono::duration_cast<SpanPhase::Time::duration>(end_steady - within);
  };
  const auto add = [&](std::string_view name, RequestTrace::Time from, RequestTrace::Time to) {
    span.phases[span.phase_count++] = {
        .name = name, .begin = unix_time(from), .end = unix_time(to)};
  };
  span.begin = unix_time(begin_steady);
  span.end = end_unix;
  if (trace.compute_begin == kNever) {
    if (trace.queued) add("queue", begin_steady, end_steady);
    return;
  }
  add("queue", begin_steady, trace.compute_begin);
  add("compute", trace.compute_begin, trace.compute_end);
  add("encode", trace.compute_end, trace.encode_end);
}

}  // namespace ml_inference
