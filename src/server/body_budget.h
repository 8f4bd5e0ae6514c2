// SPDX-License-Identifier: MIT
#pragma once

#include "base/byte_units.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace ml_inference {

/// The memory that all large bodies together may take, of requests that come and of answers that
/// wait for their readers: what does not fit is answered with 503 instead of being killed for it.
///
/// Keeps the memory of large bodies for those that follow within a second: new memory costs a page
/// fault each four kilobytes, together more than all else that is done with a tensor of a megabyte.
/// What is kept, a quarter of the budget at most, is taken out of it, and given back to the system
/// before anything is refused.
///
/// Threads: every member may be called from any thread.
class BodyBudget {
 public:
  using Clock = std::chrono::steady_clock;

  /// Bodies up to this size are not worth counting: a connection's buffers are about as large.
  static constexpr std::size_t kUncountedSize = 16 * kKibibyte;

  explicit BodyBudget(std::size_t size_bytes)
      : size_(static_cast<std::int64_t>(size_bytes)), left_(size_.load()) {}

  /// From now on all bodies together may take so much. What is taken stays taken: nothing more fits
  /// until enough of it is back. From one thread at a time.
  void resize(std::size_t size_bytes) {
    const auto size = static_cast<std::int64_t>(size_bytes);
    left_.fetch_add(size - size_.exchange(size, std::memory_order_relaxed),
                    std::memory_order_relaxed);
  }

  /// Takes `size_bytes` out of the budget, or returns false and takes nothing.
  [[nodiscard]] bool try_take(std::size_t size_bytes) {
    return try_take_left(size_bytes) || (free_blocks() && try_take_left(size_bytes));
  }

  /// Gives back what try_take() took.
  void give_back(std::size_t size_bytes) {
    left_.fetch_add(static_cast<std::int64_t>(size_bytes), std::memory_order_relaxed);
  }

  /// What all bodies together may take.
  [[nodiscard]] std::size_t size() const {
    return static_cast<std::size_t>(size_.load(std::memory_order_relaxed));
  }

  /// What may still be taken.
  [[nodiscard]] std::size_t left() const {
    const std::int64_t left =
        left_.load(std::memory_order_relaxed) + kept_size_.load(std::memory_order_relaxed);
    return static_cast<std::size_t>(std::max<std::int64_t>(left, 0));
  }

  /// An empty text with room for `size_bytes` and at most twice as much, if one is kept; or one
  /// without any.
  [[nodiscard]] std::string take_block(std::size_t size_bytes);

  /// Keeps the text's memory, if it may, and leaves the text without any.
  void keep_block(std::string& text, Clock::time_point now = Clock::now());

  /// Gives back to the system what nobody has wanted for a second.
  void free_idle_blocks(Clock::time_point now);

 private:
  [[nodiscard]] bool try_take_left(std::size_t size_bytes) {
    const auto size = static_cast<std::int64_t>(size_bytes);
    std::int64_t left = left_.load(std::memory_order_relaxed);
    while (left >= size) {
      if (left_.compare_exchange_weak(left, left - size, std::memory_order_relaxed)) return true;
    }
    return false;
  }
  [[nodiscard]] bool free_blocks();

  struct Block {
    std::string text;  // empty, with its memory
    Clock::time_point kept_since;
  };

  std::atomic<std::int64_t> size_;  // written by the thread that calls resize()
  std::atomic<std::int64_t> left_;  // below 0 after a resize to less than what is taken
  std::mutex blocks_mutex_;
  std::vector<Block> blocks_;                // guarded by it; the oldest first
  std::atomic<std::int64_t> kept_size_ = 0;  // of them; written under it
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

  /// The largest body up to `limit` that can ever be taken: what would not fit into an empty budget
  /// is too large, whatever else there is.
  [[nodiscard]] std::size_t size_max(std::size_t limit) const {
    return std::min(limit, std::max(budget_.size(), uncounted_size_));
  }

  /// Makes room in the body for `size_bytes`, which the share has.
  void make_room(std::string& body, std::size_t size_bytes);

  /// The body is done with: empties it, keeps a little of its memory there, and releases the share.
  void end(std::string& body);

  void release() {
    if (taken_bytes_ > 0) budget_.give_back(std::exchange(taken_bytes_, 0));
  }

 private:
  BodyBudget& budget_;
  const std::size_t uncounted_size_;
  std::size_t taken_bytes_ = 0;
};

}  // namespace ml_inference
