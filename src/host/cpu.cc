// SPDX-License-Identifier: MIT
#include "host/cpu.h"

#include <algorithm>
#include <cerrno>
#include <memory>
#include <sched.h>

namespace ml_inference {
namespace {

// More CPUs than any Linux kernel is built for (8192): an end for the search for a mask's size.
constexpr std::size_t kCpuCountMax = 1 << 16;

struct CpuSetFree {
  void operator()(cpu_set_t* set) const { CPU_FREE(set); }
};

}  // namespace

std::size_t affinity_cpu_count() {
  // The kernel refuses a mask smaller than its own with EINVAL, and does not tell the size.
  for (std::size_t count = CPU_SETSIZE; count <= kCpuCountMax; count *= 2) {
    const std::unique_ptr<cpu_set_t, CpuSetFree> set(CPU_ALLOC(count));
    if (set == nullptr) break;
    const std::size_t size = CPU_ALLOC_SIZE(count);
    if (::sched_getaffinity(0, size, set.get()) == 0) {
      return static_cast<std::size_t>(std::max(1, CPU_COUNT_S(size, set.get())));
    }
    if (errno != EINVAL) break;
  }
  return 1;
}

std::size_t granted_cpu_count(std::size_t affinity_count, const std::optional<CpuQuota>& quota) {
  std::uint64_t count = affinity_count;
  if (quota) {
    const bool whole = quota->quota_us % quota->period_us == 0;
    count = std::min(count, quota->quota_us / quota->period_us + (whole ? 0 : 1));
  }
  return static_cast<std::size_t>(std::max<std::uint64_t>(count, 1));
}

std::size_t granted_cpu_count(const Cgroup& cgroup) {
  return granted_cpu_count(affinity_cpu_count(), cgroup.cpu_quota());
}

}  // namespace ml_inference
