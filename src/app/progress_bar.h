// SPDX-License-Identifier: MIT
// How far long work has come, on a terminal.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace ml_inference {

/// How far work of several parts has come.
struct ProgressState {
  std::size_t done = 0;
  std::size_t total = 0;
  double share = 0;  ///< of the whole work, 0 to 1: steps of later parts may be longer ones
  std::chrono::milliseconds elapsed{};
};

/// "[#####-----]  50 %  50 of 100 trees  0:12, about 0:12 left": without the bar where the terminal
/// is too narrow for it, and never wider than it.
/// noun  what is counted, in the plural.
[[nodiscard]] std::string progress_text(const ProgressState& state, std::string_view noun,
                                        std::size_t width, bool has_colour);

/// Where a bar is drawn. The functions are called by one thread at a time.
struct ProgressTerminal {
  bool has_colour = false;
  std::function<std::size_t()> width;           ///< columns, now
  std::function<void(std::string_view)> write;  ///< bytes for the terminal
  std::function<std::chrono::steady_clock::time_point()> now;

  /// Whether the bar is there; without, every call is cheap and does nothing.
  [[nodiscard]] bool is_there() const { return static_cast<bool>(write); }
};

/// stderr, where it is a terminal that can move its cursor (TERM neither empty nor "dumb"); without
/// colour where NO_COLOR is set to anything. Nothing there otherwise.
/// Source: no-color.org.
[[nodiscard]] ProgressTerminal stderr_terminal();

/// A line at the terminal's bottom, rewritten as the work goes on. It appears when the work has
/// taken a second, is drawn ten times a second at most, and is gone when the bar is.
/// Threads: any may call advance() at once; the others belong to the thread that made the bar.
class ProgressBar {
 public:
  /// noun    what is counted, in the plural.
  /// work    how many parts the work has, the steps of each as far as one knows, and the sum of
  ///         what the parts weigh: one that weighs twice as much is expected to take twice as long.
  struct Work {
    std::size_t part_count = 1;
    std::size_t step_count = 1;
    double weight = 1;
  };
  ProgressBar(ProgressTerminal terminal, std::string noun, const Work& work);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// The next part begins; the one before is over.
  void begin_part(double weight);

  /// One more of the part's steps is done. total  the steps of the part, as is known now.
  void advance(std::size_t total);

  /// Draws if it is time to.
  void refresh();

 private:
  [[nodiscard]] ProgressState state() const;
  void draw_if_due();

  const ProgressTerminal terminal_;
  const std::string noun_;
  const Work work_;
  const std::chrono::steady_clock::time_point begin_;

  std::mutex mutex_;  // guards what follows
  std::chrono::steady_clock::time_point last_drawn_;
  bool is_drawn_ = false;
  double finished_weight_ = 0;
  double part_weight_ = 0;
  std::size_t finished_steps_ = 0;
  std::size_t part_steps_ = 0;
  std::size_t part_total_;
};

/// Refreshes a bar as long as it lives, so that the time goes on while a step takes long. No thread
/// where the bar's terminal is not there.
class ProgressTicker {
 public:
  ProgressTicker(ProgressBar& bar, bool is_needed);
  ~ProgressTicker();
  ProgressTicker(const ProgressTicker&) = delete;
  ProgressTicker& operator=(const ProgressTicker&) = delete;

 private:
  std::mutex mutex_;  // guards is_over_
  std::condition_variable changed_;
  bool is_over_ = false;
  std::jthread thread_;
};

}  // namespace ml_inference
