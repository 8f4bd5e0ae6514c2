// SPDX-License-Identifier: MIT
// ml-inference load
#include "app/command_line.h"
#include "app/flags.h"
#include "base/printable_text.h"
#include "base/whole_file.h"
#include "load/http_target.h"
#include "load/load_plan.h"
#include "load/load_report.h"
#include "load/load_run.h"
#include "load/rate_schedule.h"

#include <CLI/Error.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <sys/signalfd.h>
#include <unistd.h>
#include <vector>

namespace ml_inference {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr int kExitThreshold = 3;
constexpr std::size_t kHeaderFileSizeMax = std::size_t{64} << 10;
constexpr std::size_t kBodySizeMax = std::size_t{64} << 20;

// The command's flags as they are typed.
struct LoadOptions {
  std::string url;
  std::string rate = "100";
  milliseconds duration{30'000};
  std::string connections = "keep";
  std::uint32_t concurrency = 64;
  std::string body_path;
  std::uint32_t rows = 1;
  std::vector<std::string> headers;
  std::string header_path;
  std::string expect_text;
  microseconds timeout{5'000'000};
  bool json = false;
  std::optional<std::uint64_t> failures_max;
  std::optional<microseconds> p99_max;
};

double seconds_of(microseconds time) { return static_cast<double>(time.count()) * 1e-6; }

// One row as the reference sends it, or a list of the same one.
std::string iris_body(std::uint32_t rows) {
  const std::string row = "[5.1, 3.5, 1.4, 0.2]";
  if (rows == 1) return "{\"features\": " + row + "}";
  std::string body = "{\"features\": [" + row;
  for (std::uint32_t i = 1; i < rows; ++i) body += ", " + row;
  return body + "]}";
}

// A wrong word on the command line, told as CLI11 tells them.
[[noreturn]] void refuse(const char* flag, const Error& error) {
  throw CLI::ValidationError(flag, error.message);
}

// What can be known of the flags before anything is sent.
LoadPlan plan_of(const LoadOptions& options, bool has_duration) {
  LoadPlan plan;
  if (has_duration && has_steps(options.rate)) {
    throw CLI::ValidationError("--duration", "not expected: the steps of --rate have their own");
  }
  const auto steps = parse_rate(options.rate, seconds_of(options.duration));
  if (!steps) refuse("--rate", steps.error());
  plan.schedule = RateSchedule(*steps);
  const bool is_closed = !has_steps(options.rate) && steps->front().rate == 0;
  if (!is_closed && plan.schedule.request_count() == 0) {
    throw CLI::ValidationError("--rate",
                               fmt::format("'{}': no request is ever due; as fast as answers "
                                           "come is --rate 0 --duration TIME",
                                           options.rate));
  }
  plan.seconds = steps->front().seconds;
  plan.use = options.connections == "keep"  ? ConnectionUse::keep
             : options.connections == "new" ? ConnectionUse::fresh
                                            : ConnectionUse::mixed;
  plan.concurrency = options.concurrency;
  plan.timeout_seconds = seconds_of(options.timeout);
  plan.expect_text = options.expect_text;
  return plan;
}

// From here on the signals arrive as bytes, also for process 1 of a container, which gets no signal
// that it does not ask for.
Result<int> signals_as_descriptor() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  const int descriptor =
      sigprocmask(SIG_BLOCK, &set, nullptr) == 0 ? signalfd(-1, &set, SFD_CLOEXEC) : -1;
  if (descriptor < 0)
    return fail(Code::internal, fmt::format("signalfd: {}", std::strerror(errno)));
  return descriptor;
}

using Headers = std::vector<std::pair<std::string, std::string>>;

Result<Headers> headers_of(const LoadOptions& options) {
  Headers headers;
  for (const std::string& line : options.headers) {
    ASSIGN_OR_RETURN(auto header, parse_header(line));
    headers.push_back(std::move(header));
  }
  if (options.header_path.empty()) return headers;
  ASSIGN_OR_RETURN(const std::string text,
                   read_whole_stream(options.header_path, kHeaderFileSizeMax));
  auto more = parse_headers(text);
  if (!more) {
    return fail(more.error().code,
                fmt::format("{}: {}", options.header_path, more.error().message));
  }
  headers.insert(headers.end(), more->begin(), more->end());
  return headers;
}

Result<int> load(const LoadOptions& options, const HttpTarget& target, LoadPlan plan) {
  ASSIGN_OR_RETURN(const Headers headers, headers_of(options));
  std::string body = iris_body(options.rows);
  if (!options.body_path.empty()) {
    ASSIGN_OR_RETURN(body, read_whole_stream(options.body_path, kBodySizeMax));
  }
  plan.keep_request = post_request(target, body, headers, true);
  plan.fresh_request = post_request(target, body, headers, false);
  ASSIGN_OR_RETURN(plan.addresses, reach(target, plan.timeout_seconds));
  ASSIGN_OR_RETURN(plan.stop_descriptor, signals_as_descriptor());
  const bool shows_progress = isatty(STDERR_FILENO) == 1;
  if (shows_progress) {
    plan.on_second = [](const LoadProgress& progress) {
      fmt::print(stderr, "\r{:<79}", progress_line(progress));
    };
  }

  LoadRun run(std::move(plan));
  const auto result = run.run();
  if (shows_progress) fmt::print(stderr, "\r{:<79}\r", "");
  if (!result) return std::unexpected(result.error());
  fmt::print("{}", options.json ? json_report(*result) + '\n' : text_report(*result));

  LoadThresholds thresholds{.failures_max = options.failures_max};
  if (options.p99_max) thresholds.p99_max_ms = static_cast<double>(options.p99_max->count()) / 1000;
  const std::string broken = broken_thresholds(*result, thresholds);
  fmt::print(stderr, "{}", broken);
  if (broken.empty() && result->failed > 0 && result->succeeded == 0) {
    fmt::print(stderr, "all {} requests failed; with --max-failures that is exit status 3\n",
               result->failed);
  }
  return broken.empty() ? 0 : kExitThreshold;
}

void add_request_flags(CLI::App& command, Flags& flags, LoadOptions& options) {
  flags.text("--body", options.body_path, "file with the JSON body; without it, a row of Iris");
  flags.count("--rows", options.rows, 1, 1'000'000, "without --body: that row so many times");
  command
      .add_option("--header", options.headers,
                  "field that each request carries, 'Name: value'; more than once for more")
      ->envname(environment_name("--header"))
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->check(CLI::Validator(
          [](const std::string& text) {
            const auto header = parse_header(text);
            return header ? std::string() : header.error().message;
          },
          ""));
  flags.text("--header-file", options.header_path,
             "file of such lines: for a token, which no process list is to show");
  flags.text("--expect-text", options.expect_text,
             "what each answer's body must hold, beside a status of 2xx");
  flags.fine_duration("--timeout", options.timeout,
                      "longest wait for a free place, and for the answer");
}

void add_threshold_flags(CLI::App& command, LoadOptions& options) {
  command
      .add_option_function<std::uint64_t>(
          "--max-failures", [&options](std::uint64_t count) { options.failures_max = count; },
          "exit status 3 when more requests failed")
      ->envname(environment_name("--max-failures"))
      ->check(whole_number(0, std::uint64_t{1} << 53));
  command
      .add_option_function<std::string>(
          "--max-p99",
          [&options](const std::string& text) {
            try {
              options.p99_max = parse_fine_duration(text);
            } catch (const CLI::ValidationError& error) {
              throw CLI::ValidationError("--max-p99", error.what());
            }
          },
          "exit status 3 when the 99th percentile is higher")
      ->envname(environment_name("--max-p99"))
      ->type_name("DURATION");
}

}  // namespace

void add_load_command(CLI::App& app, CommandAction& action, int& exit_status) {
  const auto options = std::make_shared<LoadOptions>();
  CLI::App* const command = app.add_subcommand(
      "load", "send predictions at a given rate, and report latencies and failures");
  command->add_option("URL", options->url, "http://HOST[:PORT][/PATH]; the path is /predict")
      ->required();
  Flags flags(*command);
  flags.text("--rate", options->rate,
             "requests a second, or steps 100:10s,200:10s; 0: as fast as answers come");
  CLI::Option* const duration =
      flags.duration("--duration", options->duration, "how long requests fall due");
  flags.choice("--connections", options->connections, {"keep", "new", "mixed"},
               "kept alive, new for each request, or half of both");
  flags.count("--concurrency", options->concurrency, 1, 10'000,
              "most requests in flight, and most connections kept");
  add_request_flags(*command, flags, *options);
  flags.toggle("--json", options->json, "the result as one JSON object");
  add_threshold_flags(*command, *options);
  command->callback([options, duration, &action, &exit_status] {
    if (options->timeout <= microseconds(0) || options->duration <= milliseconds(0)) {
      throw CLI::ValidationError("--timeout and --duration", "expected more than 0");
    }
    auto target = parse_url(options->url);
    if (!target) refuse("URL", target.error());
    LoadPlan plan = plan_of(*options, duration->count() > 0);
    action = [options, target = *std::move(target), plan = std::move(plan),
              &exit_status]() -> Result<void> {
      ASSIGN_OR_RETURN(exit_status, load(*options, target, plan));
      return {};
    };
  });
}

}  // namespace ml_inference
