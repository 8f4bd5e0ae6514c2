// SPDX-License-Identifier: MIT
// Threads for work that would hold up an event loop: big batches.
#pragma once

#include "base/bounded_queue.h"

#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace ml_inference {

/// Runs work in the order in which it came, on a fixed number of threads.
/// Threads: try_submit() from any thread; the rest from the owner's.
class WorkerPool {
 public:
  using Work = std::move_only_function<void()>;

  /// queue_size  how much work may wait; more is refused.
  WorkerPool(std::size_t thread_count, std::size_t queue_size);

  /// finish()es.
  ~WorkerPool();

  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Takes the work and returns true, or leaves it untouched and returns false: the queue is full.
  [[nodiscard]] bool try_submit(Work&& work) { return queue_.try_push(std::move(work)); }

  /// Refuses further work, does what was taken, and ends the threads. From one thread only.
  void finish();

 private:
  BoundedQueue<Work> queue_;
  std::vector<std::jthread> threads_;
};

}  // namespace ml_inference
