// SPDX-License-Identifier: MIT
// Threads for work that would hold up an event loop: big batches.
#pragma once

#include "base/bounded_queue.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace ml_inference {

/// Runs work in the order in which it came, on as many threads as it is told.
/// Threads: try_submit() from any thread; the rest from one at a time.
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
  [[nodiscard]] bool try_submit(Work&& work);

  /// Has that many threads, at least one (asserted). One too many ends after the work that it does;
  /// what waits is left to the others. Throws std::system_error when the system gives no thread;
  /// those that there are go on.
  void resize(std::size_t thread_count);

  /// Refuses further work, does what was taken, and ends the threads.
  void finish();

  /// The same if what was taken is done by then. Else returns false: the threads go on, finish() or
  /// the destructor would wait for them, and whoever cannot wait leaves by _exit(2).
  [[nodiscard]] bool finish_within(std::chrono::milliseconds limit);

 private:
  struct Worker {
    explicit Worker(WorkerPool& pool);

    std::atomic<bool> has_left = false;
    std::jthread thread;  // last: it uses the other
  };

  void work_until(const std::stop_token& leave);
  void count_done();

  std::mutex mutex_;
  std::condition_variable all_done_;
  std::size_t undone_count_ = 0;  // guarded by mutex_: what was taken and is not done

  BoundedQueue<Work> queue_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Worker>> leaving_;  // asked to; joined once they have
};

}  // namespace ml_inference
