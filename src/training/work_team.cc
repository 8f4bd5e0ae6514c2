// SPDX-License-Identifier: MIT
#include "training/work_team.h"

#include <system_error>

namespace ml_inference {
namespace {

// About 20 microseconds: more than the time between two rounds of work on one tree, less than what
// another process would miss.
constexpr int kSpinCount = 1'000;

void relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

WorkTeam::WorkTeam(std::size_t thread_count) {
  try {
    for (std::size_t worker = 1; worker < thread_count; ++worker) {
      helpers_.emplace_back([this, worker] { help(worker); });
    }
  } catch (const std::system_error&) {
    // Fewer threads, the same answers.
  }
}

WorkTeam::~WorkTeam() {
  is_over_ = true;
  ++calls_;
  calls_.notify_all();
}

void WorkTeam::run(std::size_t count, const Work& work) {
  if (helpers_.empty() || count < 2) {
    for (std::size_t index = 0; index < count; ++index) work(0, index);
    return;
  }
  work_ = &work;
  unfinished_.store(count, std::memory_order_relaxed);
  remaining_.store(count, std::memory_order_release);
  ++calls_;
  calls_.notify_all();
  while (take_one(0)) {
  }
  // What is left is being worked on: for about as long as the caller's own last index took.
  for (int spin = 0; unfinished_.load(std::memory_order_acquire) != 0; ++spin) {
    relax();
    if (spin > kSpinCount) std::this_thread::yield();
  }
}

// Whoever takes an index keeps run() from returning until it is done, so that work_ stays what it
// is. The largest indices come first.
bool WorkTeam::take_one(std::size_t worker) {
  std::size_t remaining = remaining_.load(std::memory_order_acquire);
  do {
    if (remaining == 0) return false;
  } while (!remaining_.compare_exchange_weak(remaining, remaining - 1, std::memory_order_acquire));
  (*work_)(worker, remaining - 1);
  unfinished_.fetch_sub(1, std::memory_order_release);
  return true;
}

void WorkTeam::help(std::size_t worker) {
  std::uint32_t seen = calls_;
  while (!is_over_) {
    while (take_one(worker)) {
    }
    for (int spin = 0; spin < kSpinCount && calls_ == seen; ++spin) relax();
    calls_.wait(seen);
    seen = calls_;
  }
}

}  // namespace ml_inference
