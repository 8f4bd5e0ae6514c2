// SPDX-License-Identifier: MIT
// What clients ask of a repository's models: the part of RepositoryModels behind ModelControl.
#include "base/printable_text.h"
#include "serving/repository/folder_below.h"
#include "serving/repository/repository_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ml_inference {
namespace {

// Where the configuration of a request stands in the log.
constexpr std::string_view kSentConfig = "(as it was sent)";

constexpr std::string_view kModeFlag = "--model-control-mode explicit";

std::unexpected<Error> not_known(const std::string& name) {
  return fail(Code::not_found, fmt::format("there is no model '{}'", printable_text(name)));
}

using FilesByVersion = std::map<std::int64_t, std::map<std::string, std::string>>;

// "3/model.onnx" -> 3, "model.onnx". A name leads nowhere: it is never that of a file.
Result<FilesByVersion> uploaded_versions(const ModelUpload& upload) {
  if (upload.files.size() > kUploadFileCountMax) {
    return fail(Code::invalid_argument, fmt::format("{} files, expected at most {}",
                                                    upload.files.size(), kUploadFileCountMax));
  }
  FilesByVersion out;
  std::size_t size = 0;
  for (const auto& [path, bytes] : upload.files) {
    const std::size_t slash = path.find('/');
    const auto number = version_number(std::string_view(path).substr(0, slash));
    const std::string name = slash == std::string::npos ? "" : path.substr(slash + 1);
    if (!number || !is_model_name(name)) {
      return fail(Code::invalid_argument,
                  fmt::format("file '{}', expected a version and a name: 1/model.onnx",
                              printable_text(path)));
    }
    size += bytes.size();
    out[*number].emplace(name, bytes);
  }
  if (size > kUploadSizeMax) {
    return fail(Code::invalid_argument,
                fmt::format("files of {} bytes, expected at most {}", size, kUploadSizeMax));
  }
  return out;
}

// Of those that are there, the ones that a policy takes that a client has sent.
Result<std::set<std::int64_t>> taken_versions(const VersionPolicy& policy,
                                              const std::vector<std::int64_t>& present) {
  std::set<std::int64_t> wanted = policy.wanted(present);
  for (const std::int64_t number : wanted) {
    if (std::ranges::count(present, number) > 0) continue;
    return fail(Code::invalid_argument,
                fmt::format("config: version_policy names version {}, which is not there", number));
  }
  if (!wanted.empty()) return wanted;
  return fail(Code::invalid_argument, "config: version_policy takes no version");
}

// What is wrong with it is wrong with the request.
Result<ModelConfig> read_sent_config(const std::string& name, std::string_view json) {
  Result<ModelConfig> config = read_model_config(json, true);
  if (!config) {
    return fail(Code::invalid_argument, "config: " + config.error().message);
  }
  if (!config->name.empty() && config->name != name) {
    return fail(Code::invalid_argument, fmt::format("config: name is '{}', expected '{}' or none",
                                                    printable_text(config->name), name));
  }
  return config;
}

}  // namespace

// What another file alone can mend is not worth another try.
Code RepositoryModels::fault_code(const VersionRecord& version) {
  if (version.lacks_memory) return Code::resource_exhausted;
  return version.is_taken ? Code::invalid_argument : Code::not_found;
}

Result<void> RepositoryModels::check_loaded(const ModelRecord& record) const {
  if (!record.config_fault.empty()) return fail(Code::invalid_argument, record.config_fault);
  for (auto entry = record.versions.rbegin(); entry != record.versions.rend(); ++entry) {
    const ModelVersion& version = entry->second.shown;
    if (version.reason.empty()) continue;
    return fail(fault_code(entry->second),
                fmt::format("model '{}' version {}: {}", record.folder.name, version.number,
                            version.reason));
  }
  return {};
}

Result<void> RepositoryModels::load(const std::string& name, const ModelUpload& upload) {
  const bool has_upload = !upload.files.empty() || !upload.config_json.empty();
  if (options_.mode == ControlMode::none) {
    return fail(Code::unavailable, fmt::format("models are loaded at start alone: {}", kModeFlag));
  }
  if (has_upload && !(options_.mode == ControlMode::explicit_ && options_.allows_upload)) {
    return fail(Code::unavailable,
                fmt::format("uploads are not allowed: {} --allow-upload", kModeFlag));
  }
  return upload.files.empty() ? load_folder(name, upload) : load_uploads(name, upload);
}

Result<ModelConfig> RepositoryModels::read_folder_config(const ModelRecord& record,
                                                         const std::string& json) {
  ASSIGN_OR_RETURN(ModelConfig config, read_sent_config(record.folder.name, json));
  if (!config.policy) return config;
  std::vector<std::int64_t> present;
  for (const VersionFolder& version : record.folder.versions) present.push_back(version.number);
  if (const auto taken = taken_versions(*config.policy, present); !taken) {
    return std::unexpected(taken.error());
  }
  return config;
}

// The folder's files, by its configuration or by one that was sent.
Result<void> RepositoryModels::load_folder(const std::string& name, const ModelUpload& upload) {
  if (!find_models()) return fail(Code::not_found, root_fault_);
  const auto found = models_.find(name);
  if (found == models_.end()) return not_known(name);
  ModelRecord& record = found->second;
  if (!record.is_present && record.url.empty()) {
    return fail(Code::not_found, fmt::format("model '{}' has no folder, expected its files", name));
  }
  if (!upload.config_json.empty()) {
    Result<ModelConfig> config = read_folder_config(record, upload.config_json);
    if (!config) return refuse_sent(name, std::move(config).error());
    record.config = *std::move(config);
    record.config_taken = record.config_seen = config_files(record.folder.path);
    record.is_config_taken = true;
    record.config_fault.clear();
    tell_config(record, kSentConfig);
    log_.write(LogLevel::info, "repository", "Model configured by a request: " + name);
  } else if (record.is_uploaded) {
    record.is_config_taken = false;  // the folder's holds again
    for (auto& [number, version] : record.versions) version.is_taken = false;
  }
  record.is_uploaded = false;
  record.is_wanted = true;
  bring(record, Trust::all_files, {});
  publish();
  if (record.versions.empty()) {
    return fail(Code::not_found, fmt::format("model '{}' has no version", name));
  }
  RETURN_IF_ERROR(check_loaded(record));
  if (answers(record)) return {};
  return fail(Code::unavailable, fmt::format("model '{}': its files have changed while they were "
                                             "read",
                                             name));
}

std::unexpected<Error> RepositoryModels::refuse_sent(const std::string& name, Error error) {
  count_failure(name);
  log_.write(LogLevel::warning, "repository",
             fmt::format("Model failed: {}: what was sent is refused: {}; nothing has changed",
                         name, error.message));
  return std::unexpected(std::move(error));
}

// All or nothing: every version is loaded before the first one answers.
Result<void> RepositoryModels::load_uploads(const std::string& name, const ModelUpload& upload) {
  if (!is_model_name(name)) {
    return fail(Code::invalid_argument,
                fmt::format("'{}' can be no model's name", printable_text(name)));
  }
  ModelConfig config;
  Result<std::map<std::int64_t, LoadedVersion>> loaded = read_uploads(name, upload, config);
  if (!loaded) return refuse_sent(name, std::move(loaded).error());
  std::map<std::int64_t, VersionRecord> fresh;
  for (auto& [number, version] : *loaded) {
    fresh[number].shown.number = number;
    fresh[number].is_taken = true;
    take_loaded(name, fresh[number], std::move(version));
  }
  ModelRecord& record = models_[name];
  record.versions.swap(fresh);
  for (const auto& [number, version] : fresh) drop(name, version);
  record.folder.name = name;
  record.config = std::move(config);
  record.is_config_taken = true;
  record.config_fault.clear();
  record.is_uploaded = true;
  record.is_wanted = true;
  record.pinned.reset();
  record.labels.clear();
  tell_config(record, kSentConfig);
  publish();
  return {};
}

// Of the versions that are sent, those that a policy that is sent takes.
Result<std::map<std::int64_t, LoadedVersion>> RepositoryModels::read_uploads(
    const std::string& name, const ModelUpload& upload, ModelConfig& config) {
  ASSIGN_OR_RETURN(FilesByVersion versions, uploaded_versions(upload));
  if (!upload.config_json.empty()) {
    ASSIGN_OR_RETURN(config, read_sent_config(name, upload.config_json));
  }
  if (config.policy) {
    std::vector<std::int64_t> sent;
    for (const auto& [number, files] : versions) sent.push_back(number);
    ASSIGN_OR_RETURN(const std::set<std::int64_t> wanted, taken_versions(*config.policy, sent));
    std::erase_if(versions, [&](const auto& entry) { return !wanted.contains(entry.first); });
  }
  std::map<std::int64_t, LoadedVersion> out;
  for (const auto& [number, files] : versions) {
    ASSIGN_OR_RETURN(
        out[number],
        timed(name, [&, version_shown = fmt::format("{}/{}", name, number), &sent = files] {
          return load_uploaded(sent, version_shown, doors_);
        }));
  }
  return out;
}

// A folder of the name, which nobody has asked for, may be there too: it is found again later.
Result<bool> RepositoryModels::add(const std::string& name, const std::string& url) {
  if (options_.mode != ControlMode::explicit_) {
    return fail(Code::unavailable,
                fmt::format("the folder decides what is loaded, expected {}", kModeFlag));
  }
  if (!is_model_name(name)) {
    return fail(Code::invalid_argument,
                fmt::format("'{}' can be no model's name", printable_text(name)));
  }
  const auto known = models_.find(name);
  if (known != models_.end() && answers(known->second)) return false;
  ASSIGN_OR_RETURN(const std::string path, folder_below(options_.root, url));
  ASSIGN_OR_RETURN(RepositoryLayout layout, read_layout(path, name));
  if (layout.models.empty()) return fail(Code::not_found, fmt::format("{} has no model", path));
  if (layout.models.size() > 1) {
    return fail(Code::invalid_argument,
                fmt::format("{} has {} models, expected one", path, layout.models.size()));
  }
  RETURN_IF_ERROR(check_files_below(options_.root, layout.models.front()));
  ModelRecord& record = models_[name];
  record = {.folder = std::move(layout.models.front())};
  record.folder.name = name;
  record.is_wanted = true;
  record.url = url;
  bring(record, Trust::all_files, {});
  const Result<void> added = check_added(record);
  if (!added) models_.erase(name);
  publish();
  if (!added) return std::unexpected(added.error());
  return true;
}

bool RepositoryModels::answers(const ModelRecord& record) {
  return std::ranges::any_of(record.versions,
                             [](const auto& entry) { return entry.second.shown.model != nullptr; });
}

Result<void> RepositoryModels::check_added(const ModelRecord& record) const {
  for (const auto& [number, version] : record.versions) {
    if (version.lacks_memory) return fail(Code::resource_exhausted, version.shown.reason);
  }
  RETURN_IF_ERROR(check_loaded(record));
  if (answers(record)) return {};
  return fail(Code::not_found, fmt::format("there is no model in {}", record.folder.path));
}

Result<bool> RepositoryModels::unload(const std::string& name) {
  if (options_.mode != ControlMode::explicit_) {
    return fail(Code::unavailable,
                fmt::format("the folder decides what is loaded, expected {}", kModeFlag));
  }
  const auto found = models_.find(name);
  if (found == models_.end()) return not_known(name);
  ModelRecord& record = found->second;
  const bool was_loaded = record.is_wanted;
  for (const auto& [number, version] : record.versions) drop(name, version);
  record.versions.clear();
  record.is_wanted = record.is_uploaded = record.is_required = false;
  record.is_config_taken = false;
  record.pinned.reset();
  if (!record.is_present || !record.url.empty()) models_.erase(found);
  publish();
  return was_loaded;
}

Result<void> RepositoryModels::set_default(const std::string& name,
                                           std::optional<std::int64_t> version) {
  const auto found = models_.find(name);
  if (found == models_.end() || !found->second.is_wanted) return not_known(name);
  ModelRecord& record = found->second;
  const std::optional<std::int64_t> before = std::exchange(record.pinned, version);
  const auto version_answers = [&record, version] {
    const auto entry = record.versions.find(version.value_or(0));
    return entry != record.versions.end() && entry->second.shown.model != nullptr;
  };
  if (version && !version_answers()) {
    const bool is_there =
        std::ranges::count(record.folder.versions, *version, &VersionFolder::number) > 0;
    if (is_there && options_.mode != ControlMode::none && !record.is_uploaded) {
      bring(record, Trust::all_files, {});
    }
    if (!version_answers()) {
      record.pinned = before;
      const auto entry = record.versions.find(*version);
      const bool is_tried = entry != record.versions.end();
      const std::string reason = is_tried ? entry->second.shown.reason : "it is not loaded";
      const Code code = is_tried   ? fault_code(entry->second)
                        : is_there ? Code::unavailable
                                   : Code::not_found;
      publish();
      return fail(code,
                  fmt::format("model '{}' version {} cannot answer: {}", name, *version, reason));
    }
  }
  log_.write(LogLevel::info, "repository",
             version ? fmt::format("Default version of {}: {}", name, *version)
                     : fmt::format("Default version of {}: by the folder", name));
  publish();
  return {};
}

Result<void> RepositoryModels::reload_all(const std::stop_token& stop) {
  if (options_.mode == ControlMode::none) {
    return fail(Code::unavailable, fmt::format("models are loaded at start alone: {}", kModeFlag));
  }
  if (!find_models()) return fail(Code::not_found, root_fault_);
  Result<void> first;
  for (auto& [name, record] : models_) {
    if (stop.stop_requested() || !record.is_wanted || record.is_uploaded || !record.is_present) {
      continue;
    }
    bring(record, Trust::all_files, stop);
    if (const Result<void> loaded = check_loaded(record); !loaded && first) first = loaded;
  }
  publish();
  return first;
}

}  // namespace ml_inference
