// SPDX-License-Identifier: MIT
// What the control groups grant this container and what it has used of that: version 1, version 2,
// and the hybrid of both (controllers on version 1, an empty version 2 beside them).
//
// Sources: Linux, Documentation/admin-guide/cgroup-v2.rst, cgroup-v1/{memory,pids}.rst,
// scheduler/sched-bwc.rst, accounting/psi.rst.
#pragma once

#include "base/result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ml_inference {

/// CPU time per wall time: "50000 100000" is half a CPU.
struct CpuQuota {
  std::uint64_t quota_us = 0;
  std::uint64_t period_us = 0;  ///< never 0

  [[nodiscard]] double cores() const {
    return static_cast<double>(quota_us) / static_cast<double>(period_us);
  }
  bool operator==(const CpuQuota&) const = default;
};

/// How often the quota stopped this container since it was made.
struct CpuThrottling {
  std::uint64_t period_count = 0;
  std::uint64_t throttled_period_count = 0;
  double throttled_seconds = 0;
};

/// Time lost by waiting for one resource since the container was made.
struct Pressure {
  double some_seconds = 0;  ///< at least one task waited
  double full_seconds = 0;  ///< all tasks waited; 0 where the kernel does not say
};

/// One reading. A fact is absent when no limit is set or when the kernel does not offer it here.
struct CgroupFacts {
  std::optional<CpuQuota> cpu_quota;
  std::optional<CpuThrottling> cpu_throttling;  ///< of the group that holds the quota
  std::optional<std::uint64_t> memory_limit_bytes;
  std::optional<std::uint64_t> memory_usage_bytes;
  std::optional<std::uint64_t> memory_working_set_bytes;  ///< usage without inactive file pages
  std::optional<std::uint64_t> memory_peak_bytes;         ///< highest usage so far
  std::optional<std::uint64_t> oom_kill_count;
  std::optional<std::uint64_t> pids_limit;
  std::optional<std::uint64_t> pids_current;
  std::optional<Pressure> cpu_pressure;
  std::optional<Pressure> memory_pressure;
  std::optional<Pressure> io_pressure;
};

/// Knows which directories describe this process. Limits are the least over the own group and all
/// parents that can be seen from here; usage is the own group's. Limits change under a running
/// process (in-place resize of a pod), so each call reads the files anew: some 15 small files,
/// opened and closed, no allocation, no descriptor kept. Threads: immutable; any number may read.
class Cgroup {
 public:
  /// Sees no group: every fact is absent.
  Cgroup() = default;

  [[nodiscard]] CgroupFacts read() const;

  /// Of read() only the quota: one file a level.
  [[nodiscard]] std::optional<CpuQuota> cpu_quota() const;

 private:
  friend Result<Cgroup> find_cgroup(const std::filesystem::path& root);

  /// Where one controller describes this process.
  struct Place {
    bool v2 = false;
    std::vector<std::string> directories;  ///< own group first, then the parents; may be empty
  };

  [[nodiscard]] static std::optional<CpuQuota> quota_in(const std::string& directory, bool v2);
  // The index of the directory with the least quota, which goes to the argument; 0 without any.
  [[nodiscard]] std::size_t quota_level(std::optional<CpuQuota>& least_quota) const;
  void read_cpu(CgroupFacts& facts) const;
  void read_memory(CgroupFacts& facts) const;
  void read_pids(CgroupFacts& facts) const;
  void read_pressure(CgroupFacts& facts) const;

  Place cpu_;
  Place memory_;
  Place pids_;
  std::string pressure_directory_;  // of version 2; empty where there is none
};

/// Finds the groups of the calling process through /proc/self/cgroup and /proc/self/mountinfo.
/// A process path that lies outside of what is mounted (a cgroup namespace, a nested container)
/// means that the mount point itself is this container's group. root  stands for "/" before every
/// path, so that tests can lay out a machine in a folder. Errors: not_found (a file cannot be
/// read), data_loss (it breaks its format). A machine without control groups is no error: its
/// Cgroup knows no facts.
[[nodiscard]] Result<Cgroup> find_cgroup(const std::filesystem::path& root = "/");

}  // namespace ml_inference
