// SPDX-License-Identifier: MIT
// The models that answer in this process, and whether traffic should come here.
#pragma once

#include "base/snapshot.h"
#include "serving/model_catalog.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace ml_inference {

/// Holds the models that answer, and says in a word why there are none, or why traffic should go
/// elsewhere. Live and ready differ: a process that starts, drains or has no model is alive.
/// Threads: every member may be called from any thread.
class Readiness {
 public:
  /// From now on these models answer; those that answered go on with what they are asked already.
  void publish(ModelCatalog catalog);

  /// The same for one model alone, as version 1.
  void publish(std::string name, std::shared_ptr<const ServedModel> model);

  /// While several models are loaded at start, it is not ready although some answer already.
  void set_starting(bool is_starting) { starting_.store(is_starting, std::memory_order_relaxed); }

  /// There is nothing to publish. Models that answer already go on answering.
  void model_failed(std::string reason);

  /// The process is about to end. Requests are still answered; new traffic should go elsewhere.
  void start_draining() { draining_.store(true, std::memory_order_relaxed); }

  [[nodiscard]] bool is_draining() const { return draining_.load(std::memory_order_relaxed); }

  /// The models that there are, or null before any is published.
  [[nodiscard]] std::shared_ptr<const ModelCatalog> catalog() const { return catalog_.get(); }

  /// "ready", or why not: "starting", "draining", "model failed: <reason>", "loading <model>". All
  /// models that are required have to answer.
  [[nodiscard]] std::string status() const;

  /// Counts the catalogs that came: a reader that keeps a copy asks whether it is still the current
  /// one.
  [[nodiscard]] std::uint64_t generation() const {
    return generation_.load(std::memory_order_acquire);
  }

 private:
  std::atomic<bool> draining_ = false;
  std::atomic<bool> starting_ = false;
  std::atomic<std::uint64_t> generation_ = 0;
  Snapshot<ModelCatalog> catalog_;

  mutable std::mutex mutex_;
  std::string failure_;  // guarded by mutex_
};

}  // namespace ml_inference
