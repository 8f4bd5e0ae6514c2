#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# One pod's CPU limit is lowered to 10 ms in each 100 ms while it runs, and it gets more to do than
# that for ten seconds. It is throttled nearly always; no probe fails all the same.
. "$(dirname "$0")/../lib.sh"
readonly seconds=10

number_by_hand 3
pod=$(a_ready_pod)
address=$(kubectl get pod -n "$namespace" "$pod" -o jsonpath='{.status.podIP}')
count=$(kubectl get pod -n "$namespace" "$pod" \
  -o jsonpath='{.status.containerStatuses[0].restartCount}')
resize "$pod" '{"requests": {"cpu": "50m"}, "limits": {"cpu": "100m"}}' >/dev/null
quota_is() { [ "$(metrics "$pod" | metric container_cpu_quota_cores)" = "$1" ]; }
within 60 "the lowered quota" quota_is 0.100000
throttled() { metrics "$pod" | metric container_cpu_throttled_seconds_total; }
before=$(throttled)
forward "pod/$pod" 8000
start_load throttle "http://$address:8000" --rate 0 --duration ${seconds}s \
  --concurrency 4 --rows 200
health=()
for ((i = 0; i < 2 * seconds; i++)); do
  took=$(curl -fsS -o /dev/null -m 2 -w '%{time_total}' "http://127.0.0.1:$forwarded/health") ||
    die "/health did not answer within the 2 s of its probe"
  health+=("$took")
  sleep 0.3
done
report=$(load_report throttle)
no_failure "$report" 20
stalled=$(awk "BEGIN {printf \"%.2f\", $(throttled) - $before}")
proved "$(summary "$report"), of 200 rows each: p50 $(number p50 <<<"$report") ms," \
  "p99 $(number p99 <<<"$report") ms;" \
  "container_cpu_throttled_seconds_total grew by $stalled"
[ "$(kubectl get events -n "$namespace" -o name \
  --field-selector "involvedObject.name=$pod,reason=Killing")" = "" ] || die "$pod was killed"
slowest=$(printf '%s\n' "${health[@]}" | sort -n | tail -1)
proved "/health answered ${#health[@]} of ${#health[@]} times, the slowest after $slowest s"
[ "$(kubectl get pod -n "$namespace" "$pod" \
  -o jsonpath='{.status.containerStatuses[0].restartCount}')" = "$count" ] ||
  die "$pod was restarted"
kubectl delete pod -n "$namespace" "$pod" --wait=false >/dev/null
within 60 "three ready pods" pods_are 3
