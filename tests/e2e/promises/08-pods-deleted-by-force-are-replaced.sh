#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The reference's command deletes all pods at once and without grace: an outage on purpose. The
# Deployment makes new ones; nothing but time is needed.
. "$(dirname "$0")/../lib.sh"

before=$(pods)
start=$(now_ms)
kubectl delete pod -n ml-platform -l app=ml-inference --force --grace-period=0 >/dev/null 2>&1
recovered() { pods_are 3 && ! grep -qFf <(echo "$before") <(ready_pods); }
within 90 "three new ready pods" recovered
proved "three pods deleted by force; three new ones ready after $(seconds_since "$start") s"
