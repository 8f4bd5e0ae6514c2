// SPDX-License-Identifier: MIT
#include "api/request_span.h"

#include "api/limits.h"
#include "api/routes.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace ml_inference {
namespace {

// The methods that the conventions know; any other is "_OTHER", so that no client makes names.
constexpr std::array<std::string_view, 9> kMethods{"GET",     "HEAD",  "POST",  "PUT",    "DELETE",
                                                   "OPTIONS", "PATCH", "TRACE", "CONNECT"};

bool is_known(std::string_view method) {
  return std::ranges::find(kMethods, method) != kMethods.end();
}

void add(Span& span, std::string_view key, std::string_view value) {
  span.attributes.push_back({.key = key, .value = std::string(value)});
}

void add_attributes(const HttpRequest& request, const HttpResponse& response, Span& span) {
  const std::string_view route = route_entry(response.route).path;
  const bool known = is_known(request.method);
  span.attributes.reserve(8);
  add(span, "http.request.method", known ? request.method : "_OTHER");
  if (!known && !request.method.empty()) {
    add(span, "http.request.method_original", request.method.substr(0, kLoggedKeySizeMax));
  }
  if (!route.empty()) add(span, "http.route", route);
  const std::string_view path = target_path(request.target);
  if (!path.empty()) add(span, "url.path", path.substr(0, kLoggedKeySizeMax));
  add(span, "url.scheme", "http");
  span.attributes.push_back(
      {.key = "http.response.status_code", .value = std::int64_t{response.status}});
  if (response.status >= 500) add(span, "error.type", std::to_string(response.status));
  add(span, "ml_inference.request_id", response.request_id);
  if (response.prediction_count > 0) {
    span.attributes.push_back({.key = "ml_inference.rows",
                               .value = static_cast<std::int64_t>(response.prediction_count)});
  }
}

}  // namespace

bool is_traced_route(const HttpResponse& response) {
  const Operation operation = route_entry(response.route).operation;
  return operation != Operation::health && operation != Operation::ready &&
         operation != Operation::metrics;
}

void export_request_span(const HttpRequest& request, const HttpResponse& response,
                         std::chrono::nanoseconds elapsed, SpanExporter& exporter) {
  if (!exporter.has_room(1 + Span::kPhaseCountMax)) return;
  const std::string_view route = route_entry(response.route).path;
  Span span{.context = response.trace.context, .parent_span_id = response.trace.parent_span_id};
  if (span.parent_span_id != 0) span.trace_state = usable_tracestate(request.tracestate);
  span.name = is_known(request.method) ? request.method : "HTTP";
  if (!route.empty()) {
    span.name += ' ';
    span.name += route;
  }
  span.failed = response.status >= 500;
  if (span.failed) span.failure_reason = response.outcome;
  add_attributes(request, response, span);
  add_phases(response.trace, elapsed, std::chrono::steady_clock::now(),
             std::chrono::system_clock::now(), span);
  exporter.add(std::move(span));
}

}  // namespace ml_inference
