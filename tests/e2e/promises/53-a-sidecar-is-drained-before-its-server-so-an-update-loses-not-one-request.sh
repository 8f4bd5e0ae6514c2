#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# envoy-sidecar: every pod has a proxy in front of its server, as a mesh would put it there. Two
# rolling updates under load: the sidecar lets go of its clients before the server ends.
. "$(dirname "$0")/../parts.sh"

bring_envoy
deploy envoy-sidecar envoy-sidecar/network-policy < <(
  echo 'images:'; instead envoyproxy/envoy $envoy_image)
rolled_out ml-inference
begin_load sidecar ml-inference 500 mixed
sleep 3
for image in ml-inference:v2 ml-inference:latest; do
  start=$(now_ms)
  kubectl set image -n "$namespace" deployment/ml-inference \
    "ml-inference=$(image_of $image)" >/dev/null
  rolled_out ml-inference
  took=$(seconds_since "$start")
  within 60 "the end of the old pods" pods_are 3
  proved "to $image: rolled out in $took s"
done
sleep 2
# Once written, a line may wait a moment in the sidecar before it is in the log.
through() { kubectl logs -n "$namespace" "$(a_ready_pod)" -c envoy --tail=1; }
through_the_sidecar() { [[ $(through) == *'"upstream_host":"127.0.0.1:8000"'* ]]; }
within 15 "a request in the sidecar's log" through_the_sidecar
end_load sidecar
lost_nothing 5000
proved "$sent requests in $(number seconds <<<"$report") s through the sidecars, 0 failed"
proved "one of them: $(through)"
back_to_production
