// SPDX-License-Identifier: MIT
#include "load/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace ml_inference {

// Values below 2^(bits+1) have a bucket each. Above, a value keeps its highest bit and the `bits`
// below it; every doubling adds one run of 2^bits buckets.
void LatencyHistogram::record(std::uint64_t latency_ns) {
  const auto width = static_cast<unsigned>(std::bit_width(latency_ns));
  const unsigned shift = width > kSubBucketBits + 1 ? width - kSubBucketBits - 1 : 0;
  const std::size_t bucket = (std::size_t{shift} << kSubBucketBits) + (latency_ns >> shift);
  ++counts_[std::min(bucket, kBucketCount - 1)];
  ++count_;
  sum_ns_ += static_cast<double>(latency_ns);
  max_ns_ = std::max(max_ns_, latency_ns);
}

double LatencyHistogram::quantile_ns(double fraction) const {
  if (count_ == 0) return 0;
  const auto rank = static_cast<std::uint64_t>(std::ceil(fraction * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  std::size_t bucket = 0;
  while (bucket + 1 < kBucketCount &&
         (seen += counts_[bucket]) < std::max<std::uint64_t>(rank, 1)) {
    ++bucket;
  }
  const std::size_t run = bucket >> kSubBucketBits;
  const std::size_t shift = run > 1 ? run - 1 : 0;
  const std::uint64_t lowest = std::uint64_t{bucket - (shift << kSubBucketBits)} << shift;
  const std::uint64_t width = std::uint64_t{1} << shift;
  return std::min(static_cast<double>(lowest) + static_cast<double>(width - 1) / 2,
                  static_cast<double>(max_ns_));
}

double LatencyHistogram::mean_ns() const {
  return count_ == 0 ? 0 : sum_ns_ / static_cast<double>(count_);
}

}  // namespace ml_inference
