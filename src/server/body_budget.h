// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>

namespace ml_inference {

/// The memory that all large request bodies together may take: what does not fit is answered with
/// 503 instead of being killed for it. Threads: every member may be called from any thread.
class BodyBudget {
 public:
  explicit BodyBudget(std::size_t size_bytes) : left_(size_bytes) {}

  /// Takes `size_bytes` out of the budget, or returns false and takes nothing.
  [[nodiscard]] bool try_take(std::size_t size_bytes) {
    std::size_t left = left_.load(std::memory_order_relaxed);
    while (left >= size_bytes) {
      if (left_.compare_exchange_weak(left, left - size_bytes, std::memory_order_relaxed)) {
        return true;
      }
    }
    return false;
  }

  /// Gives back what try_take() took.
  void give_back(std::size_t size_bytes) { left_.fetch_add(size_bytes, std::memory_order_relaxed); }

  [[nodiscard]] std::size_t left() const { return left_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> left_;
};

}  // namespace ml_inference
