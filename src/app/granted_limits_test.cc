// SPDX-License-Identifier: MIT
#include "app/granted_limits.h"

#include "base/byte_units.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

namespace ml_inference {
namespace {

using ::testing::HasSubstr;

constexpr AskedLimits kAsked{.thread_count = 0, .body_budget_bytes = 32 * kMebibyte};
constexpr CpuQuota kHalf{50'000, 100'000};
constexpr CpuQuota kTwo{200'000, 100'000};

TEST(GrantedLimits, AreTheFlagsWhereNothingIsLimited) {
  const GrantedLimits granted = grant_limits(kAsked, 4, std::nullopt, std::nullopt);
  EXPECT_EQ(granted.thread_count, 4U);
  EXPECT_EQ(granted.body_budget_bytes, 32 * kMebibyte);
}

TEST(GrantedLimits, FollowTheQuotaUnlessThreadsAreAskedFor) {
  EXPECT_EQ(grant_limits(kAsked, 4, kHalf, std::nullopt).thread_count, 1U);
  EXPECT_EQ(grant_limits(kAsked, 4, kTwo, std::nullopt).thread_count, 2U);
  EXPECT_EQ(grant_limits({.thread_count = 3}, 4, kHalf, std::nullopt).thread_count, 3U);
}

TEST(GrantedLimits, KeepBodiesToAQuarterOfTheMemory) {
  EXPECT_EQ(grant_limits(kAsked, 1, std::nullopt, 64 * kMebibyte).body_budget_bytes,
            16 * kMebibyte);
  EXPECT_EQ(grant_limits(kAsked, 1, std::nullopt, kGibibyte).body_budget_bytes, 32 * kMebibyte);
}

TEST(GrantedLimits, TellWhatHasChanged) {
  const GrantedLimits small = grant_limits(kAsked, 4, kHalf, 64 * kMebibyte);
  EXPECT_EQ(describe_change(small, small), "");
  EXPECT_EQ(describe_change(small, grant_limits(kAsked, 4, kTwo, 64 * kMebibyte)),
            "CPU limit 0.5 -> 2, threads 1 -> 2");
  EXPECT_EQ(describe_change(small, grant_limits(kAsked, 4, kHalf, std::nullopt)),
            "memory limit 67108864 -> none, body budget 16777216 -> 33554432");
}

TEST(LimitsFollower, SaysAndAppliesWhatChanges) {
  const std::filesystem::path root = std::filesystem::path(::testing::TempDir()) /
                                     ("granted_limits_test." + std::to_string(::getpid()));
  const auto put = [&root](const std::string& path, const std::string& text) {
    std::filesystem::create_directories((root / path).parent_path());
    std::ofstream(root / path) << text;
  };
  put("proc/self/cgroup", "0::/\n");
  put("proc/self/mountinfo", "30 29 0:26 / /cg ro - cgroup2 cgroup ro\n");
  put("cg/cpu.max", "50000 100000\n");
  put("cg/memory.max", "67108864\n");
  const auto cgroup = find_cgroup(root);
  ASSERT_TRUE(cgroup.has_value());
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
  JsonLog log(::fileno(file.get()));
  std::vector<GrantedLimits> applied;
  LimitsFollower follower(
      kAsked, *cgroup, grant_limits(kAsked, *cgroup),
      [&applied](const GrantedLimits& granted) { applied.push_back(granted); }, log);
  const auto look = [&follower] {
    for (int i = 0; i < 3; ++i) follower.look();
  };
  look();
  EXPECT_TRUE(applied.empty());
  put("cg/memory.max", "134217728\n");
  look();
  look();
  ASSERT_EQ(applied.size(), 1U);
  EXPECT_EQ(applied[0].body_budget_bytes, 32 * kMebibyte);
  EXPECT_EQ(applied[0].thread_count, 1U);

  log.flush(std::chrono::seconds(30));
  std::string text(4096, '\0');
  std::rewind(file.get());
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  EXPECT_THAT(text, HasSubstr("Limits changed: memory limit 67108864 -> 134217728, "
                              "body budget 16777216 -> 33554432"));
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace ml_inference
