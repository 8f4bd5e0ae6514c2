// SPDX-License-Identifier: MIT
#include "host/cgroup_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ml_inference {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(CgroupText, ReadsMembershipsOfBothVersions) {
  const auto memberships =
      parse_memberships("4:cpu,cpuacct:/pod/a\n1:name=systemd:/x:y\n0::/pod/b\n");
  ASSERT_TRUE(memberships.has_value());
  ASSERT_EQ(memberships->size(), 3);
  EXPECT_FALSE((*memberships)[0].v2);
  EXPECT_THAT((*memberships)[0].controllers, ElementsAre("cpu", "cpuacct"));
  EXPECT_EQ((*memberships)[0].path, "/pod/a");
  EXPECT_THAT((*memberships)[1].controllers, ElementsAre("name=systemd"));
  EXPECT_EQ((*memberships)[1].path, "/x:y");
  EXPECT_TRUE((*memberships)[2].v2);
  EXPECT_THAT((*memberships)[2].controllers, IsEmpty());
}

TEST(CgroupText, RefusesAMembershipThatBreaksTheFormat) {
  EXPECT_EQ(parse_memberships("0::/\nx:cpu:/\n").error(),
            (Error{Code::data_loss,
                   "/proc/self/cgroup: line 2: expected a hierarchy number and a colon"}));
  EXPECT_EQ(parse_memberships("4:cpu").error(),
            (Error{Code::data_loss,
                   "/proc/self/cgroup: line 1: expected a path that begins with a slash"}));
}

TEST(CgroupText, FindsCgroupMountsAmongOthers) {
  const auto mounts = parse_cgroup_mounts(
      "22 28 0:20 / /sys rw,nosuid shared:7 - sysfs sysfs rw\n"
      "32 31 0:29 /pod\\040a /sys/fs/cgroup/cpu rw,relatime shared:1 master:2 - cgroup cgroup "
      "rw,cpu,cpuacct\n"
      "41 31 0:38 / /sys/fs/cgroup/uni\\134fied rw - cgroup2 cgroup2 rw,nsdelegate\n");
  ASSERT_TRUE(mounts.has_value());
  ASSERT_EQ(mounts->size(), 2);
  EXPECT_FALSE((*mounts)[0].v2);
  EXPECT_EQ((*mounts)[0].root, "/pod a");
  EXPECT_EQ((*mounts)[0].mount_point, "/sys/fs/cgroup/cpu");
  EXPECT_THAT((*mounts)[0].options, ElementsAre("rw", "cpu", "cpuacct"));
  EXPECT_TRUE((*mounts)[1].v2);
  EXPECT_EQ((*mounts)[1].mount_point, "/sys/fs/cgroup/uni\\fied");
}

TEST(CgroupText, RefusesAMountThatBreaksTheFormat) {
  EXPECT_EQ(
      parse_cgroup_mounts("22 28 0:20 / /sys rw\n").error(),
      (Error{Code::data_loss,
             "/proc/self/mountinfo: line 1: expected \" - \" before the file system's type"}));
  EXPECT_EQ(
      parse_cgroup_mounts("22 28 0:20 x y rw - cgroup2 cgroup2 rw").error(),
      (Error{Code::data_loss, "/proc/self/mountinfo: line 1: expected a root and a mount point"}));
}

TEST(CgroupText, PlacesAPathBelowTheMountsRoot) {
  EXPECT_EQ(path_below_mount("/", "/pod/a"), "/pod/a");
  EXPECT_EQ(path_below_mount("/", "/"), "");
  EXPECT_EQ(path_below_mount("/pod", "/pod/a"), "/a");
  EXPECT_EQ(path_below_mount("/pod", "/pod"), "");
  EXPECT_EQ(path_below_mount("/pod", "/pod1"), std::nullopt);
  EXPECT_EQ(path_below_mount("/pod", "/"), std::nullopt);
  EXPECT_EQ(path_below_mount("/../..", "/"), std::nullopt);
  EXPECT_EQ(path_below_mount("/", "/../sibling"), std::nullopt);
}

TEST(CgroupText, ReadsOnlyWholeUnsignedNumbers) {
  EXPECT_EQ(parse_count("536870912\n"), 536870912U);
  EXPECT_EQ(parse_count("18446744073709551615"), 18446744073709551615U);
  EXPECT_EQ(parse_count("18446744073709551616"), std::nullopt);
  EXPECT_EQ(parse_count("max\n"), std::nullopt);
  EXPECT_EQ(parse_count("-1\n"), std::nullopt);
  EXPECT_EQ(parse_count("12a"), std::nullopt);
  EXPECT_EQ(parse_count(""), std::nullopt);
}

TEST(CgroupText, FindsAKeyOnlyWholeAndAtTheStartOfALine) {
  constexpr std::string_view kEvents = "oom 7\noom_kill_x 3\nold oom_kill 4\noom_kill 2\n";
  EXPECT_EQ(find_number(kEvents, "oom_kill"), 2U);
  EXPECT_EQ(find_number(kEvents, "oom"), 7U);
  EXPECT_EQ(find_number(kEvents, "kill"), std::nullopt);
}

TEST(CgroupText, ReadsCpuMax) {
  EXPECT_EQ(parse_cpu_max("50000 100000\n"), (CpuQuota{50000, 100000}));
  EXPECT_EQ(parse_cpu_max("max 100000\n"), std::nullopt);
  EXPECT_EQ(parse_cpu_max("50000 0\n"), std::nullopt);
  EXPECT_EQ(parse_cpu_max("50000\n"), std::nullopt);
}

TEST(CgroupText, ReadsPressureWithAndWithoutAFullLine) {
  const auto both = parse_pressure(
      "some avg10=0.12 avg60=0.00 avg300=0.00 total=2500000\n"
      "full avg10=0.00 avg60=0.00 avg300=0.00 total=500000\n");
  ASSERT_TRUE(both.has_value());
  EXPECT_EQ(both->some_seconds, 2.5);
  EXPECT_EQ(both->full_seconds, 0.5);
  const auto some = parse_pressure("some avg10=0.12 avg60=0.00 avg300=0.00 total=1\n");
  ASSERT_TRUE(some.has_value());
  EXPECT_EQ(some->full_seconds, 0);
  EXPECT_FALSE(parse_pressure("some avg10=0.12\n").has_value());
  EXPECT_FALSE(parse_pressure("").has_value());
}

}  // namespace
}  // namespace ml_inference
