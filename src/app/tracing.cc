// SPDX-License-Identifier: MIT
#include "app/tracing.h"

#include "app/version.h"
#include "base/number_text.h"
#include "base/utf8.h"
#include "telemetry/trace_resource.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <string_view>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::string_view kLogger = "main";
constexpr char kEndpointVariable[] = "OTEL_EXPORTER_OTLP_ENDPOINT";

// With the default --drain-limit of 25 s, a pod's grace period of 30 s has room for it.
constexpr std::chrono::milliseconds kLastExportLimit{2'000};

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

ResourceAttributes resource(JsonLog& log) {
  std::string service_name = variable("OTEL_SERVICE_NAME");
  if (!is_utf8(service_name)) {
    log.write(LogLevel::warning, kLogger, "OTEL_SERVICE_NAME is no UTF-8 and is left out");
    service_name.clear();
  }
  auto found = trace_resource(service_name, variable("OTEL_RESOURCE_ATTRIBUTES"), kVersion);
  if (found) return *std::move(found);
  log.write(LogLevel::warning, kLogger, found.error().message + "; all of it is left out");
  return *trace_resource(service_name, "", kVersion);
}

}  // namespace

std::string otlp_url_fault(const std::string& url) {
  if (url.empty()) return {};
  const auto endpoint = parse_otlp_endpoint(url);
  return endpoint ? std::string() : endpoint.error().message;
}

std::unique_ptr<Tracer> make_tracer(std::string endpoint, double sample_ratio, JsonLog& log) {
  if (endpoint.empty()) endpoint = variable(kEndpointVariable);
  if (endpoint.empty()) return nullptr;
  auto parsed = parse_otlp_endpoint(endpoint);
  if (!parsed) {
    log.write(LogLevel::warning, kLogger,
              fmt::format("{}: {}; nothing is traced", kEndpointVariable, parsed.error().message));
    return nullptr;
  }
  log.write(LogLevel::info, kLogger,
            fmt::format("Traces go to http://{}{}", parsed->authority, parsed->path));
  if (parsed->path.ends_with("/v1/traces/v1/traces")) {
    log.write(LogLevel::warning, kLogger,
              "The endpoint of traces ends with /v1/traces, and /v1/traces is appended to it: "
              "expected the base URL, such as http://collector:4318");
  }
  return std::make_unique<Tracer>(SpanExporterOptions{.endpoint = *std::move(parsed),
                                                      .resource = resource(log),
                                                      .version = std::string(kVersion)},
                                  sample_ratio, log);
}

void register_trace_metrics(Metrics& metrics, const Tracer* tracer) {
  metrics.add_collector([tracer](FamilySink& sink) {
    const SpanCounts counts = tracer == nullptr ? SpanCounts{} : tracer->exporter().counts();
    sink.counter("trace_spans_exported_total", "Spans that the receiver of traces took.",
                 static_cast<double>(counts.exported));
    const auto dropped = [&sink](const char* reason, std::uint64_t count) {
      sink.counter("trace_spans_dropped_total", "Spans lost.", static_cast<double>(count),
                   {{"reason", reason}});
    };
    dropped("queue_full", counts.queue_full);
    dropped("export_failed", counts.export_failed);
    dropped("rejected", counts.rejected);
    dropped("shutdown", counts.shutdown);
  });
}

void send_last_spans(Tracer* tracer, JsonLog& log) {
  if (tracer == nullptr) return;
  tracer->exporter().stop(kLastExportLimit);
  const SpanCounts counts = tracer->exporter().counts();
  const std::uint64_t lost =
      counts.queue_full + counts.export_failed + counts.rejected + counts.shutdown;
  std::string message =
      fmt::format("Tracing ends: {} sent, {} lost",
                  count_text(static_cast<std::size_t>(counts.exported), "span"), lost);
  std::string_view before = ": ";
  const auto add_reason = [&](std::uint64_t count, std::string_view reason) {
    if (count == 0) return;
    message += fmt::format("{}{} {}", std::exchange(before, ", "), count, reason);
  };
  add_reason(counts.queue_full, "found the queue full");
  add_reason(counts.export_failed, "failed");
  add_reason(counts.rejected, "rejected");
  add_reason(counts.shutdown, "still there at the end");
  log.write(lost == 0 ? LogLevel::info : LogLevel::warning, kLogger, message);
}

}  // namespace ml_inference
