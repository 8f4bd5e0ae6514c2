// SPDX-License-Identifier: MIT
#include "host/cpu.h"

#include <gtest/gtest.h>

namespace ml_inference {
namespace {

TEST(GrantedCpuCount, RoundsTheQuotaUp) {
  EXPECT_EQ(granted_cpu_count(64, CpuQuota{50000, 100000}), 1);
  EXPECT_EQ(granted_cpu_count(64, CpuQuota{100000, 100000}), 1);
  EXPECT_EQ(granted_cpu_count(64, CpuQuota{100001, 100000}), 2);
  EXPECT_EQ(granted_cpu_count(64, CpuQuota{250000, 100000}), 3);
}

TEST(GrantedCpuCount, NeverExceedsTheAffinity) {
  EXPECT_EQ(granted_cpu_count(2, CpuQuota{1600000, 100000}), 2);
  EXPECT_EQ(granted_cpu_count(2, std::nullopt), 2);
}

TEST(GrantedCpuCount, IsAtLeastOne) {
  EXPECT_EQ(granted_cpu_count(4, CpuQuota{0, 100000}), 1);
  EXPECT_EQ(granted_cpu_count(0, std::nullopt), 1);
  EXPECT_GE(affinity_cpu_count(), 1);
}

TEST(GrantedCpuCount, WithoutControlGroupsIsTheAffinity) {
  EXPECT_EQ(granted_cpu_count(Cgroup()), affinity_cpu_count());
}

}  // namespace
}  // namespace ml_inference
