// SPDX-License-Identifier: MIT
// How many threads are worth running here.
#pragma once

#include "host/cgroup.h"

#include <cstddef>
#include <optional>

namespace ml_inference {

/// CPUs that the calling thread may be scheduled on; at least 1.
[[nodiscard]] std::size_t affinity_cpu_count();

/// The least of the CPUs we may run on and the quota rounded up, but at least 1: "500m" means one.
/// More threads than that use the quota up early in each period, and then all of them stand still
/// until the next.
[[nodiscard]] std::size_t granted_cpu_count(std::size_t affinity_count,
                                            const std::optional<CpuQuota>& quota);

/// The same for this process, as things stand now. Reads files: ask once, or every few seconds.
[[nodiscard]] std::size_t granted_cpu_count(const Cgroup& cgroup);

}  // namespace ml_inference
