// SPDX-License-Identifier: MIT
#include "host/cgroup.h"

#include "base/byte_units.h"
#include "base/whole_file.h"
#include "host/cgroup_text.h"
#include "host/small_file.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <system_error>

namespace ml_inference {
namespace {

// 4 MiB of mountinfo are some 20 000 mounts.
constexpr std::size_t kProcFileSizeMax = 4 * kMebibyte;

// Deeper than any container runtime nests groups; each level costs a file a reading.
constexpr std::size_t kLevelCountMax = 32;

// Version 1 says "no limit" as LONG_MAX rounded down to a page, whose size differs by machine.
constexpr std::uint64_t kMemoryUnlimitedMin = std::uint64_t{1} << 62;

constexpr double kNanosecondsPerSecond = 1e9;
constexpr double kMicrosecondsPerSecond = 1e6;

// One file of a group, read anew at each question. Paths are joined on the stack.
class GroupFile {
 public:
  std::string_view read(const std::string& directory, const char* name) {
    std::array<char, 4096> path;
    const int size = std::snprintf(path.data(), path.size(), "%s/%s", directory.c_str(), name);
    if (size < 0 || static_cast<std::size_t>(size) >= path.size()) return {};
    return file_.read(path.data());
  }

  std::optional<std::uint64_t> number(const std::string& directory, const char* name) {
    return parse_count(read(directory, name));
  }

 private:
  SmallFile file_;
};

std::optional<std::uint64_t> least(std::optional<std::uint64_t> a, std::optional<std::uint64_t> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

// The group's directory and its parents' up to the mount point.
std::vector<std::string> levels(const std::string& mount_point, std::string below) {
  std::vector<std::string> directories;
  while (!below.empty() && directories.size() + 1 < kLevelCountMax) {
    directories.push_back(mount_point + below);
    below.resize(below.rfind('/'));
  }
  directories.push_back(mount_point);
  return directories;
}

// Of several mounts of one hierarchy (a container sees its own, and perhaps the machine's) the one
// that shows the process's group; else the first, taken for the group itself.
std::vector<std::string> directories_of(const std::filesystem::path& root,
                                        const std::vector<const CgroupMount*>& mounts,
                                        const std::string& group) {
  const auto below_root = [&root](const std::string& path) {
    return (root / path.substr(1)).string();
  };
  for (const CgroupMount* mount : mounts) {
    const auto below = path_below_mount(mount->root, group);
    if (!below) continue;
    const std::string mount_point = below_root(mount->mount_point);
    std::error_code error;
    if (std::filesystem::is_directory(mount_point + *below, error))
      return levels(mount_point, *below);
  }
  if (mounts.empty()) return {};
  return {below_root(mounts.front()->mount_point)};
}

struct Hierarchies {
  std::filesystem::path root;
  std::vector<CgroupMembership> memberships;
  std::vector<CgroupMount> mounts;

  std::vector<std::string> v1(std::string_view controller) const {
    std::vector<const CgroupMount*> found;
    for (const CgroupMount& mount : mounts) {
      if (!mount.v2 && contains(mount.options, controller)) found.push_back(&mount);
    }
    for (const CgroupMembership& membership : memberships) {
      if (!membership.v2 && contains(membership.controllers, controller)) {
        return directories_of(root, found, membership.path);
      }
    }
    return {};
  }

  std::vector<std::string> v2() const {
    std::vector<const CgroupMount*> found;
    for (const CgroupMount& mount : mounts) {
      if (mount.v2) found.push_back(&mount);
    }
    for (const CgroupMembership& membership : memberships) {
      if (membership.v2) return directories_of(root, found, membership.path);
    }
    return {};
  }
};

}  // namespace

Result<Cgroup> find_cgroup(const std::filesystem::path& root) {
  Hierarchies hierarchies{.root = root};
  ASSIGN_OR_RETURN(const std::string memberships,
                   read_whole_file(root / "proc/self/cgroup", kProcFileSizeMax));
  ASSIGN_OR_RETURN(hierarchies.memberships, parse_memberships(memberships));
  ASSIGN_OR_RETURN(const std::string mounts,
                   read_whole_file(root / "proc/self/mountinfo", kProcFileSizeMax));
  ASSIGN_OR_RETURN(hierarchies.mounts, parse_cgroup_mounts(mounts));

  // A controller is on one version only: on version 1 when that hierarchy is mounted, else on 2.
  const auto place = [&hierarchies](std::string_view controller) {
    if (auto v1 = hierarchies.v1(controller); !v1.empty()) {
      return Cgroup::Place{.v2 = false, .directories = std::move(v1)};
    }
    return Cgroup::Place{.v2 = true, .directories = hierarchies.v2()};
  };
  Cgroup cgroup;
  cgroup.cpu_ = place("cpu");
  cgroup.memory_ = place("memory");
  cgroup.pids_ = place("pids");
  if (const auto v2 = hierarchies.v2(); !v2.empty()) cgroup.pressure_directory_ = v2.front();
  return cgroup;
}

std::optional<CpuQuota> Cgroup::quota_in(const std::string& directory, bool v2) {
  GroupFile file;
  if (v2) return parse_cpu_max(file.read(directory, "cpu.max"));
  const auto quota =
      file.number(directory, "cpu.cfs_quota_us");  // -1, no number to us, is no quota
  const auto period = file.number(directory, "cpu.cfs_period_us");
  if (!quota || !period || *period == 0) return std::nullopt;
  return CpuQuota{.quota_us = *quota, .period_us = *period};
}

std::size_t Cgroup::quota_level(std::optional<CpuQuota>& least_quota) const {
  std::size_t level = 0;
  for (std::size_t index = 0; index < cpu_.directories.size(); ++index) {
    const auto quota = quota_in(cpu_.directories[index], cpu_.v2);
    if (quota && (!least_quota || quota->cores() < least_quota->cores())) {
      least_quota = quota;
      level = index;
    }
  }
  return level;
}

std::optional<CpuQuota> Cgroup::cpu_quota() const {
  std::optional<CpuQuota> quota;
  static_cast<void>(quota_level(quota));
  return quota;
}

CgroupFacts Cgroup::read() const {
  CgroupFacts facts;
  read_cpu(facts);
  read_memory(facts);
  read_pids(facts);
  read_pressure(facts);
  return facts;
}

void Cgroup::read_cpu(CgroupFacts& facts) const {
  const std::size_t level = quota_level(facts.cpu_quota);
  if (cpu_.directories.empty()) return;
  GroupFile file;
  const std::string_view stat = file.read(cpu_.directories[level], "cpu.stat");
  const auto periods = find_number(stat, "nr_periods");
  const auto throttled = find_number(stat, "nr_throttled");
  const auto time = find_number(stat, cpu_.v2 ? "throttled_usec" : "throttled_time");
  if (!periods || !throttled || !time) return;
  const double unit = cpu_.v2 ? kMicrosecondsPerSecond : kNanosecondsPerSecond;
  facts.cpu_throttling = CpuThrottling{.period_count = *periods,
                                       .throttled_period_count = *throttled,
                                       .throttled_seconds = static_cast<double>(*time) / unit};
}

void Cgroup::read_memory(CgroupFacts& facts) const {
  if (memory_.directories.empty()) return;
  const bool v2 = memory_.v2;
  const std::string& own = memory_.directories.front();
  GroupFile file;
  for (const std::string& directory : memory_.directories) {
    const auto limit = file.number(directory, v2 ? "memory.max" : "memory.limit_in_bytes");
    facts.memory_limit_bytes = least(facts.memory_limit_bytes, limit);
  }
  facts.memory_usage_bytes = file.number(own, v2 ? "memory.current" : "memory.usage_in_bytes");
  facts.memory_peak_bytes = file.number(own, v2 ? "memory.peak" : "memory.max_usage_in_bytes");
  facts.oom_kill_count =
      find_number(file.read(own, v2 ? "memory.events" : "memory.oom_control"), "oom_kill");

  const std::string_view stat = file.read(own, "memory.stat");
  if (!v2) {  // knows the limits of parents, even of those that cannot be seen from here
    facts.memory_limit_bytes =
        least(facts.memory_limit_bytes, find_number(stat, "hierarchical_memory_limit"));
  }
  if (facts.memory_limit_bytes && *facts.memory_limit_bytes >= kMemoryUnlimitedMin) {
    facts.memory_limit_bytes.reset();
  }
  const auto inactive = find_number(stat, v2 ? "inactive_file" : "total_inactive_file");
  if (facts.memory_usage_bytes && inactive) {  // the two are read one after the other
    facts.memory_working_set_bytes =
        *facts.memory_usage_bytes - std::min(*inactive, *facts.memory_usage_bytes);
  }
}

void Cgroup::read_pids(CgroupFacts& facts) const {
  if (pids_.directories.empty()) return;
  GroupFile file;
  for (const std::string& directory : pids_.directories) {
    facts.pids_limit = least(facts.pids_limit, file.number(directory, "pids.max"));
  }
  facts.pids_current = file.number(pids_.directories.front(), "pids.current");
}

void Cgroup::read_pressure(CgroupFacts& facts) const {
  if (pressure_directory_.empty()) return;
  GroupFile file;
  facts.cpu_pressure = parse_pressure(file.read(pressure_directory_, "cpu.pressure"));
  facts.memory_pressure = parse_pressure(file.read(pressure_directory_, "memory.pressure"));
  facts.io_pressure = parse_pressure(file.read(pressure_directory_, "io.pressure"));
}

}  // namespace ml_inference
