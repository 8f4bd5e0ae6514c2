// SPDX-License-Identifier: MIT
#include "serving/readiness.h"

#include <utility>

namespace ml_inference {

void Readiness::model_ready(std::shared_ptr<const ServedModel> model) {
  model_.set(std::move(model));
  generation_.fetch_add(1, std::memory_order_release);
}

void Readiness::model_failed(std::string reason) {
  const std::lock_guard lock(mutex_);
  failure_ = std::move(reason);
}

std::string Readiness::status() const {
  if (is_draining()) return "draining";
  if (model_.get() != nullptr) return "ready";
  const std::lock_guard lock(mutex_);
  return failure_.empty() ? "starting" : "model failed: " + failure_;
}

}  // namespace ml_inference
