// SPDX-License-Identifier: MIT
#include "serving/model_catalog.h"

#include "base/assert.h"
#include "base/printable_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace ml_inference {
namespace {

Result<std::int64_t> parse_version(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_number = error == std::errc() && end == text.data() + text.size() && number > 0 &&
                         !text.starts_with('0');  // one name for one version
  if (!is_number) {
    return fail(Code::invalid_argument,
                fmt::format("version '{}' is no whole number above 0", printable_text(text)));
  }
  return number;
}

const ModelVersion* find_version(const CatalogModel& model, std::int64_t number) {
  const auto found = std::ranges::lower_bound(model.versions, number, {}, &ModelVersion::number);
  return found != model.versions.end() && found->number == number ? &*found : nullptr;
}

Result<std::int64_t> labelled_version(const CatalogModel& model, std::string_view label) {
  const auto found = model.labels.find(std::string(label));
  if (found != model.labels.end()) return found->second;
  return fail(Code::not_found, fmt::format("model '{}' has no version with the label '{}'",
                                           model.name, printable_text(label)));
}

// The version that a choice names, or what to say where it names none that there is.
Result<const ModelVersion*> chosen_version(const CatalogModel& model, const ModelChoice& choice) {
  if (choice.version.empty() && choice.label.empty()) {
    if (const ModelVersion* const answering = model.answering()) return answering;
    if (!model.versions.empty()) return &model.versions.back();  // whose state tells why
    return fail(Code::not_found, fmt::format("model '{}' has no version", model.name));
  }
  if (!choice.version.empty() && !choice.label.empty()) {
    return fail(Code::invalid_argument, "both a version and a label are named, expected one");
  }
  ASSIGN_OR_RETURN(const std::int64_t number, choice.label.empty()
                                                  ? parse_version(choice.version)
                                                  : labelled_version(model, choice.label));
  if (const ModelVersion* const version = find_version(model, number)) return version;
  return fail(Code::not_found, fmt::format("model '{}' has no version {}", model.name, number));
}

}  // namespace

const ModelVersion* CatalogModel::answering() const {
  if (default_version) {
    const ModelVersion* const version = find_version(*this, *default_version);
    if (version != nullptr && version->model != nullptr) return version;
  }
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    if (version->model != nullptr) return &*version;
  }
  return nullptr;
}

ModelCatalog::ModelCatalog(std::vector<CatalogModel> models, std::string default_name)
    : models_(std::move(models)), default_name_(std::move(default_name)) {
  std::ranges::sort(models_, {}, &CatalogModel::name);
  ASSERT(std::ranges::adjacent_find(models_, {}, &CatalogModel::name) == models_.end());
}

const CatalogModel* ModelCatalog::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(models_, name, {}, &CatalogModel::name);
  return found != models_.end() && found->name == name ? &*found : nullptr;
}

Result<ChosenModel> ModelCatalog::find(const ModelChoice& choice) const {
  std::string_view name = choice.name.empty() ? default_name_ : choice.name;
  if (name.empty()) {
    if (models_.size() > 1) {
      return fail(Code::invalid_argument,
                  fmt::format("there are {} models, expected one to be named", models_.size()));
    }
    if (models_.empty()) return fail(Code::not_found, "there is no model");
    name = models_.front().name;
  }
  const CatalogModel* const model = find(name);
  if (model == nullptr) {
    return fail(Code::not_found, fmt::format("there is no model '{}'", printable_text(name)));
  }
  ASSIGN_OR_RETURN(const ModelVersion* const version, chosen_version(*model, choice));
  return ChosenModel{.model = model, .version = version};
}

Result<ChosenModel> ModelCatalog::select(const ModelChoice& choice) const {
  ASSIGN_OR_RETURN(const ChosenModel chosen, find(choice));
  const ModelVersion& version = *chosen.version;
  if (version.model != nullptr) return chosen;
  return fail(Code::unavailable, fmt::format("model '{}' version {} is {}{}{}", chosen.model->name,
                                             version.number, version_state_name(version.state),
                                             version.reason.empty() ? "" : ": ", version.reason));
}

std::string_view version_state_name(VersionState state) {
  switch (state) {
    case VersionState::loading: return "loading";
    case VersionState::available: return "available";
    case VersionState::unloading: return "unloading";
    case VersionState::failed: return "failed";
    case VersionState::unavailable: return "unavailable";
  }
  ASSERT(false);
  return "";
}

}  // namespace ml_inference
