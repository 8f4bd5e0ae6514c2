#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# CPU and memory of a running pod, up and down again (kubectl patch --subresource resize), under
# load. The container is the same one before and after, its metrics tell the new limits, and its log
# says that threads and budget follow.
. "$(dirname "$0")/../lib.sh"

number_by_hand 3
pod=$(a_ready_pod)
status() { kubectl get pod -n "$namespace" "$pod" -o jsonpath="{.status.containerStatuses[0].$1}"; }
container=$(status containerID)
count=$(status restartCount)
steady_load resize 200
# resized CPU MEMORY CORES BYTES: asks for it, and waits until the program knows.
resized() {
  local start
  start=$(now_ms)
  resize "$pod" \
    "{\"limits\": {\"cpu\": \"$1\", \"memory\": \"$2\"}, \"requests\": {\"memory\": \"$2\"}}" \
    >/dev/null
  followed() {
    local said
    said=$(metrics "$pod")
    [ "$(metric container_cpu_quota_cores <<<"$said")" = "$3" ] &&
      [ "$(metric container_memory_limit_bytes <<<"$said")" = "$4" ]
  }
  within 60 "metrics of the new limits $1 and $2" followed "$@"
  proved "to $1 and $2: in /metrics after $(seconds_since "$start") s"
  noted() {
    grep -q "Limits changed: .*memory limit [0-9]* -> ${4%.*}" \
      <<<"$(kubectl logs -n "$namespace" "$pod")"
  }
  within 30 "a log line of the new limits" noted "$@"
}
resized 1000m 256Mi 1.000000 268435456.000000
resized 500m 128Mi 0.500000 134217728.000000
proved "$(kubectl logs -n "$namespace" "$pod" | grep -o 'Limits changed: [^"]*' | tail -1)"
stop_load resize
report=$(load_report resize)
no_failure "$report" 200
[ "$(status containerID)" = "$container" ] || die "the container is another one"
[ "$(status restartCount)" = "$count" ] || die "the container was restarted"
proved "the same container, not restarted; $(summary "$report")"
