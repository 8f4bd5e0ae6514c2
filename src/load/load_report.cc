// SPDX-License-Identifier: MIT
#include "load/load_report.h"

#include "base/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

namespace ml_inference {
namespace {

double rate_of(const LoadResult& result) {
  return result.sending_seconds > 0 ? static_cast<double>(result.sent) / result.sending_seconds : 0;
}

double quantile_ms(const LoadResult& result, double fraction) {
  return result.latency.quantile_ns(fraction) * 1e-6;
}

// Three digits behind the point; null for what was not measured, which is not 0.
std::string json_ms(std::optional<double> ms) {
  return ms ? fmt::format("{:.3f}", *ms) : std::string("null");
}

std::string json_latency(const LoadResult& result) {
  const auto measured = [&result](double ms) {
    return json_ms(result.latency.count() > 0 ? std::optional(ms) : std::nullopt);
  };
  return fmt::format(R"({{"mean":{},"p50":{},"p90":{},"p99":{},"p999":{},"max":{}}})",
                     measured(result.latency.mean_ns() * 1e-6), measured(quantile_ms(result, 0.5)),
                     measured(quantile_ms(result, 0.9)), measured(quantile_ms(result, 0.99)),
                     measured(quantile_ms(result, 0.999)),
                     measured(static_cast<double>(result.latency.max_ns()) * 1e-6));
}

std::string text_latency(const LoadResult& result) {
  if (result.latency.count() == 0) return "latency: none was measured\n";
  return fmt::format(
      "latency, ms: mean {:.3f}, p50 {:.3f}, p90 {:.3f}, p99 {:.3f}, p99.9 {:.3f}, max {:.3f}\n",
      result.latency.mean_ns() * 1e-6, quantile_ms(result, 0.5), quantile_ms(result, 0.9),
      quantile_ms(result, 0.99), quantile_ms(result, 0.999),
      static_cast<double>(result.latency.max_ns()) * 1e-6);
}

// {"key": count, ...} of a map whose keys fmt can print.
template <class Map>
std::string json_counts(const Map& counts) {
  std::string out = "{";
  for (const auto& [key, count] : counts) {
    if (out.size() > 1) out += ',';
    append_json_string(out, fmt::format("{}", key));
    out += fmt::format(":{}", count);
  }
  return out + '}';
}

std::string json_connections(const ConnectionCounts& counts) {
  return fmt::format(R"({{"sent":{},"failed":{},"connections":{}}})", counts.sent, counts.failed,
                     counts.connections);
}

std::string json_series(const std::vector<SecondCounts>& seconds) {
  std::string out = "[";
  for (std::size_t second = 0; second < seconds.size(); ++second) {
    const SecondCounts& counts = seconds[second];
    out += fmt::format(R"({}{{"second":{},"sent":{},"failed":{},"p99_ms":{}}})",
                       second == 0 ? "" : ",", second, counts.sent, counts.failed,
                       json_ms(counts.p99_ms));
  }
  return out + ']';
}

}  // namespace

std::string json_report(const LoadResult& result) {
  return fmt::format(
      R"({{"seconds":{:.3f},"rate":{:.3f},"sent":{},"succeeded":{},"failed":{},"late":{},)"
      R"("stopped":{},"failures":{},"statuses":{},)"
      R"("latency_ms":{},"keep":{},"new":{},"per_second":{}}})",
      result.seconds, rate_of(result), result.sent, result.succeeded, result.failed, result.late,
      result.stopped, json_counts(result.failures), json_counts(result.statuses),
      json_latency(result), json_connections(result.keep), json_connections(result.fresh),
      json_series(result.per_second));
}

std::string text_report(const LoadResult& result) {
  std::string text = fmt::format(
      "{} requests in {:.1f} s ({:.1f} a second){}: {} succeeded, {} failed, {} late\n",
      result.sent, result.seconds, rate_of(result), result.stopped ? ", stopped early" : "",
      result.succeeded, result.failed, result.late);
  text += text_latency(result);
  const auto add = [&text](std::string_view name, const ConnectionCounts& counts) {
    if (counts.sent == 0) return;
    text += fmt::format("{}: {} requests on {} connections, {} failed\n", name, counts.sent,
                        counts.connections, counts.failed);
  };
  add("kept alive", result.keep);
  add("new connections", result.fresh);
  for (const auto& [reason, count] : result.failures) {
    text += fmt::format("failed: {} x {}\n", count, reason);
  }
  return text;
}

std::string progress_line(const LoadProgress& progress) {
  const std::string line = fmt::format(
      "{:.0f} s  sent {}  failed {}  in flight {}  waiting {}  p99 {:.1f} ms", progress.seconds,
      progress.sent, progress.failed, progress.in_flight, progress.waiting, progress.p99_ms);
  return line.substr(0, 79);
}

std::string broken_thresholds(const LoadResult& result, const LoadThresholds& thresholds) {
  std::string broken;
  if (thresholds.failures_max && result.failed > *thresholds.failures_max) {
    broken += fmt::format("{} requests failed, expected at most {}\n", result.failed,
                          *thresholds.failures_max);
  }
  if (!thresholds.p99_max_ms) return broken;
  if (result.latency.count() == 0) {
    broken += "no latency was measured, expected a p99\n";
  } else if (const double p99_ms = quantile_ms(result, 0.99); p99_ms > *thresholds.p99_max_ms) {
    broken +=
        fmt::format("p99 is {:.3f} ms, expected at most {} ms\n", p99_ms, *thresholds.p99_max_ms);
  }
  return broken;
}

}  // namespace ml_inference
