// SPDX-License-Identifier: MIT
#include "telemetry/histogram.h"

#include "base/assert.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

namespace ml_inference {

Histogram::Histogram(std::vector<double> upper_bounds)
    : upper_bounds_(std::move(upper_bounds)), counts_(upper_bounds_.size() + 1) {
  ASSERT(std::ranges::all_of(upper_bounds_, [](double bound) { return std::isfinite(bound); }));
  ASSERT(std::ranges::adjacent_find(upper_bounds_, std::greater_equal()) == upper_bounds_.end());
}

Histogram::Reading Histogram::read() const {
  Reading reading;
  reading.cumulative_counts.reserve(upper_bounds_.size());
  for (std::size_t bucket = 0; bucket < upper_bounds_.size(); ++bucket) {
    reading.count += counts_[bucket].load(std::memory_order_relaxed);
    reading.cumulative_counts.push_back(reading.count);
  }
  reading.count += counts_.back().load(std::memory_order_relaxed);
  reading.sum = sum_.load(std::memory_order_relaxed);
  return reading;
}

}  // namespace ml_inference
