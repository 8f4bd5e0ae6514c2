// SPDX-License-Identifier: MIT
#include "app/progress_bar.h"

#include "base/assert.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

namespace ml_inference {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr milliseconds kShownAfter(1'000);
constexpr milliseconds kDrawnEvery(100);
constexpr milliseconds kTick(250);

constexpr std::size_t kBarWidthMin = 10;
constexpr std::size_t kBarWidthMax = 40;
constexpr std::size_t kUsualWidth = 80;

constexpr std::string_view kEraseLine = "\r\x1b[K";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kPlain = "\x1b[0m";

// "0:07", "12:34", "1:02:03".
std::string clock_text(milliseconds time) {
  const auto whole = std::chrono::duration_cast<seconds>(time).count();
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string bar_text(double share, std::size_t width, bool has_colour) {
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(width));
  return fmt::format("[{}{}{}{}]", has_colour ? kGreen : "", std::string(filled, '#'),
                     has_colour ? kPlain : "", std::string(width - filled, '-'));
}

bool is_set(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

std::size_t stderr_width() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsualWidth;
  return size.ws_col;
}

}  // namespace

std::string progress_text(const ProgressState& state, std::string_view noun, std::size_t width,
                          bool has_colour) {
  const double share = std::clamp(state.share, 0.0, 1.0);
  std::string text = fmt::format("{:3.0f} %  {} of {} {}  {}", share * 100, state.done, state.total,
                                 noun, clock_text(state.elapsed));
  if (share > 0) {
    const double rest = static_cast<double>(state.elapsed.count()) * (1 - share) / share;
    text += fmt::format(", about {} left", clock_text(milliseconds(static_cast<long>(rest))));
  }
  // The last column stays free: a terminal may begin a new line behind it.
  const std::size_t room = width > 0 ? width - 1 : 0;
  if (text.size() + kBarWidthMin + 3 > room) return text.substr(0, room);
  return bar_text(share, std::min(room - text.size() - 3, kBarWidthMax), has_colour) + ' ' + text;
}

ProgressTerminal stderr_terminal() {
  if (isatty(STDERR_FILENO) != 1 || !is_set("TERM") ||
      std::string_view(std::getenv("TERM")) == "dumb") {
    return {};
  }
  return {
      .has_colour = !is_set("NO_COLOR"),
      .width = stderr_width,
      .write =
          [](std::string_view bytes) {
            // A terminal that takes nothing more is no reason to stop training.
            static_cast<void>(std::fwrite(bytes.data(), 1, bytes.size(), stderr));
            static_cast<void>(std::fflush(stderr));
          },
      .now = steady_clock::now,
  };
}

ProgressBar::ProgressBar(ProgressTerminal terminal, std::string noun, const Work& work)
    : terminal_(std::move(terminal)),
      noun_(std::move(noun)),
      work_(work),
      begin_(terminal_.is_there() ? terminal_.now() : steady_clock::time_point()),
      part_total_(work.step_count) {
  ASSERT(work.part_count > 0 && work.step_count > 0 && work.weight > 0);
}

ProgressBar::~ProgressBar() {
  if (is_drawn_) terminal_.write(kEraseLine);
}

void ProgressBar::begin_part(double weight) {
  const std::lock_guard lock(mutex_);
  finished_weight_ += std::exchange(part_weight_, weight);
  finished_steps_ += std::exchange(part_steps_, 0);
}

void ProgressBar::advance(std::size_t total) {
  if (!terminal_.is_there()) return;
  const std::lock_guard lock(mutex_);
  ++part_steps_;
  part_total_ = total;
  draw_if_due();
}

void ProgressBar::refresh() {
  if (!terminal_.is_there()) return;
  const std::lock_guard lock(mutex_);
  draw_if_due();
}

ProgressState ProgressBar::state() const {
  const double part_share = static_cast<double>(part_steps_) / static_cast<double>(part_total_);
  return {.done = finished_steps_ + part_steps_,
          .total = work_.part_count * part_total_,
          .share = (finished_weight_ + part_weight_ * part_share) / work_.weight,
          .elapsed = std::chrono::duration_cast<milliseconds>(terminal_.now() - begin_)};
}

void ProgressBar::draw_if_due() {
  const steady_clock::time_point now = terminal_.now();
  if (now - begin_ < kShownAfter) return;
  if (is_drawn_ && now - last_drawn_ < kDrawnEvery) return;
  last_drawn_ = now;
  is_drawn_ = true;
  const std::string text = progress_text(state(), noun_, terminal_.width(), terminal_.has_colour);
  terminal_.write(fmt::format("{}{}", kEraseLine, text));
}

ProgressTicker::ProgressTicker(ProgressBar& bar, bool is_needed) {
  if (!is_needed) return;
  thread_ = std::jthread([this, &bar] {
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, kTick, [this] { return is_over_; })) bar.refresh();
  });
}

ProgressTicker::~ProgressTicker() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_one();
}

}  // namespace ml_inference
