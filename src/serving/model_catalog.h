// SPDX-License-Identifier: MIT
// The models that this process knows, by name and version, at one moment.
#pragma once

#include "base/result.h"
#include "serving/model_statistics.h"
#include "serving/served_model.h"
#include "serving/tensor_names.h"
#include "serving/work_kind.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// Where a version is in its life.
enum class VersionState {
  loading,      ///< is being read and verified
  available,    ///< answers
  unloading,    ///< answers nobody new
  failed,       ///< could not be loaded
  unavailable,  ///< was asked to leave
};

/// One version of a model. Threads: a plain value; what it points to is thread-safe.
struct ModelVersion {
  std::int64_t number = 1;  ///< above 0
  VersionState state = VersionState::loading;
  std::string reason;                        ///< why it failed, for people; else empty
  std::shared_ptr<const ServedModel> model;  ///< what answers; null unless it is available

  /// What was asked of it; never null, and the same object as long as the version is known.
  std::shared_ptr<ModelStatistics> statistics = std::make_shared<ModelStatistics>();
};

/// A model and its versions.
struct CatalogModel {
  std::string name;
  std::vector<ModelVersion> versions;          ///< by ascending number
  std::map<std::string, std::int64_t> labels;  ///< of versions: "stable" -> 3

  /// What answers when no version is named; without it the highest that is available.
  std::optional<std::int64_t> default_version;

  /// Whether the process is ready only when the model is.
  bool is_required = true;

  /// Its folder, as the client calls it that has brought it; empty: nobody has.
  std::string url;

  /// What its tensors are called where its folder says so.
  TensorNames tensor_names;

  /// How much of its work workers do, and in which order.
  WorkLimits work_limits;

  /// The version that answers when none is named, or null while none is available.
  [[nodiscard]] const ModelVersion* answering() const;
};

/// Which model a request means: what it does not say is empty.
struct ModelChoice {
  std::string_view name;     ///< empty: the only model there is, or the default one
  std::string_view version;  ///< digits
  std::string_view label;    ///< of a version
};

/// What was chosen. Both live as long as the catalog.
struct ChosenModel {
  const CatalogModel* model = nullptr;
  const ModelVersion* version = nullptr;
};

/// A catalog never changes: a change makes another one.
/// Threads: immutable; any number may read it.
class ModelCatalog {
 public:
  /// models        unique names (asserted), in any order.
  /// default_name  the model that answers when none is named; empty: the only one.
  explicit ModelCatalog(std::vector<CatalogModel> models, std::string default_name = "");

  /// By name.
  [[nodiscard]] const std::vector<CatalogModel>& models() const { return models_; }

  /// Null if there is none.
  [[nodiscard]] const CatalogModel* find(std::string_view name) const;

  /// The version that the choice means, whatever its state.
  /// Errors: not_found (no such model, version or label), invalid_argument (a version that is no
  ///   number above 0, or a version and a label; no model named, and there are several).
  [[nodiscard]] Result<ChosenModel> find(const ModelChoice& choice) const;

  /// The same if it is available.
  /// Errors: also unavailable, with the version's state.
  [[nodiscard]] Result<ChosenModel> select(const ModelChoice& choice) const;

 private:
  std::vector<CatalogModel> models_;
  std::string default_name_;
};

/// "loading", "available" ...
[[nodiscard]] std::string_view version_state_name(VersionState state);

}  // namespace ml_inference
