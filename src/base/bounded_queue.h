// SPDX-License-Identifier: MIT
// A queue between threads that refuses when it is full: overload is answered, not stored.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace ml_inference {

/// First in, first out, with room for `capacity` values. A consumer that works in batches is woken
/// for every `batch` values only, so that most pushes cost no system call.
/// Threads: every member may be called from any thread; any number of producers and consumers.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity, std::size_t batch = 1)
      : capacity_(capacity), batch_(batch) {}

  /// Takes the value and returns true, or leaves it untouched and returns false when the queue is
  /// full or closed. Never waits for room.
  [[nodiscard]] bool try_push(T&& value) {
    bool wakes = false;
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || values_.size() >= capacity_) return false;
      values_.push_back(std::move(value));
      wakes = values_.size() >= batch_;
    }
    if (wakes) filled_.notify_one();
    return true;
  }

  /// Waits for a value. Nothing once the queue is closed and empty. Only for a queue with batches
  /// of one.
  [[nodiscard]] std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [this] { return closed_ || !values_.empty(); });
    if (values_.empty()) return std::nullopt;
    std::optional<T> value(std::move(values_.front()));
    values_.pop_front();
    return value;
  }

  /// Up to `batch` values: waits until there are so many, `patience` is over, or the queue is
  /// closed.
  [[nodiscard]] std::vector<T> pop_batch(std::chrono::steady_clock::duration patience) {
    std::unique_lock lock(mutex_);
    filled_.wait_for(lock, patience, [this] { return closed_ || values_.size() >= batch_; });
    const auto count = static_cast<std::ptrdiff_t>(std::min(batch_, values_.size()));
    std::vector<T> batch(std::make_move_iterator(values_.begin()),
                         std::make_move_iterator(values_.begin() + count));
    values_.erase(values_.begin(), values_.begin() + count);
    return batch;
  }

  /// Refuses all further pushes; consumers get what is left and then nothing.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    filled_.notify_all();
  }

  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return values_.size();
  }

 private:
  const std::size_t capacity_;
  const std::size_t batch_;

  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<T> values_;  // guarded by mutex_
  bool closed_ = false;   // guarded by mutex_
};

}  // namespace ml_inference
