// SPDX-License-Identifier: MIT
// How tracing is set up, from the flags and from OpenTelemetry's standard variables.
//
// Source: OpenTelemetry specification 1.49, "Environment Variable Specification".
#pragma once

#include "telemetry/metrics.h"
#include "telemetry/tracer.h"

#include <memory>
#include <string>

namespace ml_inference {

/// What is wrong with a base URL that spans are to be sent to; empty when nothing is, or when it
/// is.
[[nodiscard]] std::string otlp_url_fault(const std::string& url);

/// The tracer, its thread started, or null when nobody receives traces. The environment tells what
/// `endpoint` does not: OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_SERVICE_NAME and
/// OTEL_RESOURCE_ATTRIBUTES; what does not make sense there is a warning in the log, since others
/// set it for whole clusters.
/// endpoint  has no otlp_url_fault(). log: outlives the tracer.
[[nodiscard]] std::unique_ptr<Tracer> make_tracer(std::string endpoint, double sample_ratio,
                                                  JsonLog& log);

/// The counters of spans, zero where nothing is traced.
/// tracer  may be null; outlives the metrics.
void register_trace_metrics(Metrics& metrics, const Tracer* tracer);

/// When all requests are answered: sends what waits, for a bounded time, and logs what is lost.
/// tracer  may be null.
void send_last_spans(Tracer* tracer, JsonLog& log);

}  // namespace ml_inference
