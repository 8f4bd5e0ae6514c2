#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The reference's scaling commands.
. "$(dirname "$0")/../lib.sh"

start=$(now_ms)
kubectl scale deployment ml-inference -n ml-platform --replicas=5 >/dev/null
within 90 "five ready pods" pods_are 5
proved "five pods ready after $(seconds_since "$start") s"
used=$(kubectl get resourcequota ml-platform-quota -n ml-platform \
  -o jsonpath='{.status.used.requests\.cpu}')
[ "$used" = 500m ] || die "the quota counts $used of CPU requests, expected 500m"
kubectl describe resourcequota -n ml-platform
proved "the quota counts $used"
