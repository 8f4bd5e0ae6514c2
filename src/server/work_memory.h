// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace ml_inference {

/// The memory that workers together may need for the batches that they work on: parsed text, cells,
/// outputs and the answer while it is written. A worker whose batch does not fit waits for the
/// others, so that more workers never need more than this; one alone is never kept waiting.
/// Threads: every member may be called from any thread.
class WorkMemory {
 public:
  explicit WorkMemory(std::size_t size_bytes) : size_(size_bytes) {}

  /// What is worth beginning: larger work should be refused instead. Units: bytes.
  [[nodiscard]] std::size_t size() const { return size_.load(std::memory_order_relaxed); }

  /// From now on there is so much. What is taken stays taken.
  void resize(std::size_t size_bytes) {
    {
      const std::lock_guard lock(mutex_);
      size_.store(size_bytes, std::memory_order_relaxed);
    }
    given_back_.notify_all();
  }

 private:
  friend class WorkShare;

  void take(std::size_t size_bytes) {
    std::unique_lock lock(mutex_);
    given_back_.wait(lock, [&] { return taken_ == 0 || taken_ + size_bytes <= size(); });
    taken_ += size_bytes;
  }

  void give_back(std::size_t size_bytes) {
    {
      const std::lock_guard lock(mutex_);
      taken_ -= size_bytes;
    }
    given_back_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable given_back_;
  std::atomic<std::size_t> size_;  // written under mutex_
  std::size_t taken_ = 0;          // guarded by mutex_
};

/// What one batch has taken; given back at the end.
/// Threads: belongs to one thread.
class WorkShare {
 public:
  /// Waits until the batch fits. memory  outlives the share.
  WorkShare(WorkMemory& memory, std::size_t size_bytes) : memory_(memory), size_(size_bytes) {
    memory_.take(size_);
  }
  ~WorkShare() { memory_.give_back(size_); }
  WorkShare(const WorkShare&) = delete;
  WorkShare& operator=(const WorkShare&) = delete;

 private:
  WorkMemory& memory_;
  const std::size_t size_;
};

}  // namespace ml_inference
