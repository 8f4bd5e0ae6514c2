// SPDX-License-Identifier: MIT
// Threads for work that would hold up an event loop: big batches.
#pragma once

#include "serving/job_queue.h"

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

/// Does jobs in the order of a JobQueue, on as many threads as it is told. Workers that have
/// nothing else to do help with work that comes in parts.
/// Threads: submit(), withdraw(), do_together() and thread_count() from any thread; the rest from
/// one at a time.
class WorkerPool {
 public:
  /// Does one part of something larger that nobody has begun; false when there is none left.
  using PartWork = std::move_only_function<bool()>;

  WorkerPool(std::size_t thread_count, const JobQueue::Limits& limits);

  /// finish()es.
  ~WorkerPool();

  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Takes the job, or leaves it untouched and says why. A job that was taken and must make room is
  /// dropped, on the caller's thread.
  [[nodiscard]] std::optional<JobRefusal> submit(Job& job);

  /// Takes a job back that has not begun: it is neither run nor dropped. False: it is not there.
  [[nodiscard]] bool withdraw(const Job& job);

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
  using Clock = JobQueue::Clock;

  void work_until(const std::stop_token& leave);
  void do_next(Lock& lock);
  void idle(const std::stop_token& leave, Lock& lock);
  [[nodiscard]] Workforce workforce() const;
  void count_done(std::size_t count);
  void help(Together& together, const std::stop_token& leave, Lock& lock);
  [[nodiscard]] bool may_leave(const std::stop_token& leave) const;
  [[nodiscard]] Together* wants_help() const;
  [[nodiscard]] bool is_needed_elsewhere(const std::stop_token& leave);
  void close();

  std::atomic<std::size_t> thread_count_ = 0;

  std::mutex mutex_;
  std::condition_variable has_work_;
  std::condition_variable all_done_;
  std::condition_variable helper_left_;
  JobQueue queue_;                             // guarded by mutex_
  std::vector<Clock::time_point> idle_since_;  // guarded by mutex_: of each worker that is
  std::vector<Together*> together_;            // guarded by mutex_; the oldest first
  std::size_t undone_count_ = 0;               // guarded by mutex_: what was taken and is not done
  bool closed_ = false;                        // guarded by mutex_

  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Worker>> leaving_;  // asked to; joined once they have
};

/// Where work is done: what ends it early, and who may help with it.
struct WorkPlace {
  std::stop_token stop;           ///< once it asks, no further part is begun
  WorkerPool* workers = nullptr;  ///< null: nobody helps
};

}  // namespace ml_inference
