// SPDX-License-Identifier: MIT
#include "serving/repository/repository_models.h"

#include "base/number_text.h"
#include "base/printable_text.h"
#include "base/whole_file.h"
#include "serving/repository/text_message.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::string_view kLogger = "repository";
// The label that says which version answers when none is named.
constexpr char kDefaultLabel[] = "default";

// A folder that is swapped is missing for a moment: what is gone has to be gone twice.
constexpr std::size_t kAbsentLookCount = 2;

// Of what was skipped, the first ones are told: an operator's folder has a few, another may have
// ten thousand.
constexpr std::size_t kToldCountMax = 100;

const std::vector<double>& load_seconds_bounds() {
  static const std::vector<double> bounds{0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 60};
  return bounds;
}

std::string shown_name(const std::string& model, std::int64_t version) {
  return fmt::format("{} version {}", model, version);
}

std::string describe(const LoadedVersion& loaded) {
  const ServedModel& model = *loaded.model;
  std::string text = fmt::format(
      "{}, {}, {}, {}, {}", model.name(), model.model().provenance().format,
      task_name(model.schema().task()), count_text(model.schema().feature_count(), "feature"),
      count_text(model.model().size().tree_count, "tree"));
  if (!loaded.verified.empty()) text += ", golden rows: " + loaded.verified;
  return text;
}

}  // namespace

RepositoryModels::RepositoryModels(const RepositoryOptions& options, const RepositoryDoors& doors,
                                   Readiness& readiness, Metrics& metrics, JsonLog& log)
    : options_(options), doors_(doors), readiness_(readiness), metrics_(metrics), log_(log) {}

bool RepositoryModels::look(const std::stop_token& stop) {
  if (!find_models()) {
    if (options_.mode == ControlMode::explicit_) publish();  // clients may bring models yet
    return false;
  }
  bool is_moving = false;
  for (auto& [name, record] : models_) {
    if (stop.stop_requested()) break;
    if (record.is_uploaded || !record.is_wanted) continue;
    is_moving |=
        record.is_present ? bring(record, Trust::settled_files, stop) : retire_absent(record);
  }
  std::erase_if(models_, [](const auto& entry) {
    const ModelRecord& record = entry.second;
    return !record.is_present && record.versions.empty();
  });
  publish();
  return is_moving;
}

// Reads the layout into the records. Whether it could be read.
bool RepositoryModels::find_models() {
  if (doors_.renew_watch) {
    const std::string fault = doors_.renew_watch();
    if (!fault.empty() && fault != watch_fault_) {
      log_.write(LogLevel::warning, kLogger,
                 fmt::format("Not all of the repository is watched, changes are seen by looking "
                             "from time to time: {}",
                             fault));
    }
    watch_fault_ = fault;
  }
  Result<RepositoryLayout> layout = read_layout(options_.root, options_.own_name);
  const std::string fault = layout ? std::string() : layout.error().message;
  if (!fault.empty() && fault != root_fault_) {
    log_.write(LogLevel::warning, kLogger,
               "The model repository cannot be read, what answers goes on: " + fault);
  }
  root_fault_ = fault;
  if (!layout) return false;
  for (const std::string& skipped : layout->skipped) {
    if (told_.size() < kToldCountMax && told_.insert(skipped).second) {
      log_.write(LogLevel::debug, kLogger, "Skipped: " + skipped);
    }
  }
  for (auto& [name, record] : models_) record.is_present = false;
  for (ModelFolder& folder : layout->models) {
    ModelRecord& record = models_[folder.name];
    if (!record.url.empty()) continue;  // the name is taken
    const bool is_asked = options_.mode == ControlMode::explicit_
                              ? !has_looked_ && options_.load_at_start.contains(folder.name)
                              : true;
    if (is_asked) record.is_wanted = true;
    if (is_asked && !has_looked_) record.is_required = !options_.optional.contains(folder.name);
    record.is_present = true;
    record.folder = std::move(folder);
  }
  has_looked_ = true;
  return true;
}

Result<void> RepositoryModels::first_fault() const {
  const bool may_wait = options_.mode == ControlMode::explicit_ && options_.load_at_start.empty();
  if (!root_fault_.empty() && !may_wait) return fail(Code::not_found, root_fault_);
  for (const std::string& name : options_.load_at_start) {
    if (!models_.contains(name)) {
      return fail(Code::not_found, fmt::format("{} has no model '{}'", options_.root, name));
    }
  }
  for (const auto& [name, record] : models_) {
    if (!record.is_required) continue;
    if (answers(record)) continue;
    if (record.versions.empty()) {
      return fail(Code::not_found, fmt::format("model '{}' has no version", name));
    }
    RETURN_IF_ERROR(check_loaded(record));
  }
  return {};
}

std::set<std::int64_t> RepositoryModels::wanted_versions(const ModelRecord& record) const {
  std::vector<std::int64_t> present;
  for (const VersionFolder& version : record.folder.versions) present.push_back(version.number);
  std::set<std::int64_t> wanted = record.config.policy.value_or(options_.policy).wanted(present);
  // What a label or the API names, as long as it is there or answers yet.
  const auto add_named = [&](std::int64_t number) {
    const auto known = record.versions.find(number);
    const bool answers = known != record.versions.end() && known->second.shown.model != nullptr;
    if (answers || std::ranges::count(present, number) > 0) wanted.insert(number);
  };
  for (const auto& [label, version] : record.labels) add_named(version);
  if (record.pinned) add_named(*record.pinned);
  return wanted;
}

bool RepositoryModels::is_settled(const FileStamps& before, const FileStamps& now,
                                  Trust trust) const {
  if (trust == Trust::all_files || before == now) return true;
  const auto limit = std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::system_clock::now().time_since_epoch() - options_.settle_pause);
  return std::ranges::all_of(
      now, [&](const FileStamp& file) { return file.changed_ns < limit.count(); });
}

// Loads what is wanted of one model, the highest number first, and lets go what is not.
bool RepositoryModels::bring(ModelRecord& record, Trust trust, const std::stop_token& stop) {
  bool is_moving = read_config(record, trust);
  if (!record.is_config_taken) return is_moving;
  const std::set<std::int64_t> wanted = wanted_versions(record);
  for (auto number = wanted.rbegin(); number != wanted.rend(); ++number) {
    if (stop.stop_requested()) return false;
    is_moving |= bring_version(record, *number, trust);
  }
  return is_moving | retire(record, wanted_versions(record));  // some may be gone by now
}

void RepositoryModels::note_missing_file(const std::string& name, const VersionFolder& folder,
                                         VersionRecord& version) {
  std::string reason = fmt::format("{} has no model file yet", folder.path);
  if (version.shown.model != nullptr || version.shown.reason == reason) return;
  log_.write(LogLevel::warning, kLogger, fmt::format("Model waits: {}: {}", name, reason));
  version.shown.reason = std::move(reason);
  publish();
}

bool RepositoryModels::bring_version(ModelRecord& record, std::int64_t number, Trust trust) {
  const std::string& name = record.folder.name;
  VersionRecord& version = record.versions[number];
  version.shown.number = number;
  const auto folder = std::ranges::find(record.folder.versions, number, &VersionFolder::number);
  const bool is_there = folder != record.folder.versions.end();
  const Result<FileStamps> files =
      is_there
          ? stamp_files(folder->path)
          : fail(Code::not_found, fmt::format("{} has no folder {}", record.folder.path, number));
  if (!files) return miss_version(name, version, files.error(), trust);
  version.absent_look_count = 0;
  const bool is_whole = is_settled(version.seen, *files, trust);
  version.seen = *files;
  const bool tries_again =
      version.lacks_memory || (trust == Trust::all_files && !version.shown.reason.empty());
  if (version.is_taken && version.taken == *files && !tries_again) return false;
  if (!is_whole) return true;
  if (files->empty()) {  // just made, perhaps: an event or the next look tells of its files
    note_missing_file(name, *folder, version);
    return false;
  }
  if (version.shown.model == nullptr && version.shown.state != VersionState::failed) publish();
  if (const Result<void> fits = check_memory(folder->path, *files, doors_);
      !fits && fits.error().code == Code::resource_exhausted) {
    lack_memory(name, version, fits.error());
    return false;
  }
  version.lacks_memory = false;
  Result<LoadedVersion> loaded = timed(name, [&] {
    return load_version(folder->path, *files, fmt::format("{}/{}", name, number), doors_);
  });
  if (!loaded && loaded.error().code == Code::unavailable) return true;  // it has changed meanwhile
  version.taken = *files;
  version.is_taken = true;
  if (loaded) {
    take_loaded(name, version, *std::move(loaded));
  } else {
    take_failure(name, version, loaded.error());
  }
  publish();
  return false;
}

// What answers goes once its folder is gone for good. Whether another look should follow soon.
bool RepositoryModels::miss_version(const std::string& name, VersionRecord& version,
                                    const Error& error, Trust trust) {
  const bool answers = version.shown.model != nullptr;
  if (answers && error.code == Code::not_found) {
    const bool is_sure = trust == Trust::all_files;
    if (++version.absent_look_count < kAbsentLookCount && !is_sure) return true;
    drop(name, version);
    version.shown.model = nullptr;
    version.is_taken = false;
  }
  take_failure(name, version, error);
  return false;
}

void RepositoryModels::take_loaded(const std::string& name, VersionRecord& version,
                                   LoadedVersion loaded) {
  log_.write(LogLevel::info, kLogger,
             fmt::format("Model ready: {} ({})", shown_name(name, version.shown.number),
                         describe(loaded)));
  if (version.shown.model != nullptr) leaving_.emplace_back(version.shown.model);
  version.shown.model = std::move(loaded.model);
  version.shown.state = VersionState::available;
  version.shown.reason.clear();
}

// Memory may be there at a later look: it is asked for again at each, and told once.
void RepositoryModels::lack_memory(const std::string& name, VersionRecord& version,
                                   const Error& error) {
  version.taken = version.seen;
  version.is_taken = true;
  if (!std::exchange(version.lacks_memory, true)) take_failure(name, version, error);
}

void RepositoryModels::take_failure(const std::string& name, VersionRecord& version,
                                    const Error& error) {
  const bool answers = version.shown.model != nullptr;
  if (!answers) version.shown.state = VersionState::failed;
  std::string reason = (answers ? "its files of now are refused: " : "") + error.message;
  if (version.shown.reason == reason) return;  // told already
  version.shown.reason = std::move(reason);
  count_failure(name);
  log_.write(answers ? LogLevel::warning : LogLevel::error, kLogger,
             fmt::format("Model failed: {}: {}{}", shown_name(name, version.shown.number),
                         error.message, answers ? "; what answered before goes on" : ""));
}

void RepositoryModels::count_failure(const std::string& name) {
  metrics_.counter("model_load_failures_total", "Models that failed to load.", {{"model", name}})
      .Increment();
}

Result<LoadedVersion> RepositoryModels::timed(const std::string& name,
                                              const std::function<Result<LoadedVersion>()>& load) {
  const auto begin = std::chrono::steady_clock::now();
  Result<LoadedVersion> loaded = load();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  metrics_
      .histogram("model_load_seconds", "Time to read, verify and try a version.", {{"model", name}},
                 load_seconds_bounds())
      .observe(taken.count());
  if (doors_.give_back_memory) doors_.give_back_memory();  // of what reading has left behind
  return loaded;
}

// Lets go what is not wanted, once all that is wanted is decided and something of it answers.
bool RepositoryModels::retire(ModelRecord& record, const std::set<std::int64_t>& wanted) {
  if (wanted.empty()) return retire_absent(record);
  record.absent_look_count = 0;
  bool are_decided = true;
  bool answers = false;
  for (const std::int64_t number : wanted) {
    const VersionRecord& version = record.versions[number];
    are_decided &= version.is_taken || version.shown.state == VersionState::failed;
    answers |= version.shown.model != nullptr;
  }
  std::erase_if(record.versions, [&](const auto& entry) {
    if (wanted.contains(entry.first)) return false;
    const VersionRecord& version = entry.second;
    if (version.shown.model != nullptr && !(are_decided && answers)) return false;
    drop(record.folder.name, version);
    return true;
  });
  return false;
}

bool RepositoryModels::retire_absent(ModelRecord& record) {
  if (record.versions.empty()) return false;
  if (++record.absent_look_count < kAbsentLookCount) return true;
  for (const auto& [number, version] : record.versions) drop(record.folder.name, version);
  record.versions.clear();
  record.absent_look_count = 0;
  return false;
}

void RepositoryModels::drop(const std::string& name, const VersionRecord& version) {
  if (version.shown.model == nullptr) return;
  leaving_.emplace_back(version.shown.model);
  log_.write(LogLevel::info, kLogger, "Model unloaded: " + shown_name(name, version.shown.number));
}

// Whether its files are still in motion.
bool RepositoryModels::read_config(ModelRecord& record, Trust trust) {
  const FileStamps files = config_files(record.folder.path);
  const bool is_whole = is_settled(record.config_seen, files, trust);
  record.config_seen = files;
  const bool is_new =
      record.config_taken != files || (!record.is_config_taken && record.config_fault.empty());
  if (!is_new) return false;
  if (!is_whole) return true;
  const Result<void> taken = take_config(record, files);
  record.config_taken = files;
  if (taken) {
    record.is_config_taken = true;
    record.config_fault.clear();
    tell_config(record);
    return false;
  }
  record.config_fault = taken.error().message;
  count_failure(record.folder.name);
  log_.write(answers(record) ? LogLevel::warning : LogLevel::error, kLogger,
             fmt::format("Model failed: {}: {}{}", record.folder.name, record.config_fault,
                         record.is_config_taken ? "; the configuration of before stays" : ""));
  if (record.is_config_taken) return false;
  // Nothing of it can be loaded without knowing what is asked for: its newest version says so.
  for (const VersionFolder& version : record.folder.versions) {
    VersionRecord& failed = record.versions[version.number];
    failed.shown.number = version.number;
    failed.shown.state = VersionState::failed;
    failed.shown.reason = record.config_fault;
  }
  return false;
}

Result<void> RepositoryModels::take_config(ModelRecord& record, const FileStamps& files) const {
  ModelConfig config;
  std::map<std::string, std::int64_t> labels;
  for (const FileStamp& file : files) {
    const std::string path = fmt::format("{}/{}", record.folder.path, file.name);
    ASSIGN_OR_RETURN(const std::string text, read_whole_file(path, kTextMessageSizeMax));
    const auto at_path = [&path](Error error) {
      error.message.insert(0, path + ": ");
      return std::unexpected(std::move(error));
    };
    if (file.name == kConfigFile) {
      auto read = read_model_config(text);
      if (!read) return at_path(std::move(read).error());
      config = *std::move(read);
    } else {
      auto read = read_version_labels(text);
      if (!read) return at_path(std::move(read).error());
      labels = *std::move(read);
    }
  }
  const bool is_named = !config.name.empty() && record.url.empty();
  if (is_named && config.name != record.folder.name) {
    return fail(Code::invalid_argument,
                fmt::format("{}/{}: name is '{}', expected '{}' or none", record.folder.path,
                            kConfigFile, printable_text(config.name), record.folder.name));
  }
  record.config = std::move(config);
  record.labels = std::move(labels);
  return {};
}

void RepositoryModels::tell_config(const ModelRecord& record, std::string_view source) {
  if (record.config.ignored.empty()) return;
  log_.write(LogLevel::warning, kLogger,
             fmt::format("{}/{}: without effect here: {}", record.folder.name, source,
                         fmt::join(record.config.ignored, ", ")));
}

// A version that answers by the configuration of before says so, too.
ModelVersion RepositoryModels::shown_version(const ModelRecord& record,
                                             const VersionRecord& version) {
  ModelVersion shown = version.shown;
  if (record.is_config_taken && !record.config_fault.empty()) {
    if (!shown.reason.empty()) shown.reason += "; ";
    shown.reason += "its configuration of now is refused: " + record.config_fault;
  }
  return shown;
}

void RepositoryModels::publish() {
  std::vector<CatalogModel> models;
  auto entries = std::make_shared<std::vector<RepositoryEntry>>();
  for (const auto& [name, record] : models_) {
    if (record.versions.empty()) entries->push_back({.name = name, .reason = record.config_fault});
    if (!record.is_wanted && record.versions.empty()) continue;
    CatalogModel model{.name = name, .versions = {}, .labels = record.labels};
    for (const auto& [number, version] : record.versions) {
      const ModelVersion& shown = model.versions.emplace_back(shown_version(record, version));
      entries->push_back({name, number, shown.state, shown.reason});
    }
    model.default_version = record.pinned;
    if (const auto label = record.labels.find(kDefaultLabel);
        !record.pinned && label != record.labels.end()) {
      model.default_version = label->second;
    }
    model.is_required = record.is_required;
    model.url = record.url;
    model.tensor_names = record.config.tensor_names;
    model.work_limits = record.config.work_limits;
    models.push_back(std::move(model));
  }
  entries_.set(std::move(entries));
  readiness_.publish(ModelCatalog(std::move(models), options_.default_model));
}

std::vector<RepositoryEntry> RepositoryModels::entries() const {
  const auto entries = entries_.get();
  return entries == nullptr ? std::vector<RepositoryEntry>() : *entries;
}

bool RepositoryModels::give_back_memory() {
  const std::size_t gone_count =
      std::erase_if(leaving_, [](const auto& model) { return model.expired(); });
  if (gone_count > 0 && doors_.give_back_memory) doors_.give_back_memory();
  return !leaving_.empty();
}

}  // namespace ml_inference
