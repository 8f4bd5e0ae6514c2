// SPDX-License-Identifier: MIT
// One measured run of load against a server on this machine, over keep-alive connections.
#pragma once

#include "base/result.h"
#include "load/latency_histogram.h"

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// What to send, how often, and when to stop.
struct LoadPlan {
  std::uint16_t port = 8000;
  std::string request;            ///< the bytes of one request, sent again and again
  std::uint32_t connections = 1;  ///< opened before the clock starts, reopened when lost
  double seconds = 1;             ///< how long requests are sent
  std::uint64_t requests = 0;     ///< closed loop: stop after so many; 0 is no limit
  double rate = 0;                ///< open loop: requests a second; 0 makes it a closed loop
  double grace_seconds = 5;       ///< how long, after the last was sent, answers are waited for
};

/// What came of it. Every request sent is in exactly one of answered, refused, lost and unanswered.
struct LoadResult {
  LatencyHistogram latency;      ///< of answered and unanswered requests, see LoadRun
  std::uint64_t answered = 0;    ///< with status 200 and the first answer's body, byte for byte
  std::uint64_t refused = 0;     ///< with another status or another body
  std::uint64_t lost = 0;        ///< whose connection broke, or answered what is not HTTP
  std::uint64_t unanswered = 0;  ///< still waiting when the run ended
  std::map<int, std::uint64_t> statuses;
  double seconds = 0;             ///< from the first request to the last answer
  double client_cpu_seconds = 0;  ///< user and system time that this process took meanwhile
  std::string body;               ///< of the first answer
};

/// Sends requests from one thread, one at a time on each connection.
///
/// Closed loop: every connection sends its next request when it has its answer; a latency is the
/// time from sending to the whole answer. What is in flight at the end is waited for
/// (grace_seconds). Open loop: requests fall due at even distances whatever the server does. One
/// that finds every connection busy waits here, and its latency counts from when it was due, not
/// from when it was sent: a server that stalls does not get fewer or kinder measurements. An
/// unanswered request counts with the time it had waited when the run ended, so that quantiles do
/// not improve by never answering.
class LoadRun {
 public:
  explicit LoadRun(LoadPlan plan);
  LoadRun(const LoadRun&) = delete;
  LoadRun& operator=(const LoadRun&) = delete;
  ~LoadRun();

  /// Runs to the end, once. Errors: unavailable, when the server cannot be connected to at the
  /// start or has lost kLostMax connections; internal, when the kernel refuses what a load needs.
  [[nodiscard]] Result<LoadResult> run();

 private:
  // A run that keeps losing its connections says so instead of hammering a broken server.
  static constexpr std::uint64_t kLostMax = 1000;

  struct Connection {
    int descriptor = -1;
    bool busy = false;
    std::uint64_t since_ns = 0;  // when the request in flight was sent (closed) or due (open)
    std::string received;
  };

  Result<void> open(std::size_t index);
  Result<void> reopen(std::size_t index);
  Result<void> send(std::size_t index, std::uint64_t since_ns);
  Result<void> send_what_is_due(std::uint64_t now);
  Result<void> send_next(std::size_t index, std::uint64_t now);
  Result<void> on_readable(std::size_t index);
  Result<void> wait(std::uint64_t now);
  void count_answer(Connection& connection, int status, std::string_view body);
  void count_unanswered(std::uint64_t now);

  [[nodiscard]] bool is_open_loop() const { return plan_.rate > 0; }
  [[nodiscard]] bool is_over(std::uint64_t now) const;
  [[nodiscard]] bool may_send(std::uint64_t now) const;
  [[nodiscard]] std::uint64_t due_ns(std::uint64_t request) const;

  const LoadPlan plan_;
  int epoll_ = -1;
  std::vector<Connection> connections_;
  std::vector<std::size_t> idle_;      // open loop: connections without a request
  std::deque<std::uint64_t> backlog_;  // open loop: when the requests that wait here were due
  std::uint64_t started_ns_ = 0;
  std::uint64_t ends_ns_ = 0;  // nothing is sent from here on
  std::uint64_t last_answer_ns_ = 0;
  std::uint64_t sent_ = 0;  // closed loop: sent; open loop: fallen due
  std::uint64_t in_flight_ = 0;
  LoadResult totals_;
};

}  // namespace ml_inference
