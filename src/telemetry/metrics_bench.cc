// SPDX-License-Identifier: MIT
// What counting costs on the path of a request, beside the library's histogram, which we leave.
#include "telemetry/exposition.h"
#include "telemetry/metrics.h"

#include <benchmark/benchmark.h>
#include <prometheus/histogram.h>

namespace ml_inference {
namespace {

const std::vector<double> kBounds = {1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3,
                                     1e-2, 2e-2, 5e-2, 0.1,  0.2,  0.5,  1,    2,    5};

Metrics& metrics() {
  static Metrics metrics;
  return metrics;
}

void counter_increment(benchmark::State& state) {
  Counter& counter = metrics().counter("events_total", "Events.");
  for (auto _ : state) counter.Increment();
}

void histogram_observe(benchmark::State& state) {
  Histogram& histogram = metrics().histogram("event_seconds", "Time.", {}, kBounds);
  for (auto _ : state) histogram.observe(4e-5);
}

void library_histogram_observe(benchmark::State& state) {
  static prometheus::Histogram histogram(kBounds);
  for (auto _ : state) histogram.Observe(4e-5);
}

void counter_look_up(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(&metrics().counter("requests_total", "Requests.",
                                                {{"route", "/predict"}, {"status", "200"}}));
  }
}

void scrape(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        render_exposition(metrics().collect(), ExpositionFormat::prometheus_text));
  }
}

BENCHMARK(counter_increment)->Threads(1)->Threads(2);
BENCHMARK(histogram_observe)->Threads(1)->Threads(2);
BENCHMARK(library_histogram_observe)->Threads(1)->Threads(2);
BENCHMARK(counter_look_up);
BENCHMARK(scrape);

}  // namespace
}  // namespace ml_inference
