// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace ml_inference {

/// Counts observations in fixed buckets: two relaxed atomic additions each, no lock.
/// Threads: any. A reading beside writers may miss the newest observations, and its sum may be
/// ahead of its counts by those under way; its counts always agree with each other.
class alignas(64) Histogram {  // a cache line of its own: neighbours on the heap are hot as well
 public:
  /// upper_bounds  inclusive, finite, strictly ascending (asserted); a last bucket for what is
  /// above
  ///               all of them is added.
  explicit Histogram(std::vector<double> upper_bounds);

  /// Counts `value`, in base units. Not-a-number counts as above all bounds and spoils the sum, as
  /// in other Prometheus clients.
  void observe(double value) {
    std::size_t bucket = 0;
    while (bucket < upper_bounds_.size() && !(value <= upper_bounds_[bucket])) ++bucket;
    counts_[bucket].fetch_add(1, std::memory_order_relaxed);
    sum_.fetch_add(value, std::memory_order_relaxed);
  }

  /// What was observed so far.
  struct Reading {
    std::vector<std::uint64_t>
        cumulative_counts;    ///< per upper bound: how many were at or below it
    std::uint64_t count = 0;  ///< of all observations
    double sum = 0;
  };
  [[nodiscard]] Reading read() const;

  [[nodiscard]] const std::vector<double>& upper_bounds() const { return upper_bounds_; }

 private:
  const std::vector<double> upper_bounds_;
  std::vector<std::atomic<std::uint64_t>> counts_;  // one more than bounds
  std::atomic<double> sum_ = 0;
};

}  // namespace ml_inference
