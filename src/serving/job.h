// SPDX-License-Identifier: MIT
// Something that waits for a worker.
#pragma once

#include "serving/work_kind.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace ml_inference {

/// Why a job is not done.
enum class JobRefusal {
  queue_full,  ///< as much waits as may
  standing,    ///< what waits has been waiting for long, and this would wait too
  kind_full,   ///< as much of its kind waits as may
  displaced,   ///< it waited, and what came later goes first
  too_late,    ///< its deadline has passed, or will before its turn comes
  closed,      ///< the pool takes nothing more
};

/// How a job wants to be done.
struct JobTerms {
  std::shared_ptr<WorkKind> kind;  ///< null: of no kind
  std::size_t step_count = 0;      ///< how much it is, by its kind's measure
  std::uint32_t priority = 1;      ///< a lower number goes first
  std::optional<std::chrono::steady_clock::time_point> deadline;

  /// Whether it may be done together with others of its kind.
  bool may_join = false;
};

/// Belongs to whoever submits it, and stays until run() or drop() has been called.
class Job {
 public:
  Job() = default;
  virtual ~Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  /// Does it, and the others too, which are of its kind and may join. On a worker. From here on
  /// nobody else touches any of them.
  virtual void run(std::span<Job* const> others) = 0;

  /// It is not done, after all. On any thread.
  virtual void drop(JobRefusal why) = 0;

  [[nodiscard]] const JobTerms& terms() const { return terms_; }

 protected:
  JobTerms terms_;
};

}  // namespace ml_inference
