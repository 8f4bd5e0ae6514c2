#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The memory limit is lowered to 64Mi, and more batches than one pod could hold arrive at once, of
# ten thousand rows each. The program's budget, a quarter of the limit, answers 503 to those that do
# not fit; and a batch above the greatest size hears 413.
. "$(dirname "$0")/../lib.sh"
readonly clients=200 rows=10000 # 180 KB of JSON a request: 36 MB at once

number_by_hand 3
kubectl set resources deployment/ml-inference -n "$namespace" \
  --requests=cpu=100m,memory=64Mi --limits=cpu=500m,memory=64Mi >/dev/null
kubectl rollout status deployment/ml-inference -n "$namespace" --timeout=90s >/dev/null
within 60 "three ready pods" pods_are 3
pod=$(a_ready_pod)
address=$(kubectl get pod -n "$namespace" "$pod" -o jsonpath='{.status.podIP}')
restarts_before=$(restarts)
limit_is() { [ "$(metrics "$pod" | metric container_memory_limit_bytes)" = "$1.000000" ]; }
within 60 "the lowered limit" limit_is 67108864
proved "container_memory_limit_bytes 67108864"

start_load huge "http://$address:8000" --rate 0 --duration 15s --concurrency $clients --rows $rows \
  --timeout 30s
report=$(load_report huge)
proved "$clients clients, batches of $rows rows: $(summary "$report"): $(failures "$report")"
others=$(failures "$report" | grep -oE '[0-9]+ x [^"]*' |
  grep -vE 'x (status 503|connection reset|closed )' || true)
[ -z "$others" ] || die "an answer that was not expected: $others"
grep -q 'status 503' <<<"$report" || die "nothing was refused by the budget: $report"
start_load huger "http://$address:8000" --rate 4 --duration 5s --concurrency 1 --rows 70000
report=$(load_report huger)
grep -q 'status 413' <<<"$report" || die "a batch above the greatest size was not refused: $report"
proved "batches of 70000 rows: $(failures "$report")"

said=$(metrics "$pod")
kills=$(metric container_oom_kills_total <<<"$said" || echo 0)
[ "$(restarts)" = "$restarts_before" ] || die "a container was restarted"
[ "${kills%.*}" = 0 ] || die "the kernel killed $kills times"
peak=$(metric container_memory_peak_bytes <<<"$said" || echo 0)
proved "restarts $restarts_before before and after, OOM kills 0, peak ${peak%.*} of 67108864 bytes"
kubectl rollout undo deployment/ml-inference -n "$namespace" >/dev/null
kubectl rollout status deployment/ml-inference -n "$namespace" --timeout=90s >/dev/null
within 60 "three ready pods" pods_are 3
