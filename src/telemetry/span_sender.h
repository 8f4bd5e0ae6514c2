// SPDX-License-Identifier: MIT
// The queue of a SpanExporter and the work of its thread. Nobody else includes this.
#pragma once

#include "base/bounded_queue.h"
#include "telemetry/span_exporter.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// Threads: run() belongs to one thread, every other member to any.
class SpanSender {
 public:
  SpanSender(SpanExporterOptions options, JsonLog& log);

  [[nodiscard]] bool has_room(std::size_t span_count);
  void add(Span span);

  /// Sends until stop(). The body of the thread.
  void run();

  /// Lets run() send what waits and return. Whether it has returned within the limit; if not, it
  /// touches neither the log nor the counts any more, and what it has not settled is lost.
  [[nodiscard]] bool stop(std::chrono::milliseconds limit);

  [[nodiscard]] SpanCounts counts() const;

 private:
  using Clock = std::chrono::steady_clock;

  void send(const std::vector<Span>& batch);
  [[nodiscard]] std::chrono::milliseconds next_pause(const OtlpOutcome& outcome);
  [[nodiscard]] std::chrono::milliseconds patience();
  [[nodiscard]] bool rest(std::chrono::milliseconds pause);
  [[nodiscard]] bool is_stopping();
  void settle(std::size_t span_count, const OtlpOutcome& outcome);
  void lose(std::size_t span_count);
  void count(std::atomic<std::uint64_t>& counter, std::size_t span_count);
  void tell(LogLevel level, std::string_view message);

  const SpanExporterOptions options_;
  BoundedQueue<Span> queue_;

  std::atomic<std::uint64_t> exported_ = 0;
  std::atomic<std::uint64_t> queue_full_ = 0;
  std::atomic<std::uint64_t> export_failed_ = 0;
  std::atomic<std::uint64_t> rejected_ = 0;
  std::atomic<std::uint64_t> shutdown_ = 0;

  std::atomic<std::uint64_t> unsettled_ = 0;  // spans that wait, or are under way

  std::mutex mutex_;
  std::condition_variable stop_asked_;  // for run()
  std::condition_variable finished_;    // for stop()
  JsonLog* log_;                        // guarded by mutex_; null once the thread is left behind
  bool stopping_ = false;               // guarded by mutex_
  bool stopped_ = false;                // guarded by mutex_
  Clock::time_point stop_deadline_;     // guarded by mutex_; meaningful while stopping_

  // Of run() alone.
  std::mt19937_64 random_;
  std::chrono::milliseconds pause_;
  bool failing_ = false;  // the log knows
};

}  // namespace ml_inference
