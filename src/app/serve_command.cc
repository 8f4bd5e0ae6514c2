// SPDX-License-Identifier: MIT
// ml-inference serve
#include "app/cloud_environment.h"
#include "app/command_line.h"
#include "app/flags.h"
#include "app/tracing.h"
#include "app/wiring.h"
#include "base/byte_units.h"
#include "serving/repository/version_policy.h"

#include <fmt/format.h>

#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

// As KServe has it for gRPC.
constexpr std::uint16_t kGrpcPort = 9000;

void add_server_flags(Flags& flags, ServerOptions& server) {
  flags.text("--host", server.host, "numeric address to listen on; :: for IPv6 and IPv4")
      ->check(numeric_address());
  flags.count("--port", server.port, 0, 65'535, "TCP port; 0 for any free one");
  server.grpc_port = kGrpcPort;
  flags.port_or_off("--grpc-port", server.grpc_port,
                    "TCP port for gRPC and HTTP/2; 0 for any free one, off for none");
  flags.duration("--grpc-max-connection-age", server.grpc_connection_age_max,
                 "when, give or take a tenth, a connection to it is asked to go, so that its "
                 "client meets new pods; 0 for never");
  flags.count("--max-connections", server.connection_count_max, 1, 1'000'000,
              "connections served; beyond them, only probes and metrics are answered");
  flags.count("--max-header-bytes", server.header_size_max, 256, kMebibyte,
              "request line and header together; 431 beyond");
  flags.count("--max-body-bytes", server.body_size_max, 1, kGibibyte, "body; 413 beyond");
  flags.count(
      "--body-budget-bytes", server.body_budget_bytes, 1, 64 * kGibibyte,
      "all bodies over 16 KiB, of requests and of answers that wait for their readers, at a "
      "time, and as much again for batches that are worked on; a quarter of the memory limit at "
      "most; 503 beyond");
  flags.duration("--idle-timeout", server.idle_timeout, "connection without a request");
  flags.duration("--header-timeout", server.header_timeout,
                 "from a request's first byte to the end of its header; 408 beyond");
  flags.duration("--request-timeout", server.request_timeout,
                 "for the body to come (408 beyond), and for the answer to go");
  flags.duration("--drain-delay", server.drain_delay,
                 "how long SIGTERM leaves the listener open; 0 behind a preStop sleep");
  flags.duration("--drain-limit", server.drain_limit,
                 "from SIGTERM to the end at the latest; below the pod's grace period");
  flags.count("--worker-queue", server.worker_queue_size, 1, 100'000,
              "big batches that may wait for a worker; 503 beyond");
  flags.duration("--shed-after", server.shed_after,
                 "how long batches may wait without a break until waiting is cut short (503); "
                 "0: never");
}

// Returns the option of the folder, and the file's is the other way to name models.
CLI::Option* add_repository_flags(Flags& flags, RepositorySettings& repository) {
  CLI::Option* const root = flags.file(
      "--model-repository", repository.root,
      "folder of models, MODEL/VERSION/FILE, or of one: VERSION/FILE, or a file; watched");
  flags.choice("--model-control-mode", repository.control_mode, {"poll", "none", "explicit"},
               "what is loaded: what lies in the folder, what lay there at start, or what the API "
               "and --load-model ask for");
  flags.duration("--repository-poll", repository.poll_pause,
                 "between looks at the folder, for volumes that tell of no change");
  flags
      .text("--version-policy", repository.version_policy,
            "versions that answer where config.pbtxt does not say: latest:N, all, or 3,5")
      ->check(CLI::Validator(
          [](const std::string& text) {
            const auto policy = parse_version_policy(text);
            return policy ? std::string() : policy.error().message;
          },
          ""));
  flags.text("--default-model", repository.default_model,
             "model that answers where none is named; without it, the only one");
  flags.text("--load-model", repository.load_models,
             "models to load at start in mode explicit, with commas between them");
  flags.text("--optional-model", repository.optional_models,
             "models that readiness does not wait for, with commas between them");
  flags.toggle("--allow-upload", repository.allows_upload,
               "in mode explicit: models may be sent through the API");
  return root;
}

// Before the flags are added: what a cloud says is their default.
void take_cloud_environment(ServeOptions& options) {
  CloudEnvironment cloud = cloud_environment();
  if (cloud.port) options.server.port = *cloud.port;
  options.model_path = std::move(cloud.model_path);
  if (!cloud.repository_path.empty()) {
    options.repository.root = std::move(cloud.repository_path);
    options.repository.control_mode = "explicit";
  }
  options.aliases = std::move(cloud.aliases);
  options.predict_probabilities = cloud.predict_probabilities;
  options.cloud_warnings = std::move(cloud.warnings);
}

}  // namespace

void add_serve_command(CLI::App& app, CommandAction& action) {
  const auto options = std::make_shared<ServeOptions>();
  take_cloud_environment(*options);
  CLI::App* const command =
      app.add_subcommand("serve", "answer predictions over HTTP (the default)");
  Flags flags(*command);
  std::vector<const CLI::Option*> files;
  CLI::Option* const model =
      flags.file("--model", options->model_path,
                 "model file; without one, a forest trained at start on the Iris data");
  CLI::Option* const repository = add_repository_flags(flags, options->repository);
  files.insert(files.end(), {model, repository->excludes(model)});
  flags.text("--model-name", options->model_name,
             "what clients call the model; without one, as the file without its ending");
  flags.choice("--on-model-failure", options->on_model_failure, {"exit", "stay"},
               "exit with status 1, or stay, alive and not ready, so that /ready tells why");
  flags.count("--threads", options->thread_count, 0, 1'024,
              "event loops, and workers; 0 for one a granted CPU, followed when that changes");
  add_server_flags(flags, options->server);
  files.push_back(
      flags.file("--token-file", options->token_file,
                 "bearer tokens that admit to predictions and to changes of models, one a line; "
                 "read again when it changes"));
  files.push_back(flags.file(
      "--config-file", options->config_file,
      "lines like 'log-level = debug' (log-sample, trace-sample); read again when it changes"));
  flags.choice("--log-level", options->log_level, {"debug", "info", "warning", "error"},
               "least level that is logged");
  flags.count("--log-sample", options->log_sample, 1, std::numeric_limits<std::uint32_t>::max(),
              "log one of so many successful predictions");
  flags.count("--log-buffer-bytes", options->log_buffer_size_bytes, 64 * kKibibyte, kGibibyte,
              "log lines that may wait for stdout; beyond, they are dropped and counted");
  flags
      .text("--otlp-endpoint", options->otlp_endpoint,
            "base URL of a receiver of traces such as http://collector:4318; without one (and "
            "without OTEL_EXPORTER_OTLP_ENDPOINT), nothing is traced")
      ->check(CLI::Validator(otlp_url_fault, ""));
  flags.number("--trace-sample", options->trace_sample, 0, 1,
               "share of the requests that are traced, where the caller has not decided");
  command->callback([options, files, model, &action] {
    if (model->count() > 0) options->repository.root.clear();  // a cloud's
    for (const CLI::Option* file : files) refuse_empty_variable(*file);
    action = [options] { return serve(*options); };
  });
}

}  // namespace ml_inference
