// SPDX-License-Identifier: MIT
#include "api/request_log.h"

#include "api/routes.h"

#include <fmt/format.h>

#include <array>
#include <span>
#include <string_view>

namespace ml_inference {
namespace {

// Every line of the reference's program carries this name.
constexpr std::string_view kLogger = "main";

// Bytes of a path that a line shows.
constexpr std::size_t kLoggedPathSizeMax = 200;

// Predictions are what the log is about; other answers that went well are of interest only to a
// debugger, and probes would drown the rest. Only 500 is a fault of ours; 501 and 505 are asked for
// by clients, 503 is how overload ends.
LogLevel level_of(const HttpResponse& response) {
  if (response.status == 500) return LogLevel::error;
  if (response.status >= 400) return LogLevel::warning;
  return is_prediction(route_entry(response.route).operation) ? LogLevel::info : LogLevel::debug;
}

}  // namespace

bool RequestLog::is_sampled_out() {
  if (++successes_ < live_.log_sample()) {
    metrics_.log_lines_sampled_out.Increment();
    return true;
  }
  successes_ = 0;
  return false;
}

void RequestLog::compose(const HttpRequest& request, const HttpResponse& response) {
  message_.clear();
  if (is_prediction(route_entry(response.route).operation)) {
    message_ += response.status == 200 ? "Prediction successful: " : "Prediction failed: ";
    message_ += response.outcome;
    return;
  }
  if (!request.method.empty()) {  // else the request broke before it said what it wants
    const std::string_view target = target_path(request.target);  // the rest may be a secret
    message_ = fmt::format("{} {} ", request.method,
                           target.empty() ? "-" : target.substr(0, kLoggedPathSizeMax));
  }
  message_ += response.outcome.empty() ? "OK" : response.outcome;
}

void RequestLog::answered(const HttpRequest& request, const HttpResponse& response,
                          std::chrono::nanoseconds elapsed) {
  const RouteEntry& route = route_entry(response.route);
  if (is_prediction(route.operation) && response.status == 200 && is_sampled_out()) return;
  const LogLevel level = level_of(response);
  if (!log_.enabled(level)) return;
  compose(request, response);
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(elapsed).count();
  const TraceContext& trace = response.trace.context;
  const auto trace_id = hex_digits(trace.trace_id);
  const auto span_id = hex_digits(trace.span_id);
  const std::array<LogField, 6> fields{{
      {"request_id", response.request_id},
      {"route", route.path.empty() ? "other" : route.path},
      {"status", std::int64_t{response.status}},
      {"duration_ms", static_cast<double>(microseconds) / 1000.0},
      {"trace_id", std::string_view(trace_id.data(), trace_id.size())},
      {"span_id", std::string_view(span_id.data(), span_id.size())},
  }};
  constexpr std::size_t kTraceFieldCount = 2;
  log_.write(level, kLogger, message_,
             std::span(fields).first(fields.size() - (trace.sampled ? 0 : kTraceFieldCount)));
}

}  // namespace ml_inference
