// SPDX-License-Identifier: MIT
// http_load: sends one POST request again and again to a server on this machine, and prints what
// came of it as one JSON object. See load/load_run.h for what is counted, and bench/README.md.
#include "load/http_target.h"
#include "load/load_run.h"

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string_view>

namespace ml_inference {
namespace {

// A request is waited for until the run's grace is over, however long that makes it.
constexpr double kNoTimeoutSeconds = 1e5;

boost::json::object latency_report(const LatencyHistogram& latency) {
  const auto microseconds = [](double nanoseconds) { return nanoseconds / 1000; };
  return {{"mean", microseconds(latency.mean_ns())},
          {"p50", microseconds(latency.quantile_ns(0.5))},
          {"p90", microseconds(latency.quantile_ns(0.9))},
          {"p99", microseconds(latency.quantile_ns(0.99))},
          {"p999", microseconds(latency.quantile_ns(0.999))},
          {"max", microseconds(static_cast<double>(latency.max_ns()))}};
}

std::uint64_t failures_of(const LoadResult& result, std::string_view reason_begin) {
  std::uint64_t count = 0;
  for (const auto& [reason, failed] : result.failures) {
    if (std::string_view(reason).starts_with(reason_begin)) count += failed;
  }
  return count;
}

// Every request is in exactly one of answered, refused, lost and unanswered.
std::string report(const LoadResult& result) {
  boost::json::object statuses;
  for (const auto& [status, count] : result.statuses) statuses[std::to_string(status)] = count;
  const double per_second =
      result.seconds > 0 ? static_cast<double>(result.succeeded) / result.seconds : 0;
  const std::uint64_t refused =
      failures_of(result, "status ") + failures_of(result, failure::kWrongBody);
  const std::uint64_t unanswered = failures_of(result, failure::kUnanswered);
  return boost::json::serialize(
      boost::json::object{{"answered", result.succeeded},
                          {"refused", refused},
                          {"lost", result.failed - refused - unanswered},
                          {"unanswered", unanswered},
                          {"seconds", result.seconds},
                          {"per_second", per_second},
                          {"latency_us", latency_report(result.latency)},
                          {"client_cpu_seconds", result.client_cpu_seconds},
                          {"statuses", std::move(statuses)},
                          {"body", result.body}});
}

struct Options {
  std::uint16_t port = 8000;
  std::string path = "/predict";
  std::string body_file;
  double rate = 0;
};

Result<std::string> load(LoadPlan plan, const Options& options) {
  std::ifstream file(options.body_file, std::ios::binary);
  if (!file) {
    return fail(Code::not_found, fmt::format("{}: cannot be opened", options.body_file));
  }
  std::string body(std::istreambuf_iterator<char>(file), {});
  if (body.ends_with('\n')) body.pop_back();
  const HttpTarget target{.host = "127.0.0.1",
                          .port = std::to_string(options.port),
                          .authority = "127.0.0.1",
                          .path = options.path};
  plan.addresses = {loopback_address(options.port)};
  plan.keep_request = post_request(target, body, {}, true);
  plan.schedule = RateSchedule({{.rate = options.rate, .seconds = plan.seconds}});
  plan.timeout_seconds = kNoTimeoutSeconds;
  plan.same_body = true;
  plan.opens_first = true;
  plan.never_sleeps = true;
  LoadRun run(std::move(plan));
  ASSIGN_OR_RETURN(const LoadResult result, run.run());
  return report(result);
}

}  // namespace
}  // namespace ml_inference

int main(int argc, char** argv) {
  ml_inference::LoadPlan plan;
  ml_inference::Options options;
  plan.concurrency = 1;
  plan.seconds = 1;
  plan.grace_seconds = 5;
  CLI::App app("Loads a server on 127.0.0.1 and prints what came of it as JSON.");
  app.add_option("--port", options.port, "where the server listens")->required();
  app.add_option("--body", options.body_file, "file with the JSON body of the request")->required();
  app.add_option("--path", options.path, "path of the request")->capture_default_str();
  app.add_option("--connections", plan.concurrency, "keep-alive connections")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_option("--seconds", plan.seconds, "how long requests are sent")
      ->check(CLI::Range(0.01, 600.0))
      ->capture_default_str();
  app.add_option("--requests", plan.requests, "closed loop: stop after so many (0: no limit)")
      ->capture_default_str();
  app.add_option("--rate", options.rate, "open loop: requests a second (0: closed loop)")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  app.add_option("--grace-seconds", plan.grace_seconds, "how long the last answers are waited for")
      ->check(CLI::Range(0.0, 60.0))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  const auto report = ml_inference::load(std::move(plan), options);
  if (!report) {
    fmt::print(stderr, "http_load: {}\n", report.error().message);
    return 1;
  }
  fmt::print("{}\n", *report);
  return 0;
}
