// SPDX-License-Identifier: MIT
// The life of the model in this process, and whether traffic should come here.
#pragma once

#include "base/snapshot.h"
#include "serving/served_model.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace ml_inference {

/// Holds the model that answers, and says in a word why there is none, or why traffic should go
/// elsewhere. Live and ready differ: a process that starts, drains or has no model is alive.
/// Threads: every member may be called from any thread.
class Readiness {
 public:
  /// A model is loaded and has answered its warm-up row: from now on it answers requests.
  void model_ready(std::shared_ptr<const ServedModel> model);

  /// No model could be loaded. A model that answers already goes on answering.
  void model_failed(std::string reason);

  /// The process is about to end. Requests are still answered; new traffic should go elsewhere.
  void start_draining() { draining_.store(true, std::memory_order_relaxed); }

  [[nodiscard]] bool is_draining() const { return draining_.load(std::memory_order_relaxed); }

  /// The model that answers, or null.
  [[nodiscard]] std::shared_ptr<const ServedModel> model() const { return model_.get(); }

  /// "ready", or why not: "starting", "draining", "model failed: <reason>".
  [[nodiscard]] std::string status() const;

  /// Counts the models that came: a reader that keeps a copy asks whether it is still the current
  /// one.
  [[nodiscard]] std::uint64_t generation() const {
    return generation_.load(std::memory_order_acquire);
  }

 private:
  std::atomic<bool> draining_ = false;
  std::atomic<std::uint64_t> generation_ = 0;
  Snapshot<ServedModel> model_;

  mutable std::mutex mutex_;
  std::string failure_;  // guarded by mutex_
};

}  // namespace ml_inference
