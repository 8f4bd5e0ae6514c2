// SPDX-License-Identifier: MIT
#pragma once

#include "host/cgroup.h"
#include "telemetry/metrics.h"

namespace ml_inference {

/// Publishes what the process uses (process_*) and what its container grants and has taken
/// (container_*), read at each scrape. A fact that the kernel does not give here has no sample, and
/// so has a limit that is not set. docs/operations lists the families.
void register_host_metrics(Metrics& metrics, Cgroup cgroup);

}  // namespace ml_inference
