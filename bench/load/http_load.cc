// SPDX-License-Identifier: MIT
// http_load: sends one POST request again and again to a server on this machine, and prints what
// came of it as one JSON object. See load/load_run.h for what is counted, and bench/README.md.
#include "load/http_exchange.h"
#include "load/load_run.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <cstdio>

namespace ml_inference {
namespace {

boost::json::object latency_report(const LatencyHistogram& latency) {
  const auto microseconds = [](double nanoseconds) { return nanoseconds / 1000; };
  return {{"mean", microseconds(latency.mean_ns())},
          {"p50", microseconds(latency.quantile_ns(0.5))},
          {"p90", microseconds(latency.quantile_ns(0.9))},
          {"p99", microseconds(latency.quantile_ns(0.99))},
          {"p999", microseconds(latency.quantile_ns(0.999))},
          {"max", microseconds(static_cast<double>(latency.max_ns()))}};
}

std::string report(const LoadResult& result) {
  boost::json::object statuses;
  for (const auto& [status, count] : result.statuses) statuses[std::to_string(status)] = count;
  const double per_second =
      result.seconds > 0 ? static_cast<double>(result.answered) / result.seconds : 0;
  return boost::json::serialize(
      boost::json::object{{"answered", result.answered},
                          {"refused", result.refused},
                          {"lost", result.lost},
                          {"unanswered", result.unanswered},
                          {"seconds", result.seconds},
                          {"per_second", per_second},
                          {"latency_us", latency_report(result.latency)},
                          {"client_cpu_seconds", result.client_cpu_seconds},
                          {"statuses", std::move(statuses)},
                          {"body", result.body}});
}

Result<std::string> load(LoadPlan plan, const std::string& path, const std::string& body_file) {
  ASSIGN_OR_RETURN(const std::string body, read_body(body_file));
  plan.request = post_request(path, body);
  LoadRun run(std::move(plan));
  ASSIGN_OR_RETURN(const LoadResult result, run.run());
  return report(result);
}

}  // namespace
}  // namespace ml_inference

int main(int argc, char** argv) {
  ml_inference::LoadPlan plan;
  std::string path = "/predict";
  std::string body_file;
  CLI::App app("Loads a server on 127.0.0.1 and prints what came of it as JSON.");
  app.add_option("--port", plan.port, "where the server listens")->required();
  app.add_option("--body", body_file, "file with the JSON body of the request")->required();
  app.add_option("--path", path, "path of the request")->capture_default_str();
  app.add_option("--connections", plan.connections, "keep-alive connections")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_option("--seconds", plan.seconds, "how long requests are sent")
      ->check(CLI::Range(0.01, 600.0))
      ->capture_default_str();
  app.add_option("--requests", plan.requests, "closed loop: stop after so many (0: no limit)")
      ->capture_default_str();
  app.add_option("--rate", plan.rate, "open loop: requests a second (0: closed loop)")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  app.add_option("--grace-seconds", plan.grace_seconds, "how long the last answers are waited for")
      ->check(CLI::Range(0.0, 60.0))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  const auto report = ml_inference::load(std::move(plan), path, body_file);
  if (!report) {
    fmt::print(stderr, "http_load: {}\n", report.error().message);
    return 1;
  }
  fmt::print("{}\n", *report);
  return 0;
}
