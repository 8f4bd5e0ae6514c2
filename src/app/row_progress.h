// SPDX-License-Identifier: MIT
// How far a long run over rows is, on one line of a terminal.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace ml_inference {

/// "1,234,567 rows, 2,400,000 rows/s".
[[nodiscard]] std::string progress_text(std::size_t row_count, std::chrono::duration<double> taken);

/// Writes that line over itself on stderr, a few times a second, and takes it away at its end.
/// Threads: belongs to one thread.
class RowProgress {
 public:
  enum class Shown { no, yes };

  explicit RowProgress(Shown shown);
  ~RowProgress();
  RowProgress(const RowProgress&) = delete;
  RowProgress& operator=(const RowProgress&) = delete;

  /// row_count  so far.
  void show(std::size_t row_count);

 private:
  using Clock = std::chrono::steady_clock;

  const Shown shown_;
  const Clock::time_point begin_;
  Clock::time_point next_;
  bool is_on_screen_ = false;
};

}  // namespace ml_inference
