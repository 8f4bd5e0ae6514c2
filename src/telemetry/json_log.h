// SPDX-License-Identifier: MIT
// The log: one JSON object a line, written by a thread of its own so that no request ever waits.
//
//   log.write(LogLevel::info, "api.predict", "Prediction successful: setosa",
//             {{"request_id", id}, {"route", "/predict"}, {"status", 200}, {"duration_us", 41}});
//
//   {"timestamp":"2026-01-31T12:00:00.000000Z","level":"INFO","logger":"api.predict","message":...}
#pragma once

#include "base/byte_units.h"
#include "telemetry/json_line.h"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>
#include <thread>

namespace ml_inference {

class JsonLogWriter;

struct JsonLogOptions {
  LogLevel level = LogLevel::info;  ///< lines below it are not written
  /// Room for lines, half of it for those that wait while the other half is written; at least 64
  /// KiB (asserted). The default lets some 2000 lines wait: 15 ms at 130 000 lines a second, where
  /// the writer is woken for every 250.
  std::size_t buffer_size_bytes = kMebibyte;
  std::chrono::milliseconds exit_flush_limit{1000};  ///< of the destructor
};

/// Writes lines to a file descriptor in the order of write(). The lines wait in a bounded buffer
/// that a thread drains with large write(2) calls: at once for the first line after a rest, for an
/// error, and when an eighth of the room is used; else every 50 ms. When the room is used up a line
/// is dropped and counted (the last eighth is kept for warnings and errors), and a WARNING line
/// tells how many were lost at that place. Lines that the descriptor does not take (closed pipe,
/// full disk) count as dropped too.
/// The thread takes no signals, and SIGPIPE is not raised.
/// Threads: every member but the destructor, from any thread.
class JsonLog {
 public:
  /// fd  stays the caller's, must be open as long as this object, and may be blocking or not.
  /// A machine that refuses one more thread ends the process (assertion).
  explicit JsonLog(int fd, JsonLogOptions options = {});

  /// Writes what waits, for at most options.exit_flush_limit. A thread that still hangs in write(2)
  /// then is left behind with the buffers, which it owns: it must not hold up the exit.
  ~JsonLog();

  JsonLog(const JsonLog&) = delete;
  JsonLog& operator=(const JsonLog&) = delete;

  /// Whether write() at this level does anything: ask before building an expensive line.
  [[nodiscard]] bool enabled(LogLevel level) const {
    return level >= level_.load(std::memory_order_relaxed);
  }

  /// Lines below the level are not written from now on.
  void set_level(LogLevel level);

  /// Appends a line, or drops it. Never waits for the descriptor, and allocates only in a thread's
  /// first call. The texts may be any bytes; a line over kLogLineSizeMax is cut (json_line.h).
  void write(LogLevel level, std::string_view logger, std::string_view message,
             std::span<const LogField> fields = {});
  void write(LogLevel level, std::string_view logger, std::string_view message,
             std::initializer_list<LogField> fields) {
    write(level, logger, message, std::span(fields.begin(), fields.size()));
  }

  /// Lines of write() lost so far, for a metric.
  [[nodiscard]] std::uint64_t dropped_count() const;

  /// Lines that the descriptor took so far, the log's own warnings among them.
  [[nodiscard]] std::uint64_t written_count() const;

  /// Returns when each line of write() calls that returned before is out or lost, or after `limit`.
  void flush(std::chrono::milliseconds limit);

 private:
  std::atomic<LogLevel> level_;
  const std::chrono::milliseconds exit_flush_limit_;
  const std::shared_ptr<JsonLogWriter> writer_;  // shared with the thread
  std::thread thread_;
};

}  // namespace ml_inference
