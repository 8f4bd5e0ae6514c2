// SPDX-License-Identifier: MIT
#include "serving/job_queue.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

namespace ml_inference {
namespace {

using std::chrono::nanoseconds;

// Steps that are done together at most: some ten milliseconds, so that nobody waits long for
// company, and no more jobs than that.
constexpr std::size_t kTogetherStepCountMax = 5'000'000;
constexpr std::size_t kTogetherCountMax = 64;

// A queue is long when this share of what may wait does.
constexpr std::size_t kLongQueueDivisor = 2;

// How many times what a job takes a queue lasts before it can stand.
constexpr int kTurnsOfABurst = 8;

// Workers that are idle for a lesser share of their time are busy, and for more than the other one
// have room again. Between the two, all is as it was: in an overload, too, a worker may for once be
// idle for a part of a turn, and a queue that filled up at each of these would not be short.
constexpr double kIdleShareMin = 0.05;
constexpr double kIdleShareEnough = 0.15;

// The share of what a job takes that one may wait in a standing queue.
constexpr int kWaitDivisor = 4;

// How much a new turn counts in the mean.
constexpr int kMeanDivisor = 8;

bool has_room(const WorkKind* kind, std::size_t running_count) {
  return kind == nullptr || kind->limits().concurrency_max == 0 ||
         running_count < kind->limits().concurrency_max;
}

// The time from then till now, whose older parts count less.
double lately(JobQueue::Clock::time_point since, JobQueue::Clock::time_point now,
              double memory_time) {
  const auto passed = static_cast<double>((now - since).count());
  return memory_time * (1 - std::exp(-passed / memory_time));
}

}  // namespace

JobQueue::JobQueue(const Limits& limits, Clock::time_point now)
    : limits_(limits), idle_time_(memory_time()), idle_end_(now) {}

nanoseconds JobQueue::expected(const JobTerms& terms) const {
  if (terms.step_count == 0) return mean_time_;
  double step_time = terms.kind == nullptr ? 0 : terms.kind->step_time();
  if (step_time == 0) step_time = step_time_;
  return nanoseconds(static_cast<std::int64_t>(step_time * static_cast<double>(terms.step_count)));
}

// What is done before the job, shared by the workers. What is being done already is not looked at:
// with several workers, the next one is soon free.
nanoseconds JobQueue::wait_before(const Job& job, std::size_t worker_count) const {
  nanoseconds sum{0};
  for (const Job* const other : jobs_) {
    if (other->terms().priority <= job.terms().priority) sum += expected(other->terms());
  }
  return sum / static_cast<std::int64_t>(std::max<std::size_t>(worker_count, 1));
}

bool JobQueue::stands(Clock::time_point now, const Workforce& workforce) {
  if (limits_.standing_after == nanoseconds(0)) return false;
  const double share = idle_share(now, workforce);
  const bool is_long = jobs_.size() >= limits_.size_max / kLongQueueDivisor;
  if (share < kIdleShareMin && is_long) stands_ = true;
  if (share > kIdleShareEnough) stands_ = false;
  return stands_;
}

// Idle time counts the less the longer ago it was, by a factor of e in this time: then workers that
// were idle all the time, and are busy from now on, are so for standing_after till their share is
// the least. Units: nanoseconds.
double JobQueue::memory_time() const {
  const nanoseconds burst = std::max(limits_.standing_after, kTurnsOfABurst * mean_time_);
  return static_cast<double>(burst.count()) / -std::log(kIdleShareMin);
}

double JobQueue::idle_time(Clock::time_point now) const {
  const auto passed = static_cast<double>((now - idle_end_).count());
  return idle_time_ * std::exp(-passed / memory_time());
}

double JobQueue::idle_share(Clock::time_point now, const Workforce& workforce) const {
  double sum = idle_time(now);
  for (const Clock::time_point since : workforce.idle_since) {
    sum += lately(since, now, memory_time());
  }
  return sum / (memory_time() * static_cast<double>(workforce.worker_count));
}

JobQueue::Answer JobQueue::push(Job& job, Clock::time_point now, const Workforce& workforce) {
  const JobTerms& terms = job.terms();
  const WorkKind* const kind = terms.kind.get();
  if (kind != nullptr && kind->limits().queue_size_max > 0) {
    const auto waiting = static_cast<std::size_t>(std::ranges::count_if(
        jobs_, [&](const Job* other) { return other->terms().kind.get() == kind; }));
    if (waiting >= kind->limits().queue_size_max) return {.refusal = JobRefusal::kind_full};
  }
  const nanoseconds wait = wait_before(job, workforce.worker_count);
  if (terms.deadline && now + wait >= *terms.deadline) return {.refusal = JobRefusal::too_late};
  const bool is_free = workforce.idle_since.size() > jobs_.size() &&
                       (kind == nullptr || has_room(kind, kind->running_count_));
  if (!is_free) {
    if (jobs_.size() >= limits_.size_max) return instead_of_another(job, JobRefusal::queue_full);
    const bool is_behind = jobs_.size() > workforce.idle_since.size();  // helpers are soon there
    if (is_behind && stands(now, workforce) && wait > mean_time_ / kWaitDivisor) {
      return instead_of_another(job, JobRefusal::standing);
    }
  }
  insert(job);
  return {};
}

// The last of those that go after the job makes room for it.
JobQueue::Answer JobQueue::instead_of_another(Job& job, JobRefusal otherwise) {
  if (jobs_.empty() || jobs_.back()->terms().priority <= job.terms().priority) {
    return {.refusal = otherwise};
  }
  Job* const displaced = jobs_.back();
  jobs_.pop_back();
  insert(job);
  return {.refusal = {}, .displaced = displaced};
}

void JobQueue::insert(Job& job) {
  const auto behind = std::ranges::find_if(
      jobs_, [&](const Job* other) { return other->terms().priority > job.terms().priority; });
  jobs_.insert(behind, &job);
}

bool JobQueue::has_turn() const {
  return std::ranges::any_of(jobs_, [](const Job* job) {
    const WorkKind* const kind = job->terms().kind.get();
    return kind == nullptr || has_room(kind, kind->running_count_);
  });
}

JobQueue::Turn JobQueue::pop(Clock::time_point now, const Workforce& workforce,
                             std::vector<Job*>& late) {
  std::erase_if(jobs_, [&](Job* job) {
    const bool is_late = job->terms().deadline && *job->terms().deadline <= now;
    if (is_late) late.push_back(job);
    return is_late;
  });
  const auto first = std::ranges::find_if(jobs_, [](const Job* job) {
    const WorkKind* const kind = job->terms().kind.get();
    return kind == nullptr || has_room(kind, kind->running_count_);
  });
  if (first == jobs_.end()) return {};
  Turn turn{.job = *first, .others = {}};
  jobs_.erase(first);
  const JobTerms& terms = turn.job->terms();
  if (terms.kind == nullptr) return turn;
  ++terms.kind->running_count_;
  if (!terms.may_join) return turn;
  const auto joins = [&terms](const Job* job) {
    return job->terms().kind == terms.kind && job->terms().may_join;
  };
  // Workers that are idle get their share.
  const auto waiting = static_cast<std::size_t>(std::ranges::count_if(jobs_, joins));
  const std::size_t takers = 1 + workforce.idle_since.size();
  const std::size_t share = std::min((waiting + takers) / takers, kTogetherCountMax);
  std::size_t step_count = terms.step_count;
  std::erase_if(jobs_, [&](Job* job) {
    if (turn.others.size() + 1 >= share || !joins(job)) return false;
    if (step_count + job->terms().step_count > kTogetherStepCountMax) return false;
    step_count += job->terms().step_count;
    turn.others.push_back(job);
    return true;
  });
  return turn;
}

void JobQueue::end(const std::shared_ptr<WorkKind>& kind, std::size_t step_count,
                   nanoseconds elapsed) {
  if (kind == nullptr) return;  // a model that is loaded says nothing of what requests take
  mean_time_ =
      mean_time_ == nanoseconds(0) ? elapsed : mean_time_ + (elapsed - mean_time_) / kMeanDivisor;
  --kind->running_count_;
  if (step_count == 0) return;
  kind->learn(step_count, elapsed);
  step_time_ = kind->step_time();
}

void JobQueue::was_idle(Clock::time_point since, Clock::time_point now) {
  if (limits_.standing_after == nanoseconds(0)) return;
  idle_time_ = idle_time(now) + lately(since, now, memory_time());
  idle_end_ = now;
}

bool JobQueue::remove(const Job& job) {
  const auto found = std::ranges::find(jobs_, &job);
  if (found == jobs_.end()) return false;
  jobs_.erase(found);
  return true;
}

}  // namespace ml_inference
