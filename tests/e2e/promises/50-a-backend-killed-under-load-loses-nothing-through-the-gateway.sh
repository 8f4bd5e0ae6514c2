#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# envoy-gateway-plain: one of three backends is killed (kill -9) again and again under load. What it
# held is asked for again elsewhere, and while it keeps failing it is left out. The containers of a
# pod share one process namespace here, so that a debug container can kill the server: as process 1
# of its own namespace it would be immune to signals from inside.
. "$(dirname "$0")/../parts.sh"

# shellcheck disable=SC2016  # for the shell in the container
readonly killer='for ((i = 0; i < 4; i++)); do
  for p in /proc/[0-9]*; do
    [ "$(cat $p/comm)" = ml-inference ] && kill -9 ${p#/proc/} && echo killed ${p#/proc/}
  done
  sleep 4
done'
# gateway_total NAME: the sum of that counter of both gateways, about the stable version.
gateway_total() {
  gateway_stats | awk -v name="$1{" 'index($0, name) == 1 && /cluster_name="stable"/ { sum += $2 }
    END { print sum + 0 }'
}
restarted() { (($(restarts) >= 2)); }

bring_envoy
patch shared <<EOF
apiVersion: apps/v1
kind: Deployment
metadata: {name: ml-inference, namespace: ml-platform}
spec: {template: {spec: {shareProcessNamespace: true}}}
EOF
deploy envoy-gateway-plain < <(
  echo 'images:'
  instead ml-inference-canary ml-inference:v2
  instead envoyproxy/envoy $envoy_image)
rolled_out ml-inference ml-inference-canary ml-inference-gateway
within 60 "pods of both versions at both gateways" gateways_know_everybody
begin_load kill ml-inference-gateway 500 mixed
sleep 3
victim=$(pods_of track=stable | sed -n 1p)
kubectl debug -n "$namespace" "pod/$victim" --profile=restricted -c killer \
  --image="$(image_of $envoy_image)" --image-pull-policy=IfNotPresent -- \
  bash -c "$killer" >/dev/null 2>&1
within 60 "the end of the killer" kubectl wait -n "$namespace" "pod/$victim" --timeout=1s \
  --for=jsonpath='{.status.ephemeralContainerStatuses[0].state.terminated.reason}'=Completed
kills=$(kubectl logs -n "$namespace" "$victim" -c killer | grep -c killed || true)
((kills >= 2)) || die "the server was killed $kills times only"
within 60 "the restarts" restarted
end_load kill
lost_nothing 5000
retries=$(gateway_total envoy_cluster_upstream_rq_retry)
ejected=$(gateway_total envoy_cluster_outlier_detection_ejections_enforced_total)
((retries > 0)) || die "no request was asked for again: nothing was proven"
((ejected > 0)) || die "the pod was never left out"
proved "$victim was killed $kills times:" \
  "$sent requests in $(number seconds <<<"$report") s, 0 failed"
proved "$retries requests asked for again elsewhere; the pod was left out $ejected times"
back_to_production
