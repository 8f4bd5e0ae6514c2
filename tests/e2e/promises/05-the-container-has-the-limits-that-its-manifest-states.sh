#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# 500m is 50 ms of CPU in each 100 ms, and 512Mi is 536870912 bytes: read twice, by the program
# itself and by a debug container that looks at the files of the program's control group.
. "$(dirname "$0")/../lib.sh"
readonly groups=/proc/1/root/sys/fs/cgroup # of the process that a debug container joins
readonly files=(cpu.max memory.max # version 2, then version 1
  cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us memory/memory.limit_in_bytes)

pod=$(a_ready_pod)
report=$(metrics "$pod")
cores=$(metric container_cpu_quota_cores <<<"$report") || die "no container_cpu_quota_cores"
bytes=$(metric container_memory_limit_bytes <<<"$report") || die "no container_memory_limit_bytes"
[ "$cores" = 0.500000 ] || die "container_cpu_quota_cores is $cores, expected 0.5"
[ "$bytes" = 536870912.000000 ] || die "container_memory_limit_bytes is $bytes, expected 536870912"
proved "/metrics of $pod: container_cpu_quota_cores ${cores%00000}," \
  "container_memory_limit_bytes ${bytes%.*}"

# The image has no shell, so a debug container joins the process namespace and looks through
# /proc/1/root.
kubectl debug -n "$namespace" "pod/$pod" --profile=restricted --target=ml-inference \
  -c cgroup-reader --image="$(image_of ml-inference-e2e:latest)" \
  --image-pull-policy=IfNotPresent -- \
  /e2e-tool show "${files[@]/#/$groups/}" >/dev/null 2>&1
within 60 "the end of the debug container" kubectl wait -n "$namespace" "pod/$pod" --timeout=1s \
  --for=jsonpath='{.status.ephemeralContainerStatuses[0].state.terminated.reason}'=Completed
seen=$(kubectl logs -n "$namespace" "$pod" -c cgroup-reader | sed 's|^/proc/1/root||')
has() {
  local line
  for line; do
    grep -qE "$line\$" <<<"$seen" || die "expected $line, the control group has: $seen"
  done
}
if [[ $seen == *cpu.max* ]]; then
  has 'cpu.max: 50000 100000' 'memory.max: 536870912'
else
  has 'cpu.cfs_quota_us: 50000' 'cpu.cfs_period_us: 100000' 'memory.limit_in_bytes: 536870912'
fi
while read -r line; do proved "$line"; done <<<"$seen"

if usage=$(kubectl top pods -n "$namespace" 2>/dev/null); then
  proved "kubectl top pods:"
  printf '%s\n' "$usage"
fi
