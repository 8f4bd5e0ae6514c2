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
  if (!upload.files.empty()) return load_uploads(name, upload);
  if (!find_models()) return fail(Code::not_found, root_fault_);
  const auto found = models_.find(name);
  if (found == models_.end() || (!found->second.is_present && found->second.url.empty())) {
    return not_known(name);
  }
  ModelRecord& record = found->second;
  if (!upload.config_json.empty()) {
    ASSIGN_OR_RETURN(record.config, read_sent_config(name, upload.config_json));
    record.config_taken = record.config_seen = config_files(record.folder.path);
    record.is_config_taken = true;
    record.config_fault.clear();
    tell_config(record);
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

// All or nothing: every version is loaded before the first one answers.
Result<void> RepositoryModels::load_uploads(const std::string& name, const ModelUpload& upload) {
  if (!is_model_name(name)) {
    return fail(Code::invalid_argument,
                fmt::format("'{}' can be no model's name", printable_text(name)));
  }
  ASSIGN_OR_RETURN(const FilesByVersion versions, uploaded_versions(upload));
  ModelConfig config;
  if (!upload.config_json.empty()) {
    ASSIGN_OR_RETURN(config, read_sent_config(name, upload.config_json));
  }
  std::map<std::int64_t, VersionRecord> fresh;
  for (const auto& [number, files] : versions) {
    Result<LoadedVersion> loaded =
        timed(name, [&, version_shown = fmt::format("{}/{}", name, number), &sent = files] {
          return load_uploaded(sent, version_shown, doors_);
        });
    if (!loaded) {
      count_failure(name);
      return std::unexpected(std::move(loaded).error());
    }
    VersionRecord& version = fresh[number];
    version.shown.number = number;
    version.is_taken = true;
    take_loaded(name, version, *std::move(loaded));
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
  tell_config(record);
  publish();
  return {};
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
  if (layout.models.size() != 1) {
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

Result<void> RepositoryModels::unload(const std::string& name) {
  if (options_.mode != ControlMode::explicit_) {
    return fail(Code::unavailable,
                fmt::format("the folder decides what is loaded, expected {}", kModeFlag));
  }
  const auto found = models_.find(name);
  if (found == models_.end()) return not_known(name);
  ModelRecord& record = found->second;
  for (const auto& [number, version] : record.versions) drop(name, version);
  record.versions.clear();
  record.is_wanted = record.is_uploaded = record.is_required = false;
  record.is_config_taken = false;
  record.pinned.reset();
  if (!record.is_present || !record.url.empty()) models_.erase(found);
  publish();
  return {};
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
