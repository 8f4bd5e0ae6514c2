// SPDX-License-Identifier: MIT
#include "host/process.h"

#include <gtest/gtest.h>

#include <chrono>
#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace ml_inference {
namespace {

// Fields 4 to 26 of proc_pid_stat(5).
constexpr const char* kRest =
    "1 1 1 0 -1 4194304 99 0 0 0 5 6 0 0 20 0 7 0 183962 3133440 363 18446744073709551615 1\n";

TEST(ProcessStat, ReadsACommandWithSpacesAndParentheses) {
  const auto stat = parse_process_stat(std::string("42 (a ) R (b) c) S ") + kRest);
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->thread_count, 7);
  EXPECT_EQ(stat->start_ticks, 183962);
  EXPECT_EQ(stat->virtual_memory_bytes, 3133440);
  EXPECT_EQ(stat->resident_pages, 363);
}

TEST(ProcessStat, RefusesTextThatBreaksTheFormat) {
  const std::string text = std::string("42 (a) S ") + kRest;
  EXPECT_FALSE(parse_process_stat("").has_value());
  EXPECT_FALSE(parse_process_stat("42 a S 1 1").has_value());
  for (std::size_t size = 0; size < text.find(" 363 ") + 4; ++size) {
    EXPECT_FALSE(parse_process_stat(text.substr(0, size)).has_value()) << size;
  }
  EXPECT_FALSE(
      parse_process_stat("1 (a) S 1 1 1 0 -1 4 9 0 0 0 5 6 0 0 20 0 x 0 1 3 3 1").has_value());
}

TEST(ProcessFacts, DescribeThisProcess) {
  const ProcessFacts facts = read_process_facts();
  EXPECT_GE(facts.cpu_seconds, 0);
  ASSERT_TRUE(facts.resident_memory_bytes && facts.virtual_memory_bytes && facts.thread_count);
  EXPECT_GT(*facts.resident_memory_bytes, 100'000U);
  EXPECT_LT(*facts.resident_memory_bytes, *facts.virtual_memory_bytes);
  EXPECT_GE(*facts.thread_count, 1U);
  ASSERT_TRUE(facts.start_time_seconds.has_value());
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  EXPECT_NEAR(*facts.start_time_seconds, now, 600);
  EXPECT_EQ(read_process_facts().start_time_seconds, facts.start_time_seconds);
}

TEST(ProcessFacts, CountOpenFiles) {
  const auto before = read_process_facts().open_fd_count;
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const auto with_one_more = read_process_facts().open_fd_count;
  ::close(fd);
  ASSERT_TRUE(before && with_one_more);
  EXPECT_EQ(*with_one_more, *before + 1);
}

}  // namespace
}  // namespace ml_inference
