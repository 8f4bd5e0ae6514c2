// SPDX-License-Identifier: MIT
#include "app/granted_limits.h"

#include "host/cpu.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace ml_inference {
namespace {

// Bodies, and batches that are worked on, take so much each. Half of the limit is left for the
// rest: the program itself, connections' buffers, and what the kernel holds for sockets.
constexpr std::uint64_t kLimitShareOfBodies = 4;

constexpr std::string_view kLogger = "main";

// A resize is rare and takes the kubelet seconds itself; a read opens some 15 files.
constexpr std::size_t kLooksARead = 3;

void append_change(std::string& out, std::string_view what, const std::string& from,
                   const std::string& to) {
  if (from == to) return;
  if (!out.empty()) out += ", ";
  out += fmt::format("{} {} -> {}", what, from, to);
}

std::string cores_text(const std::optional<CpuQuota>& quota) {
  return quota ? fmt::format("{}", quota->cores()) : "none";
}

std::string bytes_text(const std::optional<std::uint64_t>& bytes) {
  return bytes ? fmt::format("{}", *bytes) : "none";
}

}  // namespace

GrantedLimits grant_limits(const AskedLimits& asked, std::size_t affinity_count,
                           const std::optional<CpuQuota>& cpu_quota,
                           const std::optional<std::uint64_t>& memory_limit_bytes) {
  GrantedLimits granted{.thread_count = asked.thread_count,
                        .body_budget_bytes = asked.body_budget_bytes,
                        .cpu_quota = cpu_quota,
                        .memory_limit_bytes = memory_limit_bytes};
  if (granted.thread_count == 0) {
    granted.thread_count = granted_cpu_count(affinity_count, cpu_quota);
  }
  if (memory_limit_bytes) {
    granted.body_budget_bytes = static_cast<std::size_t>(std::min<std::uint64_t>(
        granted.body_budget_bytes, *memory_limit_bytes / kLimitShareOfBodies));
  }
  return granted;
}

GrantedLimits grant_limits(const AskedLimits& asked, const Cgroup& cgroup) {
  const CgroupFacts facts = cgroup.read();
  return grant_limits(asked, affinity_cpu_count(), facts.cpu_quota, facts.memory_limit_bytes);
}

std::string describe_change(const GrantedLimits& from, const GrantedLimits& to) {
  std::string out;
  append_change(out, "CPU limit", cores_text(from.cpu_quota), cores_text(to.cpu_quota));
  append_change(out, "memory limit", bytes_text(from.memory_limit_bytes),
                bytes_text(to.memory_limit_bytes));
  append_change(out, "threads", std::to_string(from.thread_count), std::to_string(to.thread_count));
  append_change(out, "body budget", std::to_string(from.body_budget_bytes),
                std::to_string(to.body_budget_bytes));
  return out;
}

LimitsFollower::LimitsFollower(const AskedLimits& asked, Cgroup cgroup,
                               const GrantedLimits& granted,
                               std::function<void(const GrantedLimits&)> apply, JsonLog& log)
    : asked_(asked),
      cgroup_(std::move(cgroup)),
      granted_(granted),
      apply_(std::move(apply)),
      log_(log) {}

void LimitsFollower::look() {
  if (++look_count_ % kLooksARead != 0) return;
  const GrantedLimits now = grant_limits(asked_, cgroup_);
  if (now == granted_) return;
  apply_(now);
  log_.write(LogLevel::info, kLogger, "Limits changed: " + describe_change(granted_, now));
  granted_ = now;
}

}  // namespace ml_inference
