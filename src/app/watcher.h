// SPDX-License-Identifier: MIT
// The one thread that looks after what changes outside of the program.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace ml_inference {

/// Calls each look in turn, again and again, with a pause after each round.
/// Threads: the looks run on a thread of its own, one at a time.
class Watcher {
 public:
  /// Begins. What the looks refer to outlives it.
  Watcher(std::chrono::milliseconds pause, std::vector<std::function<void()>> looks);

  /// Ends after the look that is under way, however long that takes: see stop().
  ~Watcher() = default;

  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  /// Begins no further look. Whether the one under way has ended within the limit: one that hangs
  /// in the kernel (a file of a network mount whose server is gone) cannot be ended by anybody, and
  /// the destructor would wait for it. Whoever gets false leaves by _exit(2).
  [[nodiscard]] bool stop(std::chrono::milliseconds limit);

 private:
  void run(const std::stop_token& stop);

  const std::chrono::milliseconds pause_;
  const std::vector<std::function<void()>> looks_;
  std::mutex mutex_;
  std::condition_variable_any stop_asked_;  // for run()
  std::condition_variable finished_;        // for stop()
  bool is_finished_ = false;                // guarded by mutex_
  std::jthread thread_;  // last: it uses the others, and is joined before they go
};

}  // namespace ml_inference
