// SPDX-License-Identifier: MIT
#include "serving/readiness.h"

#include <fmt/format.h>

#include <utility>

namespace ml_inference {
namespace {

// Why a required model keeps traffic away; empty when it answers.
std::string obstacle(const CatalogModel& model) {
  if (!model.is_required || model.answering() != nullptr) return {};
  if (model.versions.empty()) return fmt::format("model failed: {} has no version", model.name);
  const ModelVersion& last = model.versions.back();
  if (last.state == VersionState::failed) return "model failed: " + last.reason;
  return fmt::format("{} {}", version_state_name(last.state), model.name);
}

}  // namespace

void Readiness::publish(ModelCatalog catalog) {
  catalog_.set(std::make_shared<const ModelCatalog>(std::move(catalog)));
  generation_.fetch_add(1, std::memory_order_release);
}

void Readiness::publish(std::string name, std::shared_ptr<const ServedModel> model) {
  CatalogModel only;
  only.name = std::move(name);
  only.versions.push_back({.state = VersionState::available, .model = std::move(model)});
  std::vector<CatalogModel> models;
  models.push_back(std::move(only));
  publish(ModelCatalog(std::move(models)));
}

void Readiness::model_failed(std::string reason) {
  const std::lock_guard lock(mutex_);
  failure_ = std::move(reason);
}

std::string Readiness::status() const {
  if (is_draining()) return "draining";
  if (starting_.load(std::memory_order_relaxed)) return "starting";
  if (const auto catalog = catalog_.get()) {
    for (const CatalogModel& model : catalog->models()) {
      if (std::string reason = obstacle(model); !reason.empty()) return reason;
    }
    return "ready";
  }
  const std::lock_guard lock(mutex_);
  return failure_.empty() ? "starting" : "model failed: " + failure_;
}

}  // namespace ml_inference
