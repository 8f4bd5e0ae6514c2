// SPDX-License-Identifier: MIT
// What a log line costs, the writing thread's share included: real time is the caller's, "cpu/line"
// is that of the whole process, from the first line to the last one written.
#include "telemetry/json_log.h"

#include <benchmark/benchmark.h>

#include <fcntl.h>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

namespace ml_inference {
namespace {

double process_cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void write_typical_line(JsonLog& log, std::string_view request_id) {
  log.write(
      LogLevel::info, "api.predict", "Prediction successful: setosa",
      {{"request_id", request_id}, {"route", "/predict"}, {"status", 200}, {"duration_us", 41}});
}

void log_to(benchmark::State& state, const std::string& path, int flags) {
  static JsonLog* log = nullptr;
  static int fd = -1;
  static double cpu_before = 0;
  if (state.thread_index() == 0) {
    fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | flags, 0600);
    log = new JsonLog(fd);
    cpu_before = process_cpu_seconds();
  }
  const std::string request_id = "5f0c6f2e8a534f0f9b7f0d6c2a1e4b3c";
  for (auto _ : state) write_typical_line(*log, request_id);
  if (state.thread_index() == 0) {
    log->flush(std::chrono::seconds(10));
    const double lines = static_cast<double>(state.iterations() * state.threads());
    state.counters["cpu/line"] = benchmark::Counter((process_cpu_seconds() - cpu_before) / lines,
                                                    benchmark::Counter::kDefaults);
    state.counters["dropped"] = static_cast<double>(log->dropped_count());
    delete log;
    ::close(fd);
  }
}

void log_to_null(benchmark::State& state) { log_to(state, "/dev/null", 0); }

void log_to_file(benchmark::State& state) {
  const std::string path = "/tmp/json_log_bench." + std::to_string(::getpid());
  log_to(state, path, O_CREAT | O_TRUNC);
  ::unlink(path.c_str());
}

void format_line(benchmark::State& state) {
  JsonLine line;
  const LogField fields[] = {{"request_id", "5f0c6f2e8a534f0f9b7f0d6c2a1e4b3c"},
                             {"route", "/predict"},
                             {"status", 200},
                             {"duration_us", 41}};
  const auto time = std::chrono::system_clock::now();
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        line.format(time, LogLevel::info, "api.predict", "Prediction successful: setosa", fields));
  }
}

void format_line_with_double(benchmark::State& state) {
  JsonLine line;
  const LogField fields[] = {{"request_id", "5f0c6f2e8a534f0f9b7f0d6c2a1e4b3c"},
                             {"route", "/predict"},
                             {"status", 200},
                             {"duration_ms", 0.041235}};
  const auto time = std::chrono::system_clock::now();
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        line.format(time, LogLevel::info, "api.predict", "Prediction successful: setosa", fields));
  }
}

BENCHMARK(format_line);
BENCHMARK(format_line_with_double);
BENCHMARK(log_to_null)->Threads(1)->Threads(2);
BENCHMARK(log_to_file)->Threads(1)->Threads(2);

}  // namespace
}  // namespace ml_inference
