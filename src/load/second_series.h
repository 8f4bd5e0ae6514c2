// SPDX-License-Identifier: MIT
// What came of the requests of each second.
#pragma once

#include "load/latency_histogram.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace ml_inference {

/// The requests that fell due in one second of a run.
struct SecondCounts {
  std::uint64_t sent = 0;
  std::uint64_t failed = 0;
  std::optional<double> p99_ms;  ///< nothing when no latency was counted

  bool operator==(const SecondCounts&) const = default;
};

/// Counts requests by the second in which they fell due, whenever they end. Seconds whose requests
/// have all ended shrink to three numbers, so that a day of load takes a few megabytes.
/// Threads: one at a time.
class SecondSeries {
 public:
  /// A request fell due in this second; seconds never go back.
  void due(std::uint64_t second);

  /// One of this second's requests ended. latency_ns  nothing when it is not to be counted.
  void ended(std::uint64_t second, bool failed, std::optional<std::uint64_t> latency_ns);

  /// All seconds from 0 to that of the last request.
  [[nodiscard]] std::vector<SecondCounts> counts() const;

 private:
  struct OpenSecond {
    std::uint64_t pending = 0;
    SecondCounts counts;
    LatencyHistogram latency;
  };

  void shrink();

  std::vector<SecondCounts> closed_;
  std::deque<std::unique_ptr<OpenSecond>> open_;  // the seconds that follow those of closed_
};

}  // namespace ml_inference
