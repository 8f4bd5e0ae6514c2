// SPDX-License-Identifier: MIT
// The text of the files under /proc and the cgroup mounts, as facts. Nothing here opens a file.
//
// Sources: proc_pid_cgroup(5), proc_pid_mountinfo(5), and those of cgroup.h.
#pragma once

#include "base/result.h"
#include "host/cgroup.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ml_inference {

/// Lines of /proc/self/cgroup or /proc/self/mountinfo that we read: a machine has about 15 and 50,
/// one with many volumes some hundred.
inline constexpr std::size_t kHostLineCountMax = 65536;

/// "4:memory:/pod/abc" of /proc/self/cgroup. Version 2 has the one line "0::/path".
struct CgroupMembership {
  bool v2 = false;
  std::vector<std::string> controllers;  ///< of version 1; may be a name like "name=systemd"
  std::string path;                      ///< begins with "/"
};

/// A cgroup mount of /proc/self/mountinfo.
struct CgroupMount {
  bool v2 = false;
  std::vector<std::string> options;  ///< of the file system: the controllers are among them
  std::string root;                  ///< the group that shows at the mount point
  std::string mount_point;
};

/// Errors: data_loss with the line's number.
[[nodiscard]] Result<std::vector<CgroupMembership>> parse_memberships(std::string_view text);

/// Other file systems' lines are skipped. Errors: data_loss with the line's number.
[[nodiscard]] Result<std::vector<CgroupMount>> parse_cgroup_mounts(std::string_view text);

/// Where under the mount the group `path` shows: "" for the mount point itself, else "/a/b".
/// Nothing when the path lies outside of the mount's root or tries to leave it with "..".
[[nodiscard]] std::optional<std::string> path_below_mount(std::string_view mount_root,
                                                          std::string_view path);

/// A whole unsigned number, white space around it allowed. Nothing for "max", "-1" and any other
/// text.
[[nodiscard]] std::optional<std::uint64_t> parse_count(std::string_view text);

/// The number after `key` and a space at the start of a line (cpu.stat, memory.stat,
/// memory.events).
[[nodiscard]] std::optional<std::uint64_t> find_number(std::string_view text, std::string_view key);

/// cpu.max of version 2: "50000 100000"; nothing for "max 100000".
[[nodiscard]] std::optional<CpuQuota> parse_cpu_max(std::string_view text);

/// A pressure file; nothing when it has no "some" line with a total.
[[nodiscard]] std::optional<Pressure> parse_pressure(std::string_view text);

}  // namespace ml_inference
