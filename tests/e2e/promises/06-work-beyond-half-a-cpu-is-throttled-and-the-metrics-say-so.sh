#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# One pod gets more to do than 50 ms of CPU in 100 ms allow, for ten seconds. The kernel stops it in
# most periods, and the program counts them.
. "$(dirname "$0")/../lib.sh"
readonly seconds=10

pod=$(a_ready_pod)
address=$(kubectl get pod -n "$namespace" "$pod" -o jsonpath='{.status.podIP}')
read_counters() {
  local report
  report=$(metrics "$pod")
  periods=$(metric container_cpu_throttled_periods_total <<<"$report") ||
    die "no container_cpu_throttled_periods_total"
  throttled=$(metric container_cpu_throttled_seconds_total <<<"$report") ||
    die "no container_cpu_throttled_seconds_total"
}
read_counters
periods_before=$periods throttled_before=$throttled
# Requests of 200 rows, so that the work is the server's and not the network's.
start_load throttle "http://$address:8000" --rate 0 --duration ${seconds}s \
  --concurrency 4 --rows 200
report=$(load_report throttle)
read_counters
grown=$(awk "BEGIN {print $periods - $periods_before}")
stalled=$(awk "BEGIN {printf \"%.2f\", $throttled - $throttled_before}")
((${grown%.*} > 0)) || die "container_cpu_throttled_periods_total stayed at $periods: $report"
[ "$(number failed <<<"$report")" = 0 ] || die "requests failed: $report"
proved "$(number sent <<<"$report") requests of 200 rows in $(number seconds <<<"$report") s," \
  "0 failed, p50 $(number p50 <<<"$report") ms, p99 $(number p99 <<<"$report") ms"
proved "container_cpu_throttled_periods_total grew by $grown (of about $((seconds * 10)))," \
  "container_cpu_throttled_seconds_total by $stalled"
