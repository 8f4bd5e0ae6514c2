// SPDX-License-Identifier: MIT
#pragma once

#include "base/byte_units.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace ml_inference {

/// The memory that all large bodies together may take, of requests that come and of answers that
/// wait for their readers: what does not fit is answered with 503 instead of being killed for it.
/// Threads: every member may be called from any thread.
class BodyBudget {
 public:
  /// Bodies up to this size are not worth counting: a connection's buffers are about as large.
  static constexpr std::size_t kUncountedSize = 16 * kKibibyte;

  explicit BodyBudget(std::size_t size_bytes)
      : size_(static_cast<std::int64_t>(size_bytes)), left_(size_) {}

  /// From now on all bodies together may take so much. What is taken stays taken: nothing more fits
  /// until enough of it is back. From one thread at a time.
  void resize(std::size_t size_bytes) {
    const auto size = static_cast<std::int64_t>(size_bytes);
    left_.fetch_add(size - std::exchange(size_, size), std::memory_order_relaxed);
  }

  /// Takes `size_bytes` out of the budget, or returns false and takes nothing.
  [[nodiscard]] bool try_take(std::size_t size_bytes) {
    const auto size = static_cast<std::int64_t>(size_bytes);
    std::int64_t left = left_.load(std::memory_order_relaxed);
    while (left >= size) {
      if (left_.compare_exchange_weak(left, left - size, std::memory_order_relaxed)) return true;
    }
    return false;
  }

  /// Gives back what try_take() took.
  void give_back(std::size_t size_bytes) {
    left_.fetch_add(static_cast<std::int64_t>(size_bytes), std::memory_order_relaxed);
  }

  [[nodiscard]] std::size_t left() const {
    return static_cast<std::size_t>(
        std::max<std::int64_t>(left_.load(std::memory_order_relaxed), 0));
  }

 private:
  std::int64_t size_;               // of the thread that calls resize()
  std::atomic<std::int64_t> left_;  // below 0 after a resize to less than what is taken
};

/// What one body has taken out of a budget; given back at the end.
/// Threads: belongs to one thread at a time.
class BodyShare {
 public:
  /// budget          outlives the share.
  /// uncounted_size  such sizes and smaller ones take nothing.
  explicit BodyShare(BodyBudget& budget, std::size_t uncounted_size = BodyBudget::kUncountedSize)
      : budget_(budget), uncounted_size_(uncounted_size) {}
  ~BodyShare() { release(); }
  BodyShare(const BodyShare&) = delete;
  BodyShare& operator=(const BodyShare&) = delete;

  /// Has `size_bytes` from now on, nothing for a size that is not counted. When there is too little
  /// returns false and has nothing.
  [[nodiscard]] bool take(std::size_t size_bytes) {
    if (size_bytes <= uncounted_size_) size_bytes = 0;
    if (size_bytes > taken_bytes_ && !budget_.try_take(size_bytes - taken_bytes_)) {
      release();
      return false;
    }
    if (size_bytes < taken_bytes_) budget_.give_back(taken_bytes_ - size_bytes);
    taken_bytes_ = size_bytes;
    return true;
  }

  void release() {
    if (taken_bytes_ > 0) budget_.give_back(std::exchange(taken_bytes_, 0));
  }

 private:
  BodyBudget& budget_;
  const std::size_t uncounted_size_;
  std::size_t taken_bytes_ = 0;
};

}  // namespace ml_inference
