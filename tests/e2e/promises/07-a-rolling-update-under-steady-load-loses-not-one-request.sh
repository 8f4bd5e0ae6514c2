#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# kubectl set image to :v2 while a pod inside the cluster goes on through the Service: half of the
# requests on kept connections, half on a new one each. ROLLOUTS=5 repeats it, back and forth.
. "$(dirname "$0")/../lib.sh"
readonly rate=100 # requests a second

# update_to IMAGE: the reference's commands, under load.
update_to() {
  local image=$1 start report before all_sent
  before=$(pods)
  steady_load rollout $rate
  sleep 3 # of load before anything changes
  start=$(now_ms)
  kubectl set image deployment/ml-inference "ml-inference=$image" -n ml-platform >/dev/null
  kubectl rollout status deployment/ml-inference -n ml-platform --timeout=300s >/dev/null
  took=$(seconds_since "$start")
  # The rollout is done when the last new pod is ready; the last old one still drains.
  within 60 "the end of the old pods" pods_are 3
  ! grep -qFf <(echo "$before") <(pods) || die "a pod of the old version is still there"
  sleep 3 # of load after everything has changed
  stop_load rollout
  report=$(load_report rollout)
  all_sent=$(number sent <<<"$report")
  ((all_sent > rate * 10)) || die "too little load to prove anything: $report"
  [ "$(number failed <<<"$report")" = 0 ] || die "requests failed: $report"
  proved "to ${image##*/}: rolled out in $took s;" \
    "$all_sent requests in $(number seconds <<<"$report") s, 0 failed"
  proved "kept alive: $(number keep.sent <<<"$report") requests on" \
    "$(number keep.connections <<<"$report") connections; new connections:" \
    "$(number new.sent <<<"$report"); p99 $(number p99 <<<"$report") ms"
}

run_latest
images=("$(image_of ml-inference:v2)" "$(image_of ml-inference:latest)")
for ((i = 0; i < ${ROLLOUTS:-1}; i++)); do update_to "${images[i % 2]}"; done
