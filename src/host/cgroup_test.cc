// SPDX-License-Identifier: MIT
// Each test lays out the files of a machine in a folder and asks what the container sees.
#include "host/cgroup.h"

#include "host/cpu.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <unistd.h>

namespace ml_inference {
namespace {

constexpr const char* kV2Mount = "30 29 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup ro,nsdelegate\n";

class CgroupTest : public testing::Test {
 protected:
  CgroupTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "cgroup_test.XXXXXX").string();
    root_ = ::mkdtemp(pattern.data());
  }
  ~CgroupTest() override {
    std::error_code error;
    std::filesystem::remove_all(root_, error);
  }

  void put(const std::string& path, const std::string& text) const {
    std::filesystem::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }
  CgroupFacts read() const {
    const auto cgroup = find_cgroup(root_);
    EXPECT_TRUE(cgroup.has_value()) << cgroup.error().message;
    return cgroup ? cgroup->read() : CgroupFacts{};
  }

  std::filesystem::path root_;
};

TEST_F(CgroupTest, ReadsAContainerOfVersion2InItsNamespace) {
  put("proc/self/cgroup", "0::/\n");
  put("proc/self/mountinfo", kV2Mount);
  const std::string group = "sys/fs/cgroup/";
  put(group + "cpu.max", "50000 100000\n");
  put(group + "cpu.stat", "usage_usec 9\nnr_periods 40\nnr_throttled 4\nthrottled_usec 1500000\n");
  put(group + "memory.max", "536870912\n");
  put(group + "memory.current", "3000000\n");
  put(group + "memory.peak", "4000000\n");
  put(group + "memory.stat", "anon 7\nfile 9\ninactive_anon 5\ninactive_file 1000000\n");
  put(group + "memory.events", "low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\noom_group_kill 0\n");
  put(group + "pids.max", "max\n");
  put(group + "pids.current", "12\n");
  put(group + "cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=250000\n");

  const CgroupFacts facts = read();
  EXPECT_EQ(facts.cpu_quota, (CpuQuota{50000, 100000}));
  ASSERT_TRUE(facts.cpu_throttling.has_value());
  EXPECT_EQ(facts.cpu_throttling->period_count, 40);
  EXPECT_EQ(facts.cpu_throttling->throttled_period_count, 4);
  EXPECT_EQ(facts.cpu_throttling->throttled_seconds, 1.5);
  EXPECT_EQ(facts.memory_limit_bytes, 536870912U);
  EXPECT_EQ(facts.memory_usage_bytes, 3000000U);
  EXPECT_EQ(facts.memory_working_set_bytes, 2000000U);
  EXPECT_EQ(facts.memory_peak_bytes, 4000000U);
  EXPECT_EQ(facts.oom_kill_count, 1U);
  EXPECT_EQ(facts.pids_limit, std::nullopt);
  EXPECT_EQ(facts.pids_current, 12U);
  ASSERT_TRUE(facts.cpu_pressure.has_value());
  EXPECT_EQ(facts.cpu_pressure->some_seconds, 0.25);
  EXPECT_FALSE(facts.memory_pressure.has_value());
}

TEST_F(CgroupTest, TakesTheLeastLimitOfAllParentsOfVersion2) {
  put("proc/self/cgroup", "0::/pods/pod1/main\n");
  put("proc/self/mountinfo", kV2Mount);
  const std::string pods = "sys/fs/cgroup/pods/";
  put(pods + "cpu.max", "max 100000\n");
  put(pods + "memory.max", "900\n");
  put(pods + "pod1/cpu.max", "100000 100000\n");
  put(pods + "pod1/cpu.stat", "nr_periods 8\nnr_throttled 2\nthrottled_usec 0\n");
  put(pods + "pod1/memory.max", "max\n");
  put(pods + "pod1/main/cpu.max", "300000 200000\n");
  put(pods + "pod1/main/cpu.stat", "nr_periods 1\nnr_throttled 1\nthrottled_usec 0\n");
  put(pods + "pod1/main/memory.max", "1000\n");

  const CgroupFacts facts = read();
  EXPECT_EQ(facts.cpu_quota, (CpuQuota{100000, 100000}));
  EXPECT_EQ(facts.memory_limit_bytes, 900U);
  ASSERT_TRUE(facts.cpu_throttling.has_value());
  EXPECT_EQ(facts.cpu_throttling->period_count, 8) << "of the group that holds the quota";
}

TEST_F(CgroupTest, ReadsAContainerOfVersion1WhoseMountRootIsItsGroup) {
  put("proc/self/cgroup", "5:cpu,cpuacct:/docker/abc\n4:memory:/docker/abc\n3:pids:/docker/abc\n");
  put("proc/self/mountinfo",
      "40 39 0:33 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct\n"
      "41 39 0:34 /docker/abc /sys/fs/cgroup/memory ro master:9 - cgroup cgroup rw,memory\n"
      "42 39 0:35 /docker/abc /sys/fs/cgroup/pids ro - cgroup cgroup rw,pids\n");
  const std::string group = "sys/fs/cgroup/";
  put(group + "cpu,cpuacct/cpu.cfs_quota_us", "150000\n");
  put(group + "cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  put(group + "cpu,cpuacct/cpu.stat", "nr_periods 5\nnr_throttled 3\nthrottled_time 2500000000\n");
  put(group + "memory/memory.limit_in_bytes", "9223372036854771712\n");
  put(group + "memory/memory.usage_in_bytes", "500\n");
  put(group + "memory/memory.max_usage_in_bytes", "800\n");
  put(group + "memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 6\n");
  put(group + "memory/memory.stat",
      "inactive_file 1\nhierarchical_memory_limit 700\ntotal_inactive_file 600\n");
  put(group + "pids/pids.max", "64\n");
  put(group + "pids/pids.current", "3\n");

  const CgroupFacts facts = read();
  EXPECT_EQ(facts.cpu_quota, (CpuQuota{150000, 100000}));
  ASSERT_TRUE(facts.cpu_throttling.has_value());
  EXPECT_EQ(facts.cpu_throttling->throttled_seconds, 2.5);
  EXPECT_EQ(facts.memory_limit_bytes, 700U) << "of a parent that is not mounted here";
  EXPECT_EQ(facts.memory_usage_bytes, 500U);
  EXPECT_EQ(facts.memory_working_set_bytes, 0U) << "never below zero";
  EXPECT_EQ(facts.memory_peak_bytes, 800U);
  EXPECT_EQ(facts.oom_kill_count, 6U);
  EXPECT_EQ(facts.pids_limit, 64U);
  EXPECT_FALSE(facts.cpu_pressure.has_value());
}

TEST_F(CgroupTest, PrefersTheControllersOfVersion1OnAHybridMachine) {
  put("proc/self/cgroup", "1:cpu:/a\n0::/b\n");
  put("proc/self/mountinfo",
      "40 39 0:33 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n"
      "41 39 0:34 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
  put("sys/fs/cgroup/cpu/a/cpu.cfs_quota_us", "-1\n");
  put("sys/fs/cgroup/cpu/a/cpu.cfs_period_us", "100000\n");
  put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  put("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  put("sys/fs/cgroup/unified/b/cpu.max", "1 100000\n");
  put("sys/fs/cgroup/unified/b/memory.current", "77\n");
  put("sys/fs/cgroup/unified/b/memory.pressure",
      "some avg10=0 avg60=0 avg300=0 total=4000000\nfull avg10=0 avg60=0 avg300=0 total=1000000\n");

  const CgroupFacts facts = read();
  EXPECT_EQ(facts.cpu_quota, std::nullopt);
  EXPECT_EQ(facts.memory_usage_bytes, 77U);
  ASSERT_TRUE(facts.memory_pressure.has_value());
  EXPECT_EQ(facts.memory_pressure->full_seconds, 1);
}

TEST_F(CgroupTest, TakesTheMountPointWhenThePathLiesOutsideOfIt) {
  put("sys/fs/cgroup/cpu.max", "20000 100000\n");
  for (const char* root : {"/", "/docker/abc", "/../.."}) {
    for (const char* path : {"/docker/not-visible", "/../other", "/"}) {
      put("proc/self/cgroup", std::string("0::") + path + "\n");
      put("proc/self/mountinfo",
          std::string("30 29 0:26 ") + root + " /sys/fs/cgroup ro - cgroup2 cgroup ro\n");
      EXPECT_EQ(read().cpu_quota, (CpuQuota{20000, 100000})) << root << " " << path;
    }
  }
}

TEST_F(CgroupTest, PrefersTheMountThatShowsTheOwnGroup) {
  put("proc/self/cgroup", "0::/pod/a\n");
  put("proc/self/mountinfo",
      std::string("29 28 0:26 /other /mnt ro - cgroup2 cgroup ro\n") + kV2Mount);
  put("mnt/cpu.max", "1 2\n");
  put("sys/fs/cgroup/pod/a/cpu.max", "3 4\n");
  EXPECT_EQ(read().cpu_quota, (CpuQuota{3, 4}));
}

TEST_F(CgroupTest, KnowsNoFactsOnAMachineWithoutControlGroups) {
  put("proc/self/cgroup", "");
  put("proc/self/mountinfo", "22 28 0:20 / /sys rw shared:7 - sysfs sysfs rw\n");
  const CgroupFacts facts = read();
  EXPECT_FALSE(facts.cpu_quota || facts.memory_usage_bytes || facts.pids_current);
  EXPECT_FALSE(facts.cpu_throttling || facts.cpu_pressure);
}

TEST_F(CgroupTest, SaysWhichFileIsMissingOrBroken) {
  const auto missing = find_cgroup(root_);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, Code::not_found);
  EXPECT_TRUE(
      missing.error().message.ends_with("cgroup: cannot be read: No such file or directory"))
      << missing.error().message;
  put("proc/self/cgroup", "0::/\n");
  put("proc/self/mountinfo", "nonsense\n");
  EXPECT_EQ(find_cgroup(root_).error().code, Code::data_loss);
}

TEST_F(CgroupTest, FollowsALimitThatChangesWhileWeRun) {
  put("proc/self/cgroup", "0::/\n");
  put("proc/self/mountinfo", kV2Mount);
  put("sys/fs/cgroup/cpu.max", "50000 100000\n");
  const auto cgroup = find_cgroup(root_);
  ASSERT_TRUE(cgroup.has_value());
  EXPECT_EQ(granted_cpu_count(*cgroup), 1);
  put("sys/fs/cgroup/cpu.max", "250000 100000\n");
  EXPECT_EQ(cgroup->cpu_quota(), (CpuQuota{250000, 100000}));
}

TEST(Cgroup, ReadsTheMachineThatRunsThisTest) {
  const auto cgroup = find_cgroup();
  ASSERT_TRUE(cgroup.has_value()) << cgroup.error().message;
  EXPECT_LE(granted_cpu_count(*cgroup), affinity_cpu_count());
}

}  // namespace
}  // namespace ml_inference
