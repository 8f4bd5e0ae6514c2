#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# kubectl set image to :v2 while clients inside the cluster go on through the Service: four that
# keep their connection and four that open one for each request. ROLLOUTS=5 repeats it, back and
# forth.
. "$(dirname "$0")/../lib.sh"
readonly rate=100 # requests a second of all clients

# update_to IMAGE: the reference's commands, under load.
update_to() {
  local image=$1 start report before all_sent
  before=$(pods)
  start_load rollout --host "ml-inference.$namespace.svc.cluster.local" \
    --seconds 600 --requests 60000 --rate $rate --kept 4 --fresh 4
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
  proved "kept alive: $(number kept_sent <<<"$report") requests on" \
    "$(number kept_connections <<<"$report") connections, p99 $(number kept_p99_ms <<<"$report") ms"
  proved "new connections: $(number fresh_sent <<<"$report") requests," \
    "p99 $(number fresh_p99_ms <<<"$report") ms"
}

images=("$(image_of ml-inference:v2)" "$(image_of ml-inference:latest)")
for ((i = 0; i < ${ROLLOUTS:-1}; i++)); do update_to "${images[i % 2]}"; done
