// SPDX-License-Identifier: MIT
// Threads for work that would hold up an event loop: big batches.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace ml_inference {

/// Runs work in the order in which it came, on as many threads as it is told. Workers that have
/// nothing else to do help with work that comes in parts.
/// Threads: try_submit(), do_together() and thread_count() from any thread; the rest from one at a
/// time.
class WorkerPool {
 public:
  using Work = std::move_only_function<void()>;

  /// Does one part of something larger that nobody has begun; false when there is none left.
  using PartWork = std::move_only_function<bool()>;

  /// queue_size  how much work may wait; more is refused.
  WorkerPool(std::size_t thread_count, std::size_t queue_size);

  /// finish()es.
  ~WorkerPool();

  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Takes the work and returns true, or leaves it untouched and returns false: the queue is full.
  [[nodiscard]] bool try_submit(Work&& work);

  /// How many workers there are.
  [[nodiscard]] std::size_t thread_count() const { return thread_count_.load(); }

  /// Does all parts of something: the caller by `own`, and each worker that has nothing else to do
  /// by a PartWork that it makes for itself. Which of them does which part is open. Work that waits
  /// comes first: between two parts, a helper goes and does that.
  ///
  /// Waits for nothing but parts that a helper is within, so it ends even if nobody helps. Returns
  /// when own() has said false and no helper is within a part; there are no references then.
  ///
  /// make_helper       called by any number of workers, at the same time too. Neither it nor what
  ///                   it makes may throw.
  /// helper_count_max  so many help at a time.
  void do_together(PartWork own, const std::function<PartWork()>& make_helper,
                   std::size_t helper_count_max);

  /// Has that many threads, at least one (asserted). One too many ends after the work or the part
  /// that it does; what waits is left to the others. Throws std::system_error when the system gives
  /// no thread; those that there are go on.
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

  // What do_together() is about. All but the first two guarded by mutex_.
  struct Together {
    const std::function<PartWork()>& make_helper;
    const std::size_t helper_count_max;
    std::size_t helper_count = 0;
    bool is_exhausted = false;  // no part is left that nobody has begun
  };
  class Listed;

  using Lock = std::unique_lock<std::mutex>;

  void work_until(const std::stop_token& leave);
  void do_first(Lock& lock);
  void help(Together& together, const std::stop_token& leave, Lock& lock);
  [[nodiscard]] bool may_leave(const std::stop_token& leave) const;
  [[nodiscard]] Together* wants_help() const;
  [[nodiscard]] bool is_needed_elsewhere(const std::stop_token& leave);
  void close();

  const std::size_t queue_size_;
  std::atomic<std::size_t> thread_count_ = 0;

  std::mutex mutex_;
  std::condition_variable has_work_;
  std::condition_variable all_done_;
  std::condition_variable helper_left_;
  std::deque<Work> queue_;           // guarded by mutex_
  std::vector<Together*> together_;  // guarded by mutex_; the oldest first
  std::size_t undone_count_ = 0;     // guarded by mutex_: what was taken and is not done
  bool closed_ = false;              // guarded by mutex_

  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Worker>> leaving_;  // asked to; joined once they have
};

/// Where work is done: what ends it early, and who may help with it.
struct WorkPlace {
  std::stop_token stop;           ///< once it asks, no further part is begun
  WorkerPool* workers = nullptr;  ///< null: nobody helps
};

}  // namespace ml_inference
