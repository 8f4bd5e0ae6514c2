// SPDX-License-Identifier: MIT
// What the flags ask for, within what the container grants at this moment.
#pragma once

#include "host/cgroup.h"
#include "telemetry/json_log.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace ml_inference {

/// What the operator has set; kept as it was at start.
struct AskedLimits {
  std::size_t thread_count = 0;  ///< 0: one a granted CPU
  std::size_t body_budget_bytes = 0;
};

struct GrantedLimits {
  std::size_t thread_count = 1;  ///< event loops, and as many workers
  std::size_t body_budget_bytes = 0;

  // What these follow from, for the log.
  std::optional<CpuQuota> cpu_quota;
  std::optional<std::uint64_t> memory_limit_bytes;

  bool operator==(const GrantedLimits&) const = default;
};

/// Threads: one a CPU of the quota rounded up and of the affinity, unless they are asked for.
/// Budget: what is asked for, but at most a quarter of the memory limit.
[[nodiscard]] GrantedLimits grant_limits(const AskedLimits& asked, std::size_t affinity_count,
                                         const std::optional<CpuQuota>& cpu_quota,
                                         const std::optional<std::uint64_t>& memory_limit_bytes);

/// The same for this process, as things stand now. Reads files: ask every few seconds at most.
[[nodiscard]] GrantedLimits grant_limits(const AskedLimits& asked, const Cgroup& cgroup);

/// "CPU limit 0.5 -> 2, memory limit 67108864 -> none, threads 1 -> 2, body budget 16777216 ->
/// 33554432": what differs, empty if nothing does.
[[nodiscard]] std::string describe_change(const GrantedLimits& from, const GrantedLimits& to);

/// Looks from time to time whether the limits have changed, as they do when a pod is resized in
/// place. Threads: belongs to one thread.
class LimitsFollower {
 public:
  /// granted  what is in force.
  /// apply    told of each change.
  LimitsFollower(const AskedLimits& asked, Cgroup cgroup, const GrantedLimits& granted,
                 std::function<void(const GrantedLimits&)> apply, JsonLog& log);

  /// To be called each second; reads files at each third call.
  void look();

 private:
  const AskedLimits asked_;
  const Cgroup cgroup_;
  GrantedLimits granted_;
  const std::function<void(const GrantedLimits&)> apply_;
  JsonLog& log_;
  std::size_t look_count_ = 0;
};

}  // namespace ml_inference
