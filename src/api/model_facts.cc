// SPDX-License-Identifier: MIT
#include "api/model_facts.h"

#include "base/assert.h"

#include <utility>

namespace ml_inference {

Result<FoundModel> find_model(const Readiness& readiness, const ModelChoice& choice) {
  FoundModel found{.catalog = readiness.catalog(), .chosen = {}};
  if (found.catalog == nullptr) return fail(Code::unavailable, readiness.status());
  ASSIGN_OR_RETURN(found.chosen, found.catalog->find(choice));
  return found;
}

Result<FoundModel> select_model(const Readiness& readiness, const ModelChoice& choice) {
  FoundModel found{.catalog = readiness.catalog(), .chosen = {}};
  if (found.catalog == nullptr) return fail(Code::unavailable, readiness.status());
  ASSIGN_OR_RETURN(found.chosen, found.catalog->select(choice));
  return found;
}

Result<FoundVersions> find_versions(const Readiness& readiness, const ModelChoice& choice) {
  if (choice.name.empty()) {
    FoundVersions all{.catalog = readiness.catalog(), .versions = {}};
    if (all.catalog == nullptr) return all;
    for (const CatalogModel& model : all.catalog->models()) {
      for (const ModelVersion& version : model.versions) all.versions.push_back({&model, &version});
    }
    return all;
  }
  ASSIGN_OR_RETURN(FoundModel found, find_model(readiness, choice));
  FoundVersions its{.catalog = std::move(found.catalog), .versions = {}};
  if (!choice.version.empty() || !choice.label.empty()) {
    its.versions.push_back(found.chosen);
    return its;
  }
  for (const ModelVersion& version : found.chosen.model->versions) {
    its.versions.push_back({found.chosen.model, &version});
  }
  return its;
}

std::string version_text(const ModelVersion& version) { return std::to_string(version.number); }

std::vector<std::string> available_versions(const CatalogModel& model) {
  std::vector<std::string> versions;
  for (const ModelVersion& each : model.versions) {
    if (each.model != nullptr) versions.push_back(version_text(each));
  }
  return versions;
}

std::string platform_name(const ModelVersion& version) {
  return "ml-inference_" + version.model->model().provenance().format;
}

std::string_view repository_state(VersionState state) {
  switch (state) {
    case VersionState::loading: return "LOADING";
    case VersionState::available: return "READY";
    case VersionState::unloading: return "UNLOADING";
    case VersionState::failed:
    case VersionState::unavailable: return "UNAVAILABLE";
  }
  ASSERT(false);
  return "";
}

}  // namespace ml_inference
