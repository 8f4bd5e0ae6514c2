// SPDX-License-Identifier: MIT
// The models of a repository: which versions are wanted, what became of each, and the catalog that
// follows from it. Everything a repository does but waiting.
#pragma once

#include "base/result.h"
#include "base/snapshot.h"
#include "serving/readiness.h"
#include "serving/repository/layout.h"
#include "serving/repository/model_config.h"
#include "serving/repository/model_control.h"
#include "serving/repository/repository_options.h"
#include "serving/repository/version_loader.h"
#include "telemetry/json_log.h"
#include "telemetry/metrics.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace ml_inference {

/// Brings what lies in the folder into the catalog: a version that is wanted is loaded and
/// verified, then it answers, and only then what is no longer wanted goes. Whatever cannot be
/// loaded leaves in place what answers, and is told in the log, in model_load_failures_total{model}
/// and in the version's state and reason.
/// Threads: belongs to one, but for entries().
class RepositoryModels {
 public:
  /// All of it outlives this.
  RepositoryModels(const RepositoryOptions& options, const RepositoryDoors& doors,
                   Readiness& readiness, Metrics& metrics, JsonLog& log);

  /// Looks at the folder once. The first look decides which models are required. Whether files are
  /// in motion, so that another look should follow soon. stop  between two loads.
  bool look(const std::stop_token& stop);

  /// Why the process is not ready: the root, or the first required model without an answer.
  [[nodiscard]] Result<void> first_fault() const;

  /// What ModelControl says of each.
  [[nodiscard]] Result<void> load(const std::string& name, const ModelUpload& upload);
  [[nodiscard]] Result<bool> add(const std::string& name, const std::string& url);
  [[nodiscard]] Result<bool> unload(const std::string& name);
  [[nodiscard]] Result<void> set_default(const std::string& name,
                                         std::optional<std::int64_t> version);
  [[nodiscard]] Result<void> reload_all(const std::stop_token& stop);

  /// Threads: any.
  [[nodiscard]] std::vector<RepositoryEntry> entries() const;

  /// Gives back the memory of models that have left and that no request uses any longer. Whether
  /// there are some that are still used.
  bool give_back_memory();

 private:
  // Whether files have to stay the same for a while, or somebody has said that they are whole.
  enum class Trust { settled_files, all_files };

  struct VersionRecord {
    ModelVersion shown;
    FileStamps seen;                    // at the last look
    FileStamps taken;                   // what was loaded, or failed
    bool is_taken = false;              // whether `taken` means anything
    bool lacks_memory = false;          // why it failed lies outside of its files
    std::size_t absent_look_count = 0;  // looks that did not find its folder
  };

  struct ModelRecord {
    ModelFolder folder;
    FileStamps config_seen;
    FileStamps config_taken;
    bool is_config_taken = false;
    ModelConfig config;
    std::map<std::string, std::int64_t> labels;
    std::string config_fault;  // of a config that was refused
    std::map<std::int64_t, VersionRecord> versions;
    std::optional<std::int64_t> pinned;  // by set_default()
    std::size_t absent_look_count = 0;   // looks that found nothing of what answers
    bool is_present = false;             // in the folder, at the last look
    bool is_wanted = false;              // is to be loaded
    bool is_uploaded = false;            // answers from what a client has sent
    bool is_required = false;
    std::string url;  // of what add() has brought: its folder as the client calls it
  };

  [[nodiscard]] bool find_models();
  bool bring(ModelRecord& record, Trust trust, const std::stop_token& stop);
  void note_missing_file(const std::string& name, const VersionFolder& folder,
                         VersionRecord& version);
  bool bring_version(ModelRecord& record, std::int64_t number, Trust trust);
  bool miss_version(const std::string& name, VersionRecord& version, const Error& error,
                    Trust trust);
  bool retire(ModelRecord& record, const std::set<std::int64_t>& wanted);
  bool retire_absent(ModelRecord& record);
  bool read_config(ModelRecord& record, Trust trust);
  [[nodiscard]] Result<void> take_config(ModelRecord& record, const FileStamps& files) const;
  [[nodiscard]] std::set<std::int64_t> wanted_versions(const ModelRecord& record) const;
  bool is_settled(const FileStamps& before, const FileStamps& now, Trust trust) const;

  [[nodiscard]] static bool answers(const ModelRecord& record);
  [[nodiscard]] static Code fault_code(const VersionRecord& version);
  [[nodiscard]] Result<void> check_added(const ModelRecord& record) const;
  void take_loaded(const std::string& name, VersionRecord& version, LoadedVersion loaded);
  void take_failure(const std::string& name, VersionRecord& version, const Error& error);
  void lack_memory(const std::string& name, VersionRecord& version, const Error& error);
  void drop(const std::string& name, const VersionRecord& version);
  [[nodiscard]] Result<void> check_loaded(const ModelRecord& record) const;
  [[nodiscard]] Result<void> load_folder(const std::string& name, const ModelUpload& upload);
  [[nodiscard]] Result<void> load_uploads(const std::string& name, const ModelUpload& upload);
  [[nodiscard]] Result<std::map<std::int64_t, LoadedVersion>> read_uploads(
      const std::string& name, const ModelUpload& upload, ModelConfig& config);
  [[nodiscard]] static Result<ModelConfig> read_folder_config(const ModelRecord& record,
                                                              const std::string& json);
  std::unexpected<Error> refuse_sent(const std::string& name, Error error);
  [[nodiscard]] Result<LoadedVersion> timed(const std::string& name,
                                            const std::function<Result<LoadedVersion>()>& load);
  void count_failure(const std::string& name);
  void tell_config(const ModelRecord& record, std::string_view source = kConfigFile);
  [[nodiscard]] static ModelVersion shown_version(const ModelRecord& record,
                                                  const VersionRecord& version);
  void publish();

  const RepositoryOptions& options_;
  const RepositoryDoors& doors_;
  Readiness& readiness_;
  Metrics& metrics_;
  JsonLog& log_;
  std::map<std::string, ModelRecord> models_;
  std::vector<std::weak_ptr<const ServedModel>> leaving_;
  std::set<std::string> told_;  // what was skipped, so that each is said once
  std::string root_fault_;      // of the last look
  std::string watch_fault_;     // told already
  bool has_looked_ = false;
  Snapshot<std::vector<RepositoryEntry>> entries_;
};

}  // namespace ml_inference
