// SPDX-License-Identifier: MIT
#include "app/granted_limits.h"

#include "base/byte_units.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

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

}  // namespace
}  // namespace ml_inference
