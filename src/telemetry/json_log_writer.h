// SPDX-License-Identifier: MIT
// The buffers of a JsonLog and the work of its thread. Nobody else includes this.
#pragma once

#include "telemetry/json_line.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>

namespace ml_inference {

/// Two buffers change roles: lines gather in one while the other is written.
/// Threads: run() belongs to one thread, every other member to any.
class JsonLogWriter {
 public:
  /// size_bytes  of both buffers together. warns: whether losses are told in the log itself.
  JsonLogWriter(int fd, std::size_t size_bytes, bool warns);

  /// Takes a whole line, or drops it.
  void append(LogLevel level, std::string_view line);

  /// Writes until stop(). The body of the thread.
  void run();

  /// Whether losses are told in the log itself, from now on.
  void set_warns(bool warns) { warns_.store(warns, std::memory_order_relaxed); }

  /// See JsonLog::flush.
  void flush(std::chrono::milliseconds limit);

  /// Lets run() write what waits and return. Whether it has returned within the limit; if not, it
  /// touches the descriptor no more after the write(2) call in which it hangs.
  [[nodiscard]] bool stop(std::chrono::milliseconds limit);

  [[nodiscard]] std::uint64_t dropped_count() const { return dropped_count_; }
  [[nodiscard]] std::uint64_t written_count() const { return written_count_; }

 private:
  struct Buffer {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
    std::uint64_t line_count = 0;
  };

  void write_round(std::unique_lock<std::mutex>& lock);
  void add_warning(std::uint64_t dropped_count);
  void write_out();
  [[nodiscard]] std::size_t write_all(std::string_view bytes) const;
  [[nodiscard]] bool wait_until_writable() const;

  const int fd_;
  const std::size_t capacity_;  // of one buffer, without its slack for a warning
  std::atomic<bool> warns_;

  std::atomic<std::uint64_t> dropped_count_ = 0;
  std::atomic<std::uint64_t> written_count_ = 0;
  std::atomic<bool> abandoned_ = false;

  std::mutex mutex_;
  std::condition_variable work_;           // for run()
  std::condition_variable round_done_;     // for flush() and stop()
  Buffer filling_;                         // guarded by mutex_
  std::uint64_t appended_line_count_ = 0;  // guarded by mutex_
  std::uint64_t settled_line_count_ = 0;   // guarded by mutex_; written or lost
  bool idle_ = false;                      // guarded by mutex_; run() waits for any line
  bool urgent_ = false;                    // guarded by mutex_; run() shall not rest
  bool stopping_ = false;                  // guarded by mutex_
  bool stopped_ = false;                   // guarded by mutex_

  // Of run() alone.
  Buffer draining_;
  JsonLine warning_;
  std::uint64_t told_dropped_count_ = 0;
  bool within_line_ = false;  // the descriptor took only a part of the last line
};

}  // namespace ml_inference
