// SPDX-License-Identifier: MIT
#include "app/host_metrics.h"

#include "telemetry/exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

namespace ml_inference {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> family_names(const Metrics& metrics) {
  std::vector<std::string> names;
  for (const MetricFamily& family : metrics.collect()) names.push_back(family.name);
  return names;
}

TEST(HostMetrics, DescribeTheProcessWithoutAContainer) {
  Metrics metrics;
  register_host_metrics(metrics, Cgroup());
  EXPECT_THAT(family_names(metrics),
              ElementsAre("process_cpu_seconds_total", "process_max_fds", "process_open_fds",
                          "process_resident_memory_bytes", "process_start_time_seconds",
                          "process_threads", "process_virtual_memory_bytes"));
}

TEST(HostMetrics, DescribeAContainer) {
  const std::filesystem::path root = std::filesystem::path(testing::TempDir()) /
                                     ("host_metrics_test." + std::to_string(::getpid()));
  const auto put = [&root](const std::string& path, const std::string& text) {
    std::filesystem::create_directories((root / path).parent_path());
    std::ofstream(root / path) << text;
  };
  put("proc/self/cgroup", "0::/\n");
  put("proc/self/mountinfo", "30 29 0:26 / /cg ro - cgroup2 cgroup ro\n");
  put("cg/cpu.max", "50000 100000\n");
  put("cg/cpu.stat", "nr_periods 40\nnr_throttled 4\nthrottled_usec 1500000\n");
  put("cg/memory.max", "536870912\n");
  put("cg/memory.current", "3000000\n");
  put("cg/memory.peak", "4000000\n");
  put("cg/memory.stat", "inactive_file 1000000\n");
  put("cg/memory.events", "oom_kill 1\n");
  put("cg/pids.max", "64\n");
  put("cg/pids.current", "12\n");
  put("cg/memory.pressure", "some total=2500000\nfull total=500000\n");
  const auto cgroup = find_cgroup(root);
  ASSERT_TRUE(cgroup.has_value());
  Metrics metrics;
  register_host_metrics(metrics, *cgroup);

  const std::string text = render_exposition(metrics.collect(), ExpositionFormat::prometheus_text);
  for (const char* sample :
       {"container_cpu_quota_cores 0.5", "container_cpu_periods_total 40",
        "container_cpu_throttled_periods_total 4", "container_cpu_throttled_seconds_total 1.5",
        "container_memory_limit_bytes 536870912", "container_memory_usage_bytes 3000000",
        "container_memory_working_set_bytes 2000000", "container_memory_peak_bytes 4000000",
        "container_oom_kills_total 1", "container_pids 12", "container_pids_limit 64",
        "container_pressure_memory_waiting_seconds_total 2.5",
        "container_pressure_memory_stalled_seconds_total 0.5"}) {
    EXPECT_THAT(text, HasSubstr("\n" + std::string(sample) + "\n"));
  }
  EXPECT_THAT(text, Not(HasSubstr("container_pressure_cpu")));

  put("cg/cpu.max", "max 100000\n");
  EXPECT_THAT(render_exposition(metrics.collect(), ExpositionFormat::prometheus_text),
              Not(HasSubstr("container_cpu_quota_cores")));
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace ml_inference
