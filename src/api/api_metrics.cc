// SPDX-License-Identifier: MIT
#include "api/api_metrics.h"

#include "base/assert.h"

#include <algorithm>
#include <string>

namespace ml_inference {
namespace {

constexpr std::array<std::string_view, 8> kMethods{"GET",    "HEAD",    "POST",  "PUT",
                                                   "DELETE", "OPTIONS", "PATCH", "other"};

constexpr std::array<int, 21> kStatuses{200, 304, 400, 401, 404, 405, 408, 409, 413, 415, 417,
                                        422, 429, 431, 500, 501, 503, 504, 505, 507, 0};

// From 5 microseconds, since a prediction takes a few of them, to the patience of a client.
const std::vector<double> kLatencyBounds{5e-6, 1e-5,   2.5e-5, 5e-5, 1e-4,   2.5e-4, 5e-4,
                                         1e-3, 2.5e-3, 5e-3,   1e-2, 2.5e-2, 5e-2,   0.1,
                                         0.25, 0.5,    1,      2.5,  5,      10};

template <class Values, class Value>
std::size_t index_or_last(const Values& values, const Value& value) {
  const auto found = std::ranges::find(values.begin(), values.end() - 1, value);
  return static_cast<std::size_t>(found - values.begin());
}

}  // namespace

ApiMetrics::ApiMetrics(Metrics& metrics)
    : predictions(metrics.counter("predictions_total", "Rows predicted.")),
      prediction_latency(metrics.histogram(
          "prediction_latency_seconds",
          "Time from a whole prediction request in memory to its whole answer in memory.", {},
          kLatencyBounds)),
      log_lines_sampled_out(
          metrics.counter("log_lines_sampled_out_total",
                          "Log lines of successful predictions that --log-sample left out.")),
      metrics_(metrics) {
  static_assert(kMethods.size() == kMethodCount && kStatuses.size() == kStatusCount);
}

void ApiMetrics::count_request(std::size_t route, std::string_view method, int status) {
  const std::size_t method_index = index_or_last(kMethods, method);
  const std::size_t status_index = index_or_last(kStatuses, status);
  ASSERT(status_index + 1 < kStatusCount);  // a status that is sent stands in the list
  std::atomic<Counter*>& slot =
      requests_[(route * kMethodCount + method_index) * kStatusCount + status_index];
  Counter* counter = slot.load(std::memory_order_acquire);
  if (counter == nullptr) [[unlikely]] {
    const std::string_view path = route_entry(route).path;
    counter = &metrics_.counter("http_requests_total", "HTTP requests answered.",
                                {{"route", std::string(path.empty() ? "other" : path)},
                                 {"method", std::string(kMethods[method_index])},
                                 {"status", std::to_string(status)}});
    slot.store(counter, std::memory_order_release);
  }
  counter->Increment();
}

}  // namespace ml_inference
