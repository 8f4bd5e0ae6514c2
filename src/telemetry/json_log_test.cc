// SPDX-License-Identifier: MIT
// The log writes to pipes whose other end the tests hold: read, left full, or closed.
#include "telemetry/json_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <poll.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace ml_inference {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

constexpr std::size_t kSmallBuffer = 64 << 10;
constexpr seconds kEnough{30};  // a limit that only a fault reaches

class Pipe {
 public:
  explicit Pipe(int flags = 0) {
    int fds[2];
    EXPECT_EQ(::pipe2(fds, O_CLOEXEC | flags), 0);
    read_fd_ = fds[0];
    write_fd = fds[1];
  }
  ~Pipe() {
    close_reader();
    if (write_fd >= 0) ::close(write_fd);
  }
  void close_reader() {
    if (read_fd_ >= 0) ::close(read_fd_);
    read_fd_ = -1;
  }
  void close_writer() {
    ::close(write_fd);
    write_fd = -1;
  }
  // Waits for bytes if there are none. Empty at the end.
  std::string read_some() const {
    pollfd poll_fd{.fd = read_fd_, .events = POLLIN, .revents = 0};
    EXPECT_EQ(::poll(&poll_fd, 1, 30'000), 1);
    std::string bytes(65536, '\0');
    const ssize_t size = ::read(read_fd_, bytes.data(), bytes.size());
    bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return bytes;
  }
  std::string read_to_end() {
    close_writer();
    std::string all;
    for (std::string some = read_some(); !some.empty(); some = read_some()) all += some;
    return all;
  }

  int write_fd = -1;

 private:
  int read_fd_ = -1;
};

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    lines.push_back(text.substr(begin, end - begin));
  }
  return lines;
}

// The integer after "key": in a line, or minus one.
std::int64_t number_after(const std::string& line, const std::string& key) {
  const std::size_t at = line.find("\"" + key + "\":");
  return at == std::string::npos ? -1 : std::stoll(line.substr(at + key.size() + 3));
}

TEST(JsonLog, WritesLinesOfItsLevelAndAbove) {
  Pipe pipe;
  {
    JsonLog log(pipe.write_fd, {.level = LogLevel::warning});
    EXPECT_FALSE(log.enabled(LogLevel::info));
    log.write(LogLevel::info, "a", "not this");
    log.write(LogLevel::warning, "a", "first", {{"status", 200}});
    log.write(LogLevel::error, "b", "second");
    log.flush(kEnough);
    EXPECT_EQ(log.written_count(), 2);
    EXPECT_EQ(log.dropped_count(), 0);
  }
  const auto lines = split_lines(pipe.read_to_end());
  ASSERT_EQ(lines.size(), 2);
  EXPECT_THAT(lines[0],
              HasSubstr(R"("level":"WARNING","logger":"a","message":"first","status":200})"));
  EXPECT_THAT(lines[1], HasSubstr(R"("level":"ERROR","logger":"b","message":"second"})"));
}

TEST(JsonLog, ShowsTheFirstLineWithoutBeingFlushed) {
  Pipe pipe;
  JsonLog log(pipe.write_fd);
  log.write(LogLevel::info, "a", "hello");
  EXPECT_THAT(pipe.read_some(), HasSubstr("hello"));
  log.write(LogLevel::error, "a", "trouble");
  EXPECT_THAT(pipe.read_some(), HasSubstr("trouble"));
}

TEST(JsonLog, WritesWhatWaitsWhenItEnds) {
  Pipe pipe;
  {
    JsonLog log(pipe.write_fd);
    for (int index = 0; index < 100; ++index) log.write(LogLevel::info, "a", "line");
  }
  EXPECT_EQ(split_lines(pipe.read_to_end()).size(), 100);
}

TEST(JsonLog, KeepsTheLinesOfManyThreadsWholeAndInOrder) {
  constexpr int kThreads = 4, kLines = 2000;
  Pipe pipe;
  std::string all;
  std::thread reader;
  {
    JsonLog log(pipe.write_fd, {.buffer_size_bytes = 4 << 20});
    reader = std::thread([&] {
      for (std::string some = pipe.read_some(); !some.empty(); some = pipe.read_some()) all += some;
    });
    std::vector<std::thread> writers;
    for (int thread = 0; thread < kThreads; ++thread) {
      writers.emplace_back([&log, thread] {
        for (int index = 0; index < kLines; ++index) {
          log.write(LogLevel::info, "a", "line", {{"thread", thread}, {"index", index}});
        }
      });
    }
    for (std::thread& writer : writers) writer.join();
  }
  pipe.close_writer();
  reader.join();

  std::vector<std::int64_t> next(kThreads, 0);
  for (const std::string& line : split_lines(all)) {
    const auto thread = static_cast<std::size_t>(number_after(line, "thread"));
    ASSERT_LT(thread, kThreads) << line;
    EXPECT_EQ(number_after(line, "index"), next[thread]++);
  }
  for (std::int64_t count : next) EXPECT_EQ(count, kLines);
}

// Writes numbered lines until some are lost, lets a reader in, and compares what came with the
// counts.
void lose_lines_and_account_for_them(int flags) {
  Pipe pipe(flags);
  std::int64_t count = 0;
  std::uint64_t dropped = 0, written = 0;
  std::string all;
  std::thread reader;
  {
    JsonLog log(pipe.write_fd, {.buffer_size_bytes = kSmallBuffer});
    while (log.dropped_count() == 0) log.write(LogLevel::info, "a", "line", {{"index", count++}});
    log.write(LogLevel::error, "a", "errors have room when nothing else has");
    EXPECT_EQ(log.dropped_count(), 1);
    for (int more = 0; more < 10; ++more)
      log.write(LogLevel::info, "a", "line", {{"index", count++}});
    reader = std::thread([&] {
      for (std::string some = pipe.read_some(); !some.empty(); some = pipe.read_some()) all += some;
    });
    log.flush(kEnough);
    log.write(LogLevel::info, "a", "line", {{"index", count++}});
    log.flush(kEnough);
    dropped = log.dropped_count();
    written = log.written_count();
  }
  pipe.close_writer();
  reader.join();

  std::uint64_t told = 0, seen = 0;
  std::int64_t last = -1;
  const auto lines = split_lines(all);
  for (const std::string& line : lines) {
    if (number_after(line, "dropped_lines") > 0) {
      EXPECT_THAT(line, HasSubstr(R"("level":"WARNING","logger":"telemetry.json_log")"));
      told += static_cast<std::uint64_t>(number_after(line, "dropped_lines"));
    } else if (number_after(line, "index") >= 0) {
      EXPECT_GT(number_after(line, "index"), last);
      last = number_after(line, "index");
      ++seen;
    }
  }
  EXPECT_EQ(lines.size(), written);
  EXPECT_EQ(told, dropped);
  EXPECT_EQ(seen + dropped, static_cast<std::uint64_t>(count));
  EXPECT_EQ(last, count - 1) << "the log works again";
  EXPECT_THAT(all, HasSubstr("errors have room"));
}

TEST(JsonLog, DropsCountsAndTellsWhenTheReaderIsTooSlow) { lose_lines_and_account_for_them(0); }

TEST(JsonLog, WaitsForANonBlockingDescriptor) { lose_lines_and_account_for_them(O_NONBLOCK); }

TEST(JsonLog, CountsTheLinesThatAClosedPipeRefuses) {
  Pipe pipe;
  pipe.close_reader();
  JsonLog log(pipe.write_fd);
  for (int index = 0; index < 10; ++index) log.write(LogLevel::info, "a", "line");
  log.flush(kEnough);
  log.write(LogLevel::info, "a", "one more");
  log.flush(kEnough);
  EXPECT_EQ(log.dropped_count(), 11);
  EXPECT_EQ(log.written_count(), 0);
}

TEST(JsonLog, CountsTheLinesThatAFullDiskRefuses) {
  const int fd = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  {
    JsonLog log(fd);
    log.write(LogLevel::info, "a", "line");
    log.flush(kEnough);
    EXPECT_EQ(log.dropped_count(), 1);
  }
  ::close(fd);
}

TEST(JsonLog, LeavesWithinItsLimitWhenTheReaderIsStuck) {
  Pipe pipe;
  {
    JsonLog log(pipe.write_fd,
                {.buffer_size_bytes = kSmallBuffer, .exit_flush_limit = milliseconds(10)});
    while (log.dropped_count() == 0) log.write(LogLevel::info, "a", "line");
    log.flush(milliseconds(10));
  }
  pipe.close_reader();  // sets free the thread that was left behind,
  pipe.write_fd = -1;   // which may still be using this end: it stays open
}

TEST(JsonLog, FlushesAtOnceWhenNothingWaits) {
  Pipe pipe;
  JsonLog log(pipe.write_fd);
  log.flush(kEnough);
  EXPECT_EQ(log.written_count(), 0);
}

}  // namespace
}  // namespace ml_inference
