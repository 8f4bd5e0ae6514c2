// SPDX-License-Identifier: MIT
// A folder of models that answer: watched, or told by the API, on a thread of its own.
#pragma once

#include "base/result.h"
#include "serving/readiness.h"
#include "serving/repository/model_control.h"
#include "serving/repository/repository_models.h"
#include "serving/repository/repository_options.h"
#include "telemetry/json_log.h"
#include "telemetry/metrics.h"

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace ml_inference {

/// Publishes catalogs to Readiness, one model loading at a time.
/// Threads: what ModelControl says; start() and the destructor belong to one.
class ModelRepository final : public ModelControl {
 public:
  /// doors.wait and doors.wake are needed (asserted). The rest outlives this.
  ModelRepository(RepositoryOptions options, RepositoryDoors doors, Readiness& readiness,
                  Metrics& metrics, JsonLog& log);
  ModelRepository(const ModelRepository&) = delete;
  ModelRepository& operator=(const ModelRepository&) = delete;

  /// Ends after the load that is under way, however long that takes: see stop().
  ~ModelRepository() override;

  /// Loads what is there, which takes as long as it takes, and then begins to watch. Before
  /// anything else is called. Errors, for whoever wants to leave without a model: the folder cannot
  /// be read, or a required model does not answer; it is watched nevertheless.
  [[nodiscard]] Result<void> start();

  /// Begins no further load. Whether the one under way has ended within the limit; whoever gets
  /// false leaves by _exit(2).
  [[nodiscard]] bool stop(std::chrono::milliseconds limit);

  [[nodiscard]] ControlRights rights() const override;
  [[nodiscard]] std::vector<RepositoryEntry> index() const override { return models_.entries(); }
  [[nodiscard]] Result<void> load(const std::string& name, ModelUpload upload,
                                  std::stop_token stop) override;
  [[nodiscard]] Result<bool> add(const std::string& name, const std::string& url,
                                 std::stop_token stop) override;
  [[nodiscard]] Result<bool> unload(const std::string& name, std::stop_token stop) override;
  [[nodiscard]] Result<void> set_default(const std::string& name,
                                         std::optional<std::int64_t> version,
                                         std::stop_token stop) override;
  [[nodiscard]] Result<void> reload_all(std::stop_token stop) override;

 private:
  // What somebody waits for, and what came of it.
  struct Call {
    std::function<Result<void>()> work;
    std::mutex mutex;
    std::condition_variable_any done;
    std::optional<Result<void>> result;  // guarded by mutex
  };

  Result<void> call(std::function<Result<void>()> work, const std::stop_token& stop);
  Result<bool> ask(std::function<Result<bool>()> work, const std::stop_token& stop);
  static void finish(Call& call, Result<void> result);
  std::vector<std::shared_ptr<Call>> take_calls();
  void run(const std::stop_token& stop);
  void end();

  const RepositoryOptions options_;
  const RepositoryDoors doors_;
  RepositoryModels models_;  // its thread's, but for entries()
  bool is_moving_ = false;   // its thread's

  std::mutex mutex_;
  std::condition_variable ended_;             // for stop()
  std::vector<std::shared_ptr<Call>> calls_;  // guarded by mutex_
  bool is_ended_ = false;                     // guarded by mutex_
  std::jthread thread_;  // last: it uses the others, and is joined before they go
};

}  // namespace ml_inference
