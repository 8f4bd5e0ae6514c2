// SPDX-License-Identifier: MIT
// What the work of one model has in common: how long it takes, and how much of it is done at once.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace ml_inference {

/// Bounds of one model's work, as its operator sets them.
struct WorkLimits {
  /// So much is done at one time; 0: as much as there are workers.
  std::size_t concurrency_max = 0;

  /// So much may wait at one time; 0: as much as the queue takes.
  std::size_t queue_size_max = 0;

  /// The priority of a request that says none. A lower number goes first; 0 before all.
  std::uint32_t priority = 1;

  /// What a request may say at most; 0: none has any say.
  std::uint32_t priority_max = 0;

  /// How long a request may wait and be worked on that does not say it itself.
  std::optional<std::chrono::nanoseconds> timeout;

  bool operator==(const WorkLimits&) const = default;
};

/// Work of the same kind takes the same time a step, which is measured.
/// Threads: every member may be called from any thread, but for those that the queue calls.
class WorkKind {
 public:
  explicit WorkKind(const WorkLimits& limits = {}) : limits_(limits) {}

  [[nodiscard]] const WorkLimits& limits() const { return limits_; }

  /// What a step takes, in nanoseconds; 0: not known yet.
  [[nodiscard]] double step_time() const { return step_time_.load(std::memory_order_relaxed); }

  /// Learns from work that is done: the mean of some ten before counts most.
  void learn(std::size_t step_count, std::chrono::nanoseconds elapsed) {
    if (step_count == 0) return;
    constexpr double kNewShare = 0.125;
    const double seen = static_cast<double>(elapsed.count()) / static_cast<double>(step_count);
    const double before = step_time();
    const double mean = before == 0 ? seen : before + kNewShare * (seen - before);
    step_time_.store(mean, std::memory_order_relaxed);
  }

 private:
  friend class JobQueue;

  const WorkLimits limits_;
  std::atomic<double> step_time_ = 0;
  std::size_t running_count_ = 0;  // guarded by what guards the queue
};

}  // namespace ml_inference
