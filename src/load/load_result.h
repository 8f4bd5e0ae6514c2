// SPDX-License-Identifier: MIT
// What came of a run.
#pragma once

#include "load/latency_histogram.h"
#include "load/second_series.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace ml_inference {

/// Why requests failed, in the words of the report. Beside these there are "status 503" (and any
/// other outside 2xx) and "connect: ..." with the system's words.
namespace failure {
inline constexpr char kConnectRefused[] = "connect: refused";
inline constexpr char kConnectTimeout[] = "connect: timeout";
inline constexpr char kTimeout[] = "timeout";
inline constexpr char kNotSent[] = "not sent in time";
inline constexpr char kReset[] = "connection reset";
inline constexpr char kClosedBefore[] = "closed without a response";
inline constexpr char kClosedWithin[] = "closed within a response";
inline constexpr char kNotHttp[] = "response is not HTTP";
inline constexpr char kTooLong[] = "response too long";
inline constexpr char kWrongBody[] = "wrong body";
inline constexpr char kUnanswered[] = "unanswered at the end";
}  // namespace failure

/// Of the requests that use connections in one way.
struct ConnectionCounts {
  std::uint64_t sent = 0;
  std::uint64_t failed = 0;
  std::uint64_t connections = 0;  ///< opened, successfully or not
};

/// Every request that fell due is in `sent`, and in exactly one of succeeded and failed.
struct LoadResult {
  /// From when a request was due. Of those that succeeded, and of those that were given up: they
  /// count with the time that they had waited, so that no quantile improves by never answering.
  LatencyHistogram latency;
  std::uint64_t sent = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  std::uint64_t late = 0;  ///< could not be sent when due: `concurrency` were in flight
  std::map<std::string, std::uint64_t> failures;
  std::map<int, std::uint64_t> statuses;  ///< of all whole answers
  ConnectionCounts keep;
  ConnectionCounts fresh;
  std::vector<SecondCounts> per_second;
  double sending_seconds = 0;     ///< in which requests fell due
  double seconds = 0;             ///< from the start to the end of the last request
  double client_cpu_seconds = 0;  ///< user and system time that this process took meanwhile
  bool stopped = false;           ///< ended early by the stop descriptor
  std::string body;               ///< of the first answer, when bodies are looked at
};

}  // namespace ml_inference
