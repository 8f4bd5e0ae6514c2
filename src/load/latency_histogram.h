// SPDX-License-Identifier: MIT
// Counts latencies without keeping them: constant memory and a few instructions for each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ml_inference {

/// A histogram of nanoseconds in log-linear buckets: 64 to each power of two, so that a quantile is
/// within 0.8 % of the recorded value at any scale (the idea of HdrHistogram).
/// Threads: one at a time.
class LatencyHistogram {
 public:
  /// Counts one latency. Everything from 2^42 ns (73 minutes) on falls into the last bucket.
  void record(std::uint64_t latency_ns);

  /// The latency that `fraction` (0 to 1) of the recorded ones do not exceed, in nanoseconds: the
  /// middle of its bucket. 0 when nothing is recorded.
  [[nodiscard]] double quantile_ns(double fraction) const;

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t max_ns() const { return max_ns_; }
  [[nodiscard]] double mean_ns() const;

 private:
  static constexpr unsigned kSubBucketBits = 6;
  static constexpr std::size_t kBucketCount = std::size_t{42 - kSubBucketBits + 1}
                                              << kSubBucketBits;

  std::array<std::uint64_t, kBucketCount> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t max_ns_ = 0;
  double sum_ns_ = 0;
};

}  // namespace ml_inference
