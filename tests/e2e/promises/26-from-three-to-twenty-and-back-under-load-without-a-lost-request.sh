#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# As many as the quota holds and three again, with 200 requests a second going on; the twenty-first
# is refused with an event.
. "$(dirname "$0")/../lib.sh"

number_by_hand 3
steady_load scale 200
sleep 2
start=$(now_ms)
kubectl scale deployment ml-inference -n "$namespace" --replicas=20 >/dev/null
within 120 "twenty ready pods" pods_are 20
proved "twenty ready after $(seconds_since "$start") s"
scaled_at=$(date -u +%FT%TZ)
kubectl scale deployment ml-inference -n "$namespace" --replicas=21 >/dev/null
# Of this promise: an earlier one had its own.
refusal() {
  kubectl get events -n "$namespace" --field-selector reason=FailedCreate \
    -o jsonpath='{range .items[*]}{.lastTimestamp} {.message}{"\n"}{end}' |
    awk -v since="$scaled_at" '$1 >= since' | grep 'exceeded quota' | tail -1 | cut -d ' ' -f 2- |
    grep .
}
within 60 "the refusal's event" refusal
[ "$(pods | wc -l)" = 20 ] || die "$(pods | wc -l) pods, expected 20"
proved "the twenty-first: $(refusal)"
start=$(now_ms)
kubectl scale deployment ml-inference -n "$namespace" --replicas=3 >/dev/null
within 120 "three pods again" pods_are 3
proved "three again after $(seconds_since "$start") s"
sleep 2
stop_load scale
report=$(load_report scale)
no_failure "$report" 2000
proved "$(summary "$report")"
