// SPDX-License-Identifier: MIT
#include "app/wiring.h"

#include "api/api_metrics.h"
#include "api/endpoints.h"
#include "api/limits.h"
#include "api/live_api.h"
#include "api/spoken_model.h"
#include "app/granted_limits.h"
#include "app/host_metrics.h"
#include "app/live_file.h"
#include "app/live_settings.h"
#include "app/served_repository.h"
#include "app/tracing.h"
#include "app/verification.h"
#include "app/version.h"
#include "app/watcher.h"
#include "base/digest.h"
#include "base/number_text.h"
#include "formats/load_model.h"
#include "formats/onnx/writer.h"
#include "host/cgroup.h"
#include "server/server.h"
#include "serving/readiness.h"
#include "telemetry/json_log.h"
#include "telemetry/metrics.h"
#include "training/train_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <malloc.h>
#include <memory>
#include <unistd.h>
#include <utility>
#include <vector>

namespace ml_inference {
namespace {

constexpr std::string_view kLogger = "main";

// How often files and limits are looked at: well below the minute that a kubelet takes to bring a
// changed Secret, and a few system calls each.
constexpr std::chrono::milliseconds kWatchPause{1'000};

// For the look that is under way at the end, which takes a millisecond at most.
constexpr std::chrono::milliseconds kLastLookLimit{250};

// For the log's last lines, when the process does not end in the usual way.
constexpr std::chrono::milliseconds kLastFlushLimit{1'000};

constexpr char kBuiltInName[] = "iris";

// Of a model's SHA-256 in metrics: enough to tell any two models of one team apart.
constexpr std::size_t kDigestDigitCount = 12;

// glibc gives each thread an arena of its own and keeps what they hold; two are enough for the few
// threads of this program, whose requests take no memory once they are warm.
constexpr int kArenaCountMax = 2;

// Blocks of this size and more come from the system and go back to it, and so does the heap's free
// end. Fixed, since glibc otherwise raises both with the largest block that was freed: a few large
// batches would leave their memory with the process.
constexpr int kReturnedBlockSize = 128 * 1024;

// For a thread that does not end in time and must not hold up the end. It uses the log, metrics and
// the server, so none of them may go while it is there: the process leaves without taking anything
// down. Nothing is lost by that: the last spans are sent, and the log's lines are written out here.
[[noreturn]] void leave_behind(std::string_view what, JsonLog& log) {
  log.write(LogLevel::warning, kLogger, what);
  log.flush(kLastFlushLimit);
  ::_exit(EXIT_SUCCESS);
}

void prepare_process() {
  ::mallopt(M_ARENA_MAX, kArenaCountMax);
  ::mallopt(M_MMAP_THRESHOLD, kReturnedBlockSize);
  ::mallopt(M_TRIM_THRESHOLD, kReturnedBlockSize);
  std::signal(SIGPIPE,
              SIG_IGN);  // a peer that is gone is an error code, not the end of the process
}

Result<std::shared_ptr<const ServedModel>> load_served_model(const ServeOptions& options,
                                                             JsonLog& log) {
  if (options.model_path.empty()) {
    ASSIGN_OR_RETURN(Model model, train_builtin_model(options.thread_count));
    // Of the file that it would be, so that two programs' models can be compared.
    ASSIGN_OR_RETURN(const std::string bytes, write_onnx(model));
    return ServedModel::make(std::move(model).with_sha256(sha256_text(bytes)), kBuiltInName);
  }
  ASSIGN_OR_RETURN(Model model, load_model_file(options.model_path));
  ASSIGN_OR_RETURN(auto served, ServedModel::make(std::move(model), options.model_path));
  ASSIGN_OR_RETURN(const Verification seen, verify_beside(*served, options.model_path));
  if (seen.row_count > 0) {
    log.write(LogLevel::info, kLogger, "Golden rows: " + verification_text(seen));
  }
  return served;
}

// Whether all required models answer, whatever else keeps traffic away.
bool all_answer(const ModelCatalog& catalog) {
  return std::ranges::all_of(catalog.models(), [](const CatalogModel& model) {
    return !model.is_required || model.answering() != nullptr;
  });
}

void tell_model(FamilySink& sink, const std::string& name, const ModelVersion& version) {
  const ServedModel& model = *version.model;
  const Schema& schema = model.schema();
  const std::string number = std::to_string(version.number);
  sink.gauge("model_info", "A model that answers; always 1.", 1,
             {{"model", name},
              {"version", number},
              {"name", model.name()},
              {"format", model.model().provenance().format},
              {"task", std::string(task_name(schema.task()))},
              {"engine", std::string(model.engine_name())},
              {"digest", model.model().provenance().sha256.substr(0, kDigestDigitCount)}});
  const MetricLabels labels{{"model", name}, {"version", number}};
  const ModelSize& size = model.model().size();
  sink.gauge("model_features", "Features of a row.", static_cast<double>(schema.feature_count()),
             labels);
  sink.gauge("model_trees", "Trees of the model.", static_cast<double>(size.tree_count), labels);
  sink.gauge("model_nodes", "Nodes of all trees.", static_cast<double>(size.node_count), labels);
}

void register_model_metrics(Metrics& metrics, const Readiness& readiness) {
  metrics.add_collector([&readiness](FamilySink& sink) {
    const auto catalog = readiness.catalog();
    sink.gauge("model_ready", "1 when all required models have answered their warm-up row.",
               catalog != nullptr && all_answer(*catalog) ? 1 : 0);
    if (catalog == nullptr) return;
    for (const CatalogModel& model : catalog->models()) {
      for (const ModelVersion& version : model.versions) {
        sink.gauge("model_version_state", "What state a version is in; always 1.", 1,
                   {{"model", model.name},
                    {"version", std::to_string(version.number)},
                    {"state", std::string(version_state_name(version.state))}});
        if (version.model != nullptr) tell_model(sink, model.name, version);
      }
    }
  });
}

void register_log_metrics(Metrics& metrics, const JsonLog& log) {
  metrics.add_collector([&log](FamilySink& sink) {
    sink.counter("log_lines_written_total", "Log lines that stdout took.",
                 static_cast<double>(log.written_count()));
    sink.counter("log_lines_dropped_total", "Log lines lost: the buffer was full or stdout gone.",
                 static_cast<double>(log.dropped_count()));
  });
}

// What each flag allows alone and makes no sense together.
void warn_of_contradictions(const ServeOptions& options, JsonLog& log) {
  const ServerOptions& server = options.server;
  if (server.body_budget_bytes < server.body_size_max) {
    log.write(LogLevel::warning, kLogger,
              fmt::format("the body budget of {} (--body-budget-bytes, or a quarter of the memory "
                          "limit) is below --max-body-bytes {}: larger bodies will always get 413",
                          server.body_budget_bytes, server.body_size_max));
  }
  if (server.drain_delay >= server.drain_limit) {
    log.write(LogLevel::warning, kLogger,
              fmt::format("--drain-delay {} ms is not below --drain-limit {} ms: no time is left "
                          "for requests under way",
                          server.drain_delay.count(), server.drain_limit.count()));
  }
  for (const std::vector<std::string>& warnings :
       {options.cloud_warnings, settings_without_effect(options.repository)}) {
    for (const std::string& warning : warnings) log.write(LogLevel::warning, kLogger, warning);
  }
}

std::string describe(const ServedModel& model) {
  return fmt::format("Model ready: {} ({}, {}, {}, {})", model.name(),
                     model.model().provenance().format, task_name(model.schema().task()),
                     count_text(model.schema().feature_count(), "feature"),
                     count_text(model.model().size().tree_count, "tree"));
}

// What clients call the only model: as its file, or as the folder that holds a version's.
std::string model_name(const ServeOptions& options) {
  if (!options.model_name.empty()) return options.model_name;
  if (options.model_path.empty()) return kBuiltInName;
  return std::filesystem::path(options.model_path).stem().string();
}

std::unique_ptr<ServedRepository> make_repository(const ServeOptions& options, const Cgroup& cgroup,
                                                  Readiness& readiness, Metrics& metrics,
                                                  JsonLog& log) {
  if (options.repository.root.empty()) return nullptr;
  return std::make_unique<ServedRepository>(options.repository, options.model_name, cgroup,
                                            readiness, metrics, log);
}

// Gets the models of the repository, or stays and waits for them if that is wanted.
Result<void> make_models_ready(const ServeOptions& options, ModelRepository& models,
                               Readiness& readiness, JsonLog& log) {
  readiness.set_starting(true);
  Result<void> started = models.start();
  readiness.set_starting(false);
  if (started) {
    const auto catalog = readiness.catalog();
    const std::size_t count = catalog == nullptr ? 0 : catalog->models().size();
    log.write(LogLevel::info, kLogger,
              fmt::format("Repository ready: {} in {}", count_text(count, "model"),
                          options.repository.root));
    return {};
  }
  if (options.on_model_failure == "exit") return started;
  log.write(LogLevel::error, kLogger, "Model failed: " + started.error().message);
  readiness.model_failed(std::move(started).error().message);
  return {};
}

// Gets the model, or stays without one if that is wanted.
Result<void> make_model_ready(const ServeOptions& options, Readiness& readiness, Metrics& metrics,
                              JsonLog& log) {
  Counter& load_failures = metrics.counter(
      "model_load_failures_total", "Models that failed to load.", {{"model", model_name(options)}});
  if (auto model = load_served_model(options, log); model.has_value()) {
    log.write(LogLevel::info, kLogger, describe(**model));
    readiness.publish(model_name(options), *std::move(model));
  } else if (options.on_model_failure == "exit") {
    return std::unexpected(std::move(model).error());
  } else {
    load_failures.Increment();
    log.write(LogLevel::error, kLogger, "Model failed: " + model.error().message);
    readiness.model_failed(std::move(model).error().message);
  }
  return {};
}

Result<void> make_ready(const ServeOptions& options, ServedRepository* repository,
                        Readiness& readiness, Metrics& metrics, JsonLog& log) {
  if (repository == nullptr) return make_model_ready(options, readiness, metrics, log);
  return make_models_ready(options, repository->models(), readiness, log);
}

LiveFile::Apply token_setter(LiveApi& live) {
  return [&live](std::string_view text) -> Result<std::string> {
    ASSIGN_OR_RETURN(TokenSet tokens, TokenSet::parse(text));
    std::string done = count_text(tokens.size(), "token");
    live.set_tokens(std::move(tokens));
    return done;
  };
}

// Who is told of the settings.
struct SettingsTargets {
  JsonLog& log;
  LiveApi& live;
  std::function<void(std::optional<double>)> set_trace_sample;  // empty: nothing is traced
};

LiveFile::Apply settings_setter(const ServeOptions& options, SettingsTargets targets) {
  const LiveSettings defaults{.log_level = *parse_log_level(options.log_level),
                              .log_sample = options.log_sample};
  return [defaults, targets](std::string_view text) -> Result<std::string> {
    ASSIGN_OR_RETURN(const LiveSettings settings, parse_live_settings(text, defaults));
    targets.log.set_level(settings.log_level);
    targets.live.set_log_sample(settings.log_sample);
    std::string done = fmt::format("log-level = {}, log-sample = {}",
                                   log_level_name(settings.log_level), settings.log_sample);
    if (targets.set_trace_sample) {
      targets.set_trace_sample(settings.trace_sample);
    } else if (settings.trace_sample) {
      done += ", trace-sample without effect: nothing is traced";
    }
    return done;
  };
}

// Spans are sampled by a file's ratio, or by the flag's where the file has none.
std::function<void(std::optional<double>)> trace_sample_setter(Tracer* tracer, double flag_ratio) {
  if (tracer == nullptr) return {};
  return [tracer, flag_ratio](std::optional<double> ratio) {
    tracer->set_sample_ratio(ratio.value_or(flag_ratio));
  };
}

std::vector<LiveFile> live_files(const ServeOptions& options, LiveApi& live, Tracer* tracer,
                                 JsonLog& log, Metrics& metrics) {
  std::vector<LiveFile> files;
  if (!options.token_file.empty()) {
    files.emplace_back("token", options.token_file, kTokenFileSizeMax, token_setter(live), log,
                       metrics);
  }
  if (!options.config_file.empty()) {
    const SettingsTargets targets{
        .log = log,
        .live = live,
        .set_trace_sample = trace_sample_setter(tracer, options.trace_sample)};
    files.emplace_back("config", options.config_file, kSettingsFileSizeMax,
                       settings_setter(options, targets), log, metrics);
  }
  return files;
}

std::function<void(const GrantedLimits&)> limits_setter(Server& server) {
  return [&server](const GrantedLimits& granted) {
    server.set_thread_count(granted.thread_count);
    server.set_body_budget(granted.body_budget_bytes);
  };
}

void tell_ports(const Server& server, const ServeOptions& options, JsonLog& log) {
  log.write(LogLevel::info, kLogger,
            fmt::format("Listening on {} port {} with {}", options.server.host, server.port(),
                        count_text(options.thread_count, "thread")));
  if (const auto grpc_port = server.grpc_port()) {
    log.write(LogLevel::info, kLogger,
              fmt::format("Listening for gRPC on {} port {}", options.server.host, *grpc_port));
  }
}

void leave_what_hangs(bool all_answered, Watcher& watcher, ServedRepository* repository,
                      JsonLog& log) {
  if (!all_answered) {
    leave_behind("Stopped: time is over; what workers still compute is left unanswered", log);
  }
  if (!watcher.stop(kLastLookLimit)) {
    leave_behind(
        "Stopped: all requests are answered; a look at a settings file or at the limits "
        "hangs and is left behind",
        log);
  }
  if (repository != nullptr && !repository->models().stop(kLastLookLimit)) {
    leave_behind("Stopped: all requests are answered; a model that loads is left behind", log);
  }
}

ApiOptions api_options(const ServeOptions& options) {
  return {.version = std::string(kVersion),
          .aliases = options.aliases,
          .predict_probabilities = options.predict_probabilities};
}

}  // namespace

Result<void> serve(ServeOptions options) {
  prepare_process();
  JsonLog log(STDOUT_FILENO, {.level = *parse_log_level(options.log_level),
                              .buffer_size_bytes = options.log_buffer_size_bytes});
  const Cgroup cgroup = find_cgroup().value_or(Cgroup());
  const AskedLimits asked{.thread_count = options.thread_count,
                          .body_budget_bytes = options.server.body_budget_bytes};
  const GrantedLimits granted = grant_limits(asked, cgroup);
  options.thread_count = options.server.thread_count = granted.thread_count;
  options.server.body_budget_bytes = granted.body_budget_bytes;

  Readiness readiness;
  const std::unique_ptr<Tracer> tracer =
      make_tracer(options.otlp_endpoint, options.trace_sample, log);
  Metrics metrics;
  ApiMetrics api_metrics(metrics);
  register_host_metrics(metrics, cgroup);
  register_model_metrics(metrics, readiness);
  register_log_metrics(metrics, log);
  register_trace_metrics(metrics, tracer.get());

  LiveApi live;
  live.set_log_sample(options.log_sample);
  std::vector<LiveFile> files = live_files(options, live, tracer.get(), log, metrics);
  for (LiveFile& file : files) RETURN_IF_ERROR(file.load());

  const std::unique_ptr<ServedRepository> repository =
      make_repository(options, cgroup, readiness, metrics, log);
  SpokenModels models;
  const ApiContext context{.readiness = readiness,
                           .metrics = metrics,
                           .api_metrics = api_metrics,
                           .log = log,
                           .live = live,
                           .models = models,
                           .options = api_options(options),
                           .tracer = tracer.get(),
                           .control = repository == nullptr ? nullptr : &repository->models()};
  std::atomic<bool> is_loaded = false;
  ASSIGN_OR_RETURN(
      const std::unique_ptr<Server> server,
      Server::listen(
          options.server, metrics, [&context] { return std::make_unique<Endpoints>(context); },
          [&readiness, &log] {
            readiness.start_draining();
            log.write(LogLevel::info, kLogger, "Draining: asked to stop");
          },
          [&is_loaded, &log] {
            if (!is_loaded.load()) leave_behind("Stopped: the model was not ready yet", log);
          }));
  warn_of_contradictions(options, log);
  server->start();
  tell_ports(*server, options, log);

  RETURN_IF_ERROR(make_ready(options, repository.get(), readiness, metrics, log));
  is_loaded.store(true);
  std::vector<std::function<void()>> looks;
  for (LiveFile& file : files) looks.emplace_back([&file] { file.look(); });
  LimitsFollower limits(asked, cgroup, granted, limits_setter(*server), log);
  looks.emplace_back([&limits] { limits.look(); });
  Watcher watcher(kWatchPause, std::move(looks));
  const bool all_answered = server->wait();
  send_last_spans(tracer.get(), log);
  leave_what_hangs(all_answered, watcher, repository.get(), log);
  log.write(LogLevel::info, kLogger, "Stopped: all requests are answered");
  return {};
}

}  // namespace ml_inference
