// SPDX-License-Identifier: MIT
#include "app/row_progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace ml_inference {
namespace {

// Often enough to look alive; and a run that is over before needs no progress.
constexpr std::chrono::milliseconds kEvery{250};

std::string with_commas(std::size_t number) {
  std::string text = std::to_string(number);
  for (std::size_t place = text.size(); place > 3;) {
    place -= 3;
    text.insert(place, ",");
  }
  return text;
}

}  // namespace

std::string progress_text(std::size_t row_count, std::chrono::duration<double> taken) {
  // A clock that has not moved yet would give an infinite speed.
  const double seconds = std::max(taken.count(), 1e-3);
  const auto speed = static_cast<std::size_t>(static_cast<double>(row_count) / seconds);
  return fmt::format("{} rows, {} rows/s", with_commas(row_count), with_commas(speed));
}

RowProgress::RowProgress(Shown shown)
    : shown_(shown), begin_(Clock::now()), next_(begin_ + kEvery) {}

void RowProgress::show(std::size_t row_count) {
  if (shown_ == Shown::no) return;
  const Clock::time_point now = Clock::now();
  if (now < next_) return;
  next_ = now + kEvery;
  is_on_screen_ = true;
  fmt::print(stderr, "\r{:<79}", progress_text(row_count, now - begin_));
  std::fflush(stderr);
}

RowProgress::~RowProgress() {
  if (is_on_screen_) fmt::print(stderr, "\r{:<79}\r", "");
}

}  // namespace ml_inference
