// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace ml_inference {

/// Threads that wait for work in between: a boosted tree shares out work of some microseconds a
/// hundred times, for which starting threads each time, as for_each_index() does, takes too long.
/// Which worker gets which index is open: the work on one must not depend on another's.
/// Threads: belongs to the thread that made it. A helper that waits spins for some microseconds and
/// then sleeps.
class WorkTeam {
 public:
  /// Does something for one index. It must not throw, nor give the same team work.
  /// worker  which of the team's workers does it, from 0, the caller: for scratch memory.
  using Work = std::function<void(std::size_t worker, std::size_t index)>;

  /// thread_count  workers, the caller's thread among them; at least 1. When the system refuses a
  /// thread, there are fewer.
  explicit WorkTeam(std::size_t thread_count);
  ~WorkTeam();
  WorkTeam(const WorkTeam&) = delete;
  WorkTeam& operator=(const WorkTeam&) = delete;

  /// How many workers there are, the caller among them.
  [[nodiscard]] std::size_t size() const { return helpers_.size() + 1; }

  /// Does the work for every index below `count`, and returns when all is done.
  void run(std::size_t count, const Work& work);

 private:
  void help(std::size_t worker);
  bool take_one(std::size_t worker);

  const Work* work_ = nullptr;  // written before remaining_, which publishes it

  // One word each, on a line of its own: both are written by every worker.
  alignas(64) std::atomic<std::size_t> remaining_ = 0;   // indices that nobody has taken
  alignas(64) std::atomic<std::size_t> unfinished_ = 0;  // indices that are not done
  alignas(64) std::atomic<std::uint32_t> calls_ = 0;     // for those who sleep
  std::atomic<bool> is_over_ = false;
  std::vector<std::jthread> helpers_;
};

}  // namespace ml_inference
