// SPDX-License-Identifier: MIT
// A model repository within this process: its folder's events, the memory that is left, golden
// rows.
#pragma once

#include "base/result.h"
#include "host/cgroup.h"
#include "host/tree_watch.h"
#include "serving/readiness.h"
#include "serving/repository/model_repository.h"
#include "telemetry/json_log.h"
#include "telemetry/metrics.h"

#include <chrono>
#include <string>
#include <vector>

namespace ml_inference {

/// What an operator can set about a repository; the flags of the same names describe each.
struct RepositorySettings {
  std::string root;  ///< empty: there is none
  std::string control_mode = "poll";
  std::chrono::milliseconds poll_pause{10'000};
  std::string version_policy = "latest:1";
  std::string default_model;
  std::string load_models;      ///< names with commas between them
  std::string optional_models;  ///< names with commas between them
  bool allows_upload = false;
};

/// A sentence for each setting that is given and does nothing, as others are.
[[nodiscard]] std::vector<std::string> settings_without_effect(const RepositorySettings& settings);

/// Threads: as ModelRepository.
class ServedRepository {
 public:
  /// settings  of valid texts (asserted). own_name  --model-name. The rest outlives this.
  ServedRepository(const RepositorySettings& settings, const std::string& own_name,
                   const Cgroup& cgroup, Readiness& readiness, Metrics& metrics, JsonLog& log);

  [[nodiscard]] ModelRepository& models() { return models_; }

 private:
  [[nodiscard]] RepositoryDoors doors(const Cgroup& cgroup);

  TreeWatch watch_;
  ModelRepository models_;  // its thread waits for watch_
};

}  // namespace ml_inference
