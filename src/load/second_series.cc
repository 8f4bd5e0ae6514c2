// SPDX-License-Identifier: MIT
#include "load/second_series.h"

#include "base/assert.h"

namespace ml_inference {
namespace {

SecondCounts with_quantile(SecondCounts counts, const LatencyHistogram& latency) {
  if (latency.count() > 0) counts.p99_ms = latency.quantile_ns(0.99) * 1e-6;
  return counts;
}

}  // namespace

void SecondSeries::due(std::uint64_t second) {
  while (closed_.size() + open_.size() <= second) {
    shrink();
    open_.push_back(std::make_unique<OpenSecond>());
  }
  OpenSecond& now = *open_.back();
  ++now.pending;
  ++now.counts.sent;
}

void SecondSeries::ended(std::uint64_t second, bool failed,
                         std::optional<std::uint64_t> latency_ns) {
  ASSERT(second >= closed_.size() && second < closed_.size() + open_.size());
  OpenSecond& then = *open_[second - closed_.size()];
  --then.pending;
  then.counts.failed += failed ? 1 : 0;
  if (latency_ns) then.latency.record(*latency_ns);
}

// Called when a new second begins, so that none that still gets requests is closed.
void SecondSeries::shrink() {
  while (!open_.empty() && open_.front()->pending == 0) {
    closed_.push_back(with_quantile(open_.front()->counts, open_.front()->latency));
    open_.pop_front();
  }
}

std::vector<SecondCounts> SecondSeries::counts() const {
  std::vector<SecondCounts> all = closed_;
  for (const auto& second : open_) all.push_back(with_quantile(second->counts, second->latency));
  return all;
}

}  // namespace ml_inference
