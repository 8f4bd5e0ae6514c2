// SPDX-License-Identifier: MIT
// What there is to tell of models, before any protocol gives it a form.
#pragma once

#include "base/result.h"
#include "serving/model_catalog.h"
#include "serving/readiness.h"

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// Triton's extensions of the Open Inference Protocol that are spoken here.
inline constexpr std::array<std::string_view, 4> kOipExtensions{
    "binary_tensor_data", "classification", "statistics", "model_repository"};

/// A catalog and what was found in it, which lives as long.
struct FoundModel {
  std::shared_ptr<const ModelCatalog> catalog;
  ChosenModel chosen;
};

/// Finds a version, whatever its state.
/// Errors: those of ModelCatalog::find(); unavailable while there is no catalog.
[[nodiscard]] Result<FoundModel> find_model(const Readiness& readiness, const ModelChoice& choice);

/// The same if it answers.
/// Errors: also unavailable, with its state.
[[nodiscard]] Result<FoundModel> select_model(const Readiness& readiness,
                                              const ModelChoice& choice);

/// The versions that a choice covers: one, where a version or a label is named; all of a model,
/// where a model is; else all there are. Whatever their states.
struct FoundVersions {
  std::shared_ptr<const ModelCatalog> catalog;  ///< null before there is any
  std::vector<ChosenModel> versions;
};

/// Errors: those of find_model(), where a model is named.
[[nodiscard]] Result<FoundVersions> find_versions(const Readiness& readiness,
                                                  const ModelChoice& choice);

/// The number as text.
[[nodiscard]] std::string version_text(const ModelVersion& version);

/// The versions of a model that answer.
[[nodiscard]] std::vector<std::string> available_versions(const CatalogModel& model);

/// What made the model's file: "ml-inference_onnx". The version answers.
[[nodiscard]] std::string platform_name(const ModelVersion& version);

/// Triton's word for a state: "READY".
[[nodiscard]] std::string_view repository_state(VersionState state);

}  // namespace ml_inference
