// SPDX-License-Identifier: MIT
#include "serving/worker_pool.h"

#include "base/assert.h"

#include <utility>

namespace ml_inference {

WorkerPool::WorkerPool(std::size_t thread_count, std::size_t queue_size) : queue_(queue_size) {
  resize(thread_count);
}

WorkerPool::~WorkerPool() { finish(); }

WorkerPool::Worker::Worker(WorkerPool& pool)
    : thread([this, &pool](const std::stop_token& leave) {
        pool.work_until(leave);
        has_left.store(true);
      }) {}

bool WorkerPool::try_submit(Work&& work) {
  {
    const std::lock_guard lock(mutex_);
    ++undone_count_;
  }
  if (queue_.try_push(std::move(work))) return true;
  count_done();
  return false;
}

void WorkerPool::work_until(const std::stop_token& leave) {
  while (auto work = queue_.pop(leave)) {
    (*work)();
    count_done();
  }
}

void WorkerPool::count_done() {
  const std::lock_guard lock(mutex_);
  if (--undone_count_ == 0) all_done_.notify_all();
}

void WorkerPool::resize(std::size_t thread_count) {
  ASSERT(thread_count > 0);
  std::erase_if(leaving_, [](const auto& worker) { return worker->has_left.load(); });
  while (workers_.size() > thread_count) {
    workers_.back()->thread.request_stop();
    leaving_.push_back(std::move(workers_.back()));
    workers_.pop_back();
  }
  queue_.wake();
  while (workers_.size() < thread_count) workers_.push_back(std::make_unique<Worker>(*this));
}

void WorkerPool::finish() {
  queue_.close();
  workers_.clear();  // joins, once what was taken is done
  leaving_.clear();
}

bool WorkerPool::finish_within(std::chrono::milliseconds limit) {
  queue_.close();
  {
    std::unique_lock lock(mutex_);
    if (!all_done_.wait_for(lock, limit, [this] { return undone_count_ == 0; })) return false;
  }
  finish();
  return true;
}

}  // namespace ml_inference
