// SPDX-License-Identifier: MIT
// What a trace says of a request.
//
// Source: OpenTelemetry semantic conventions 1.37, "HTTP server span".
#pragma once

#include "api/http.h"
#include "telemetry/tracer.h"

#include <chrono>

namespace ml_inference {

/// Whether requests like this are traced at all: probes and scrapes are not.
[[nodiscard]] bool is_traced_route(const HttpResponse& response);

/// Hands the span of a sampled request to the exporter, or drops it when there is no room. The
/// request has just ended, `elapsed` after it was whole in memory.
void export_request_span(const HttpRequest& request, const HttpResponse& response,
                         std::chrono::nanoseconds elapsed, SpanExporter& exporter);

}  // namespace ml_inference
