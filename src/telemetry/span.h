// SPDX-License-Identifier: MIT
// What is recorded of a request whose trace is sampled.
#pragma once

#include "telemetry/trace_context.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ml_inference {

/// A key, which is a literal, and its value.
struct SpanAttribute {
  std::string_view key;
  std::variant<std::string, std::int64_t> value;
};

/// A part of a request's time. Its span has the request's as parent.
struct SpanPhase {
  using Time = std::chrono::system_clock::time_point;

  std::string_view name;  ///< a literal
  Time begin;
  Time end;
};

/// The span of a request, of the kind SERVER, with its phases.
struct Span {
  static constexpr std::size_t kPhaseCountMax = 3;

  TraceContext context;
  std::uint64_t parent_span_id = 0;  ///< the caller's span; 0: this is a trace's first
  std::string trace_state;           ///< `tracestate` as the caller sent it
  std::string name;                  ///< "POST /predict"
  SpanPhase::Time begin;
  SpanPhase::Time end;
  bool failed = false;         ///< through a fault of ours
  std::string failure_reason;  ///< in a few words, when it failed
  std::vector<SpanAttribute> attributes;
  std::array<SpanPhase, kPhaseCountMax> phases;  ///< the first phase_count are there
  std::size_t phase_count = 0;

  /// As tracing systems count: phases are spans of their own.
  [[nodiscard]] std::size_t span_count() const { return 1 + phase_count; }
};

}  // namespace ml_inference
