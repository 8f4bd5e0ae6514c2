// SPDX-License-Identifier: MIT
// The log: one JSON object a line, written by a thread of its own so that no request ever waits.
//
//   log.write(LogLevel::info, "api.predict", "Prediction successful: setosa",
//             {{"request_id", id}, {"route", "/predict"}, {"status", 200}, {"duration_ms", 0.04}});
//
//   {"timestamp":"2026-01-31T12:00:00.000000Z","level":"INFO","logger":"api.predict","message":...}
#pragma once

#include "telemetry/json_line.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

namespace ml_inference {

struct JsonLogOptions {
  LogLevel level = LogLevel::info;  ///< lines below it are not written
  /// Room for lines that wait for the descriptor; at least 4 lines of kLogLineSizeMax (asserted).
  /// The default holds some 5000 lines: 30 ms at 150 000 lines a second, while the writer needs
  /// less than 1 ms a round.
  std::size_t buffer_size_bytes = 1 << 20;
};

/// Writes lines to a file descriptor in the order of write(). The lines wait in a bounded buffer
/// that a thread drains with large write(2) calls: at once for the first line after a rest, for an
/// error and when the buffer is half full, else every 50 ms. When the buffer is full the line is
/// dropped and counted (the last eighth is kept for warnings and errors), and as soon as lines get
/// out again a WARNING says how many were lost. Lines that the descriptor refuses (closed pipe,
/// full disk) count as dropped too. The thread takes no signals; SIGPIPE is never raised by it.
/// Threads: every member but the destructor, from any thread.
class JsonLog {
 public:
  /// fd  stays the caller's, must be open as long as this object, and may be blocking or not.
  explicit JsonLog(int fd, JsonLogOptions options = {});

  /// flush() of at most kExitFlushLimit. A thread that still hangs in write(2) then is left
  /// behind with the buffers it owns: it must not hold up the exit.
  ~JsonLog();
  static constexpr std::chrono::milliseconds kExitFlushLimit{1000};

  JsonLog(const JsonLog&) = delete;
  JsonLog& operator=(const JsonLog&) = delete;

  /// Whether write() at this level does anything: ask before building an expensive line.
  [[nodiscard]] bool enabled(LogLevel level) const { return level >= level_; }

  /// Appends a line, or drops it. Never waits for the descriptor, never allocates. Text of any
  /// bytes: what is not UTF-8 becomes U+FFFD. A line over kLogLineSizeMax is cut (json_line.h).
  void write(LogLevel level, std::string_view logger, std::string_view message,
             std::span<const LogField> fields = {});
  void write(LogLevel level, std::string_view logger, std::string_view message,
             std::initializer_list<LogField> fields) {
    write(level, logger, message, std::span(fields.begin(), fields.size()));
  }

  /// Lines lost so far, for a metric.
  [[nodiscard]] std::uint64_t dropped_count() const;

  /// Lines that the descriptor took so far, the log's own warnings among them.
  [[nodiscard]] std::uint64_t written_count() const;

  /// Returns when every line of write() calls that returned before is out or lost, or after
  /// `limit`.
  void flush(std::chrono::milliseconds limit);

 private:
  class Writer;  // the buffers and the thread's work; shared with the thread

  const LogLevel level_;
  const std::shared_ptr<Writer> writer_;
};

}  // namespace ml_inference
