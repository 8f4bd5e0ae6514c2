// SPDX-License-Identifier: MIT
// What waits for a worker: in which order, how much of it, and what is refused at once.
// docs/decisions/0044 has the measurements behind the rules.
#pragma once

#include "serving/job.h"

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace ml_inference {

/// Who may take jobs at the moment.
struct Workforce {
  std::size_t worker_count = 1;

  /// Since when each worker is idle that has nothing to do, or nothing of its own.
  std::span<const std::chrono::steady_clock::time_point> idle_since;
};

/// Orders jobs by priority, and by their coming. Knows a burst, which may wait, from an overload,
/// where waiting helps nobody: the queue *stands* once it is long although for some time workers
/// were hardly idle, and until they are. Then a job may wait a quarter of what jobs take, and no
/// longer. A few clients that ask again when they are answered keep workers just as busy, and no
/// long queue: they wait for each other.
/// Source: the idea of a standing queue is RFC 8289's (CoDel); what is measured differs.
/// Threads: none of its own; somebody guards it.
class JobQueue {
 public:
  using Clock = std::chrono::steady_clock;

  struct Limits {
    std::size_t size_max = 16;  ///< so much may wait

    /// How long all workers may be busy until the queue counts as standing; eight times what a job
    /// takes, if that is longer. 0: it never counts as standing.
    std::chrono::nanoseconds standing_after = std::chrono::milliseconds(100);
  };

  /// Workers count as idle till now.
  JobQueue(const Limits& limits, Clock::time_point now);

  struct Answer {
    std::optional<JobRefusal> refusal;  ///< the job was not taken
    Job* displaced = nullptr;           ///< was in the queue, and is not any more
  };

  /// Takes the job, or says why not.
  [[nodiscard]] Answer push(Job& job, Clock::time_point now, const Workforce& workforce);

  /// What a worker should do now, and the others of its kind that it should do together with it.
  struct Turn {
    Job* job = nullptr;  ///< null: nothing, or nothing of a kind that may have another worker
    std::vector<Job*> others;
  };

  /// Takes it out; end() once it is done. Jobs whose deadline has passed go to `late`.
  [[nodiscard]] Turn pop(Clock::time_point now, const Workforce& workforce,
                         std::vector<Job*>& late);

  /// So many steps of a kind were done in one turn.
  void end(const std::shared_ptr<WorkKind>& kind, std::size_t step_count,
           std::chrono::nanoseconds elapsed);

  /// A worker has had nothing to do, or nothing of its own, since then.
  void was_idle(Clock::time_point since, Clock::time_point now);

  /// The share of the workers' time, from 0 to 1, that they were idle of late.
  [[nodiscard]] double idle_share(Clock::time_point now, const Workforce& workforce) const;

  /// Takes a job out that nobody wants any more. False: it is not there.
  bool remove(const Job& job);

  [[nodiscard]] bool empty() const { return jobs_.empty(); }
  [[nodiscard]] std::size_t size() const { return jobs_.size(); }

  /// Whether there is a job that may be done now.
  [[nodiscard]] bool has_turn() const;

  /// What the job will probably take; 0 as long as nothing has been measured.
  [[nodiscard]] std::chrono::nanoseconds expected(const JobTerms& terms) const;

 private:
  [[nodiscard]] bool stands(Clock::time_point now, const Workforce& workforce);
  [[nodiscard]] double memory_time() const;
  [[nodiscard]] double idle_time(Clock::time_point now) const;
  [[nodiscard]] std::chrono::nanoseconds wait_before(const Job& job,
                                                     std::size_t worker_count) const;
  [[nodiscard]] Answer instead_of_another(Job& job, JobRefusal otherwise);
  void insert(Job& job);

  const Limits limits_;
  std::deque<Job*> jobs_;                  // in the order in which they go
  double idle_time_;                       // of all workers till idle_end_, older ones less
  Clock::time_point idle_end_;             // when one was idle last
  std::chrono::nanoseconds mean_time_{0};  // of the turns of late
  bool stands_ = false;
  double step_time_ = 0;  // of kinds that are not known yet, in nanoseconds
};

}  // namespace ml_inference
