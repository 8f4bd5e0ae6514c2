// SPDX-License-Identifier: MIT
// Jobs for tests, made of functions.
#pragma once

#include "serving/worker_pool.h"

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>

namespace ml_inference::testing {

/// Calls a function, and is gone after that.
class CalledJob final : public Job {
 public:
  explicit CalledJob(std::move_only_function<void()> call, JobTerms terms = {})
      : call_(std::move(call)) {
    terms_ = std::move(terms);
  }

  void run(std::span<Job* const> others) override {
    call_();
    for (Job* const other : others) other->run({});
    delete this;
  }

  void drop(JobRefusal) override { delete this; }

 private:
  std::move_only_function<void()> call_;
};

/// Has a worker call the function, or says why not.
inline std::optional<JobRefusal> refusal_of(WorkerPool& pool, std::move_only_function<void()> call,
                                            JobTerms terms = {}) {
  auto job = std::make_unique<CalledJob>(std::move(call), std::move(terms));
  const auto refusal = pool.submit(*job);
  if (!refusal) static_cast<void>(job.release());  // it is the pool's now
  return refusal;
}

/// Whether a worker calls the function.
inline bool is_taken(WorkerPool& pool, std::move_only_function<void()> call, JobTerms terms = {}) {
  return !refusal_of(pool, std::move(call), std::move(terms));
}

/// A pool that takes so many jobs, however long they wait.
inline JobQueue::Limits patient_queue(std::size_t size_max) {
  return {.size_max = size_max, .standing_after = std::chrono::nanoseconds(0)};
}

}  // namespace ml_inference::testing
