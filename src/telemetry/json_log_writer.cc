// SPDX-License-Identifier: MIT
#include "telemetry/json_log_writer.h"

#include "base/assert.h"
#include "base/byte_units.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace ml_inference {
namespace {

constexpr std::size_t kSizeMin = 64 * kKibibyte;

// The warning has some 150 bytes.
constexpr std::size_t kWarningSizeMax = 512;

// How long lines may gather: long enough that a busy server wakes the thread seldom, short enough
// for a person who looks on.
constexpr std::chrono::milliseconds kRest{50};

// Between two looks at whether the log was abandoned while a non-blocking descriptor is full.
constexpr int kPollMilliseconds = 50;

}  // namespace

JsonLogWriter::JsonLogWriter(int fd, std::size_t size_bytes, bool warns)
    : fd_(fd), capacity_(size_bytes / 2), warns_(warns) {
  ASSERT(size_bytes >= kSizeMin);
  // Not set to zero: pages that no line ever reaches cost no memory.
  for (Buffer* buffer : {&filling_, &draining_}) {
    buffer->bytes = std::make_unique_for_overwrite<char[]>(capacity_ + kWarningSizeMax);
  }
}

void JsonLogWriter::append(LogLevel level, std::string_view line) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    const std::size_t room = level >= LogLevel::warning ? capacity_ : capacity_ - capacity_ / 8;
    if (filling_.size + line.size() > room) {
      dropped_count_.fetch_add(1, std::memory_order_relaxed);
      return;  // so full a buffer has long woken the thread
    }
    std::memcpy(filling_.bytes.get() + filling_.size, line.data(), line.size());
    filling_.size += line.size();
    ++filling_.line_count;
    ++appended_line_count_;
    const bool urgent = level == LogLevel::error || filling_.size >= capacity_ / 8;
    wake = idle_ || (urgent && !urgent_);
    idle_ = false;
    urgent_ = urgent_ || urgent;
  }
  if (wake) work_.notify_one();
}

void JsonLogWriter::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    idle_ = filling_.size == 0;
    work_.wait(lock, [this] { return filling_.size > 0 || stopping_; });
    idle_ = false;
    if (filling_.size == 0) break;
    write_round(lock);
    work_.wait_for(lock, kRest, [this] { return urgent_ || stopping_; });
  }
  stopped_ = true;
  round_done_.notify_all();
}

void JsonLogWriter::write_round(std::unique_lock<std::mutex>& lock) {
  std::swap(filling_, draining_);
  filling_.size = 0;
  filling_.line_count = 0;
  urgent_ = false;
  const std::uint64_t line_count = draining_.line_count;
  lock.unlock();
  write_out();
  lock.lock();
  settled_line_count_ += line_count;
  round_done_.notify_all();
}

// Behind the lines that filled the buffer, where the lost ones would stand.
void JsonLogWriter::add_warning(std::uint64_t dropped_count) {
  const std::array<LogField, 1> fields = {
      {{"dropped_lines", static_cast<std::int64_t>(dropped_count - told_dropped_count_)}}};
  const std::string_view line = warning_.format(std::chrono::system_clock::now(), LogLevel::warning,
                                                "telemetry.json_log", "Log lines dropped", fields);
  ASSERT(draining_.size + line.size() <= capacity_ + kWarningSizeMax);
  std::memcpy(draining_.bytes.get() + draining_.size, line.data(), line.size());
  draining_.size += line.size();
}

void JsonLogWriter::write_out() {
  const std::uint64_t dropped = dropped_count_.load(std::memory_order_relaxed);
  const bool warning = warns_ && dropped != told_dropped_count_;
  if (warning) add_warning(dropped);
  if (within_line_ && write_all("\n") == 1) within_line_ = false;
  const std::string_view bytes(draining_.bytes.get(), draining_.size);
  const std::size_t size = within_line_ ? 0 : write_all(bytes);
  if (size == bytes.size()) {
    written_count_.fetch_add(draining_.line_count + (warning ? 1 : 0), std::memory_order_relaxed);
    told_dropped_count_ = dropped;
    return;
  }
  const auto out = static_cast<std::uint64_t>(std::ranges::count(bytes.substr(0, size), '\n'));
  written_count_.fetch_add(out, std::memory_order_relaxed);
  dropped_count_.fetch_add(draining_.line_count - out, std::memory_order_relaxed);
  if (size > 0) within_line_ = bytes[size - 1] != '\n';
}

// The number of bytes that the descriptor took before it refused for good.
std::size_t JsonLogWriter::write_all(std::string_view bytes) const {
  std::size_t size = 0;
  while (size < bytes.size() && !abandoned_.load(std::memory_order_relaxed)) {
    const ssize_t taken = ::write(fd_, bytes.data() + size, bytes.size() - size);
    if (taken > 0) {
      size += static_cast<std::size_t>(taken);
    } else if (taken == 0 || (errno != EINTR && errno != EAGAIN)) {
      break;
    } else if (errno == EAGAIN && !wait_until_writable()) {
      break;
    }
  }
  return size;
}

bool JsonLogWriter::wait_until_writable() const {
  while (!abandoned_.load(std::memory_order_relaxed)) {
    pollfd poll_fd{.fd = fd_, .events = POLLOUT, .revents = 0};
    const int ready = ::poll(&poll_fd, 1, kPollMilliseconds);
    if (ready > 0) return true;  // or closed, which write() will tell
    if (ready < 0 && errno != EINTR) return false;
  }
  return false;
}

void JsonLogWriter::flush(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  const std::uint64_t target = appended_line_count_;
  urgent_ = true;
  work_.notify_one();
  round_done_.wait_for(lock, limit, [&] { return settled_line_count_ >= target; });
}

bool JsonLogWriter::stop(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  work_.notify_one();
  if (round_done_.wait_for(lock, limit, [this] { return stopped_; })) return true;
  abandoned_.store(true, std::memory_order_relaxed);
  return false;
}

}  // namespace ml_inference
