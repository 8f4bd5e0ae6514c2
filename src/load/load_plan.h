// SPDX-License-Identifier: MIT
// What to send, how often, and when to stop.
#pragma once

#include "load/http_target.h"
#include "load/rate_schedule.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ml_inference {

/// keep: each connection serves one request after the other; fresh: each request opens one of its
/// own, and asks for its end; mixed: the two take turns.
enum class ConnectionUse { keep, fresh, mixed };

/// How a run is going.
struct LoadProgress {
  double seconds = 0;      ///< since the start
  std::uint64_t sent = 0;  ///< fallen due
  std::uint64_t failed = 0;
  std::uint64_t in_flight = 0;
  std::uint64_t waiting = 0;  ///< due, and not sent for want of a free place
  double p99_ms = 0;          ///< since the start
};

struct LoadPlan {
  std::vector<SocketAddress> addresses;  ///< at least one; new connections take turns
  std::string keep_request;              ///< a request's bytes, where its connection is kept
  std::string fresh_request;             ///< and where it is not
  ConnectionUse use = ConnectionUse::keep;

  /// Open loop, unless it is empty: then each of `concurrency` clients sends its next request when
  /// it has its answer (closed loop).
  RateSchedule schedule;
  double seconds = 30;         ///< closed loop: how long requests are sent
  std::uint64_t requests = 0;  ///< closed loop: stop after so many; 0 is no limit

  std::uint32_t concurrency = 64;  ///< most requests in flight, and most connections kept
  double timeout_seconds = 5;      ///< from due to sent, and from there to the whole answer
  double grace_seconds = 1e6;      ///< how long, after the last was due, answers are waited for

  std::string expect_text;    ///< an answer's body must hold it; empty: any body will do
  bool same_body = false;     ///< and be the first answer's, byte for byte
  bool opens_first = false;   ///< kept connections are opened before the clock starts
  bool never_sleeps = false;  ///< closed loop: wait for answers without sleeping

  /// A descriptor that becomes readable when the run is to end early: the first time, nothing more
  /// falls due; the second time, nothing is waited for any longer. The run reads 128 bytes at most
  /// (one signalfd_siginfo) each time, and does not close it. -1: none.
  int stop_descriptor = -1;
  std::function<void(const LoadProgress&)> on_second;  ///< called about once a second, if set
};

}  // namespace ml_inference
