// SPDX-License-Identifier: MIT
// What a client with the right to do so may ask of the models: the door for the API.
#pragma once

#include "base/result.h"
#include "serving/model_catalog.h"

#include <cstdint>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace ml_inference {

/// One version, or a model that has none.
struct RepositoryEntry {
  std::string name;
  std::optional<std::int64_t> version;  ///< none: the model has no version that is known
  VersionState state = VersionState::unavailable;
  std::string reason;  ///< why it does not answer, or why a newer file of it does not; may be empty

  bool operator==(const RepositoryEntry&) const = default;
};

/// What a client says beside a model's name.
struct ModelUpload {
  /// Instead of the folder's config.pbtxt: the same message as JSON; empty: none.
  std::string config_json;

  /// Files instead of the folder's: "3/model.onnx" -> its bytes.
  std::map<std::string, std::string> files;
};

/// What the operator lets requests do to models.
struct ControlRights {
  bool loads = false;         ///< load a model, or load it again
  bool unloads = false;       ///< unload it
  bool uploads = false;       ///< bring files and configurations
  bool sets_default = false;  ///< say which version answers where none is named

  bool operator==(const ControlRights&) const = default;
};

/// "Those of loading" are invalid_argument (a configuration, a model's files or what was uploaded
/// is refused: trying again does not help), not_found (the version's folder or file) and
/// resource_exhausted (memory).
/// Threads: every member may be called from any thread. All but rights() and index() wait until it
/// is done, which takes as long as models take to load: call them from a worker.
/// stop  ends the wait, not the work. Errors of all: also unavailable (asked to stop; the process
/// ends), deadline_exceeded (stop asked).
class ModelControl {
 public:
  virtual ~ModelControl() = default;

  /// The same as long as this lives.
  [[nodiscard]] virtual ControlRights rights() const = 0;

  /// All models that are known, by name and version; those that are not loaded, too.
  [[nodiscard]] virtual std::vector<RepositoryEntry> index() const = 0;

  /// Loads the versions that the model's policy names, or loads them again where their files have
  /// changed or did not load. What answered before goes on until the new versions answer.
  /// Errors: not_found, unavailable (the operator has not allowed it), and those of loading.
  [[nodiscard]] virtual Result<void> load(const std::string& name, ModelUpload upload,
                                          std::stop_token stop) = 0;

  /// Loads the model of a folder below the repository's (folder_below.h) under any name, which it
  /// has until it is unloaded. Whether it did: false where a model of the name is loaded already.
  /// Errors: invalid_argument (the name, the folder, or there is not one model in it), not_found,
  ///   resource_exhausted (memory), unavailable (the operator has not allowed it), and those of
  ///   loading: then nothing changes.
  [[nodiscard]] virtual Result<bool> add(const std::string& name, const std::string& url,
                                         std::stop_token stop) = 0;

  /// Whether it was loaded: false where it is known and was not.
  /// Errors: not_found, unavailable (the operator has not allowed it).
  [[nodiscard]] virtual Result<bool> unload(const std::string& name, std::stop_token stop) = 0;

  /// From now on this version answers where none is named; it is loaded if it is not yet. None: the
  /// rule of the folder again. Holds as long as the process.
  /// Errors: not_found, and those of loading: then nothing changes.
  [[nodiscard]] virtual Result<void> set_default(const std::string& name,
                                                 std::optional<std::int64_t> version,
                                                 std::stop_token stop) = 0;

  /// Looks at the whole repository now, and tries again what did not load.
  [[nodiscard]] virtual Result<void> reload_all(std::stop_token stop) = 0;
};

}  // namespace ml_inference
