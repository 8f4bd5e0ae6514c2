// SPDX-License-Identifier: MIT
#include "serving/worker_pool.h"

#include "base/assert.h"

#include <algorithm>
#include <utility>

namespace ml_inference {

WorkerPool::WorkerPool(std::size_t thread_count, const JobQueue::Limits& limits)
    : queue_(limits, Clock::now()) {
  resize(thread_count);
}

WorkerPool::~WorkerPool() { finish(); }

WorkerPool::Worker::Worker(WorkerPool& pool)
    : thread([this, &pool](const std::stop_token& leave) {
        pool.work_until(leave);
        has_left.store(true);
      }) {}

std::optional<JobRefusal> WorkerPool::submit(Job& job) {
  JobQueue::Answer answer;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return JobRefusal::closed;
    answer = queue_.push(job, Clock::now(), workforce());
    if (!answer.refusal && answer.displaced == nullptr) ++undone_count_;
  }
  if (answer.refusal) return answer.refusal;
  if (answer.displaced != nullptr) answer.displaced->drop(JobRefusal::displaced);
  has_work_.notify_one();
  return std::nullopt;
}

bool WorkerPool::withdraw(const Job& job) {
  const std::lock_guard lock(mutex_);
  if (!queue_.remove(job)) return false;
  count_done(1);
  return true;
}

// With mutex_ held.
void WorkerPool::count_done(std::size_t count) {
  undone_count_ -= count;
  if (undone_count_ > 0) return;
  all_done_.notify_all();
  if (closed_) has_work_.notify_all();
}

Workforce WorkerPool::workforce() const {
  return {.worker_count = thread_count_.load(), .idle_since = idle_since_};
}

// Waiting work first, since somebody waits for it whom nobody serves yet. Who closes the pool has
// every worker stay until all is done: what is under way may want help.
void WorkerPool::work_until(const std::stop_token& leave) {
  Lock lock(mutex_);
  for (;;) {
    if (!may_leave(leave) && !queue_.has_turn()) idle(leave, lock);
    if (may_leave(leave)) {
      has_work_.notify_one();  // what woke us may be meant for another
      return;
    }
    do_next(lock);
  }
}

// Until there is a job: waits, or helps.
void WorkerPool::idle(const std::stop_token& leave, Lock& lock) {
  const Clock::time_point since = Clock::now();
  idle_since_.push_back(since);
  while (!may_leave(leave) && !queue_.has_turn()) {
    if (Together* const together = wants_help(); together != nullptr) {
      help(*together, leave, lock);
    } else {
      has_work_.wait(lock);
    }
  }
  idle_since_.erase(std::ranges::find(idle_since_, since));
  queue_.was_idle(since, Clock::now());
}

bool WorkerPool::may_leave(const std::stop_token& leave) const {
  return closed_ ? undone_count_ == 0 : leave.stop_requested();
}

void WorkerPool::do_next(Lock& lock) {
  std::vector<Job*> late;
  const Clock::time_point begin = Clock::now();
  const JobQueue::Turn turn = queue_.pop(begin, workforce(), late);
  const bool is_more = queue_.has_turn();
  std::shared_ptr<WorkKind> kind;
  std::size_t step_count = 0;
  if (turn.job != nullptr) {
    kind = turn.job->terms().kind;
    step_count = turn.job->terms().step_count;
    for (const Job* const other : turn.others) step_count += other->terms().step_count;
  }
  lock.unlock();
  if (is_more) has_work_.notify_one();  // whom submit() woke may have come to another's job
  for (Job* const job : late) job->drop(JobRefusal::too_late);
  if (turn.job != nullptr) turn.job->run(turn.others);
  lock.lock();
  if (turn.job != nullptr) queue_.end(kind, step_count, Clock::now() - begin);
  count_done(late.size() + (turn.job == nullptr ? 0 : 1 + turn.others.size()));
}

void WorkerPool::help(Together& together, const std::stop_token& leave, Lock& lock) {
  ++together.helper_count;
  lock.unlock();
  PartWork do_part = together.make_helper();
  bool did_one = true;
  do {
    did_one = do_part();
  } while (did_one && !is_needed_elsewhere(leave));
  do_part = nullptr;
  lock.lock();
  if (!did_one) together.is_exhausted = true;
  if (--together.helper_count == 0) helper_left_.notify_all();
}

WorkerPool::Together* WorkerPool::wants_help() const {
  for (Together* const together : together_) {
    if (!together->is_exhausted && together->helper_count < together->helper_count_max) {
      return together;
    }
  }
  return nullptr;
}

bool WorkerPool::is_needed_elsewhere(const std::stop_token& leave) {
  const std::lock_guard lock(mutex_);
  return queue_.has_turn() || may_leave(leave);
}

// On the list while the caller does its parts; off it, with no helper left, before the caller's
// frame goes, whatever ends it.
class WorkerPool::Listed {
 public:
  Listed(WorkerPool& pool, Together& together) : pool_(pool), together_(together) {
    {
      const std::lock_guard lock(pool_.mutex_);
      pool_.together_.push_back(&together_);
    }
    for (std::size_t i = 0; i < together_.helper_count_max; ++i) pool_.has_work_.notify_one();
  }
  ~Listed() {
    Lock lock(pool_.mutex_);
    std::erase(pool_.together_, &together_);
    pool_.helper_left_.wait(lock, [this] { return together_.helper_count == 0; });
  }
  Listed(const Listed&) = delete;
  Listed& operator=(const Listed&) = delete;

 private:
  WorkerPool& pool_;
  Together& together_;
};

void WorkerPool::do_together(PartWork own, const std::function<PartWork()>& make_helper,
                             std::size_t helper_count_max) {
  Together together{.make_helper = make_helper, .helper_count_max = helper_count_max};
  const Listed listed(*this, together);
  while (own()) {
  }
}

void WorkerPool::resize(std::size_t thread_count) {
  ASSERT(thread_count > 0);
  std::erase_if(leaving_, [](const auto& worker) { return worker->has_left.load(); });
  while (workers_.size() > thread_count) {
    workers_.back()->thread.request_stop();
    leaving_.push_back(std::move(workers_.back()));
    workers_.pop_back();
  }
  {
    const std::lock_guard lock(mutex_);
  }  // who has looked already waits by now
  has_work_.notify_all();
  thread_count_.store(workers_.size());
  while (workers_.size() < thread_count) {
    workers_.push_back(std::make_unique<Worker>(*this));
    thread_count_.store(workers_.size());
  }
}

void WorkerPool::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  has_work_.notify_all();
}

void WorkerPool::finish() {
  close();
  workers_.clear();  // joins, once what was taken is done
  leaving_.clear();
}

bool WorkerPool::finish_within(std::chrono::milliseconds limit) {
  close();
  {
    Lock lock(mutex_);
    if (!all_done_.wait_for(lock, limit, [this] { return undone_count_ == 0; })) return false;
  }
  finish();
  return true;
}

}  // namespace ml_inference
