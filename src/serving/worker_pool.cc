// SPDX-License-Identifier: MIT
#include "serving/worker_pool.h"

#include "base/assert.h"

#include <utility>

namespace ml_inference {

WorkerPool::WorkerPool(std::size_t thread_count, std::size_t queue_size) : queue_(queue_size) {
  resize(thread_count);
}

WorkerPool::~WorkerPool() { finish(); }

WorkerPool::Worker::Worker(BoundedQueue<Work>& queue)
    : thread([this, &queue](const std::stop_token& leave) {
        while (auto work = queue.pop(leave)) (*work)();
        has_left.store(true);
      }) {}

void WorkerPool::resize(std::size_t thread_count) {
  ASSERT(thread_count > 0);
  std::erase_if(leaving_, [](const auto& worker) { return worker->has_left.load(); });
  while (workers_.size() > thread_count) {
    workers_.back()->thread.request_stop();
    leaving_.push_back(std::move(workers_.back()));
    workers_.pop_back();
  }
  queue_.wake();
  while (workers_.size() < thread_count) workers_.push_back(std::make_unique<Worker>(queue_));
}

void WorkerPool::finish() {
  queue_.close();
  workers_.clear();  // joins, once what was taken is done
  leaving_.clear();
}

}  // namespace ml_inference
