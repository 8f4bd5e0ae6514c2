// SPDX-License-Identifier: MIT
#include "serving/worker_pool.h"

namespace ml_inference {

WorkerPool::WorkerPool(std::size_t thread_count, std::size_t queue_size) : queue_(queue_size) {
  threads_.reserve(thread_count);
  for (std::size_t i = 0; i < thread_count; ++i) {
    threads_.emplace_back([this] {
      while (auto work = queue_.pop()) (*work)();
    });
  }
}

WorkerPool::~WorkerPool() { finish(); }

void WorkerPool::finish() {
  queue_.close();
  threads_.clear();  // joins
}

}  // namespace ml_inference
