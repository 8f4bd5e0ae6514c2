#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Rolling updates of the production overlay while clients inside the cluster call by gRPC: on
# channels that they keep, on a new one for each call, and with round_robin over the headless
# Service. After the first update connections also end by their age, each after some 5 s.
. "$(dirname "$0")/../parts.sh"
readonly rate=100 image=ml-inference-grpc:e2e host=$namespace.svc.cluster.local:9000

"$docker" image inspect $image >/dev/null 2>&1 ||
  build_image $image tests/e2e/grpc/Dockerfile tests/e2e/grpc
once $image load_images $image
number_by_hand 3
run_latest
at_exit 'kubectl delete service -n "$namespace" ml-inference-headless --ignore-not-found >/dev/null'
kubectl apply -f k8s/components/headless-service/service.yaml >/dev/null
# A name that was asked for too early is answered by "no such name" for a while.
has_addresses() {
  [ "$(kubectl get endpointslices -n "$namespace" \
    -l kubernetes.io/service-name=ml-inference-headless \
    -o jsonpath='{.items[*].endpoints[*].addresses[0]}' | wc -w)" = 3 ]
}
within 20 "addresses of the headless Service" has_addresses

# change WHAT COMMAND...: a command that changes the pods; returns when the old ones are gone.
change() {
  local what=$1 before start
  shift
  before=$(pods)
  start=$(now_ms)
  "$@" >/dev/null
  replaced() { pods_are 3 && ! grep -qFf <(echo "$before") <(pods); }
  within 120 "three new pods and no old one" replaced
  proved "$what: three pods replaced in $(seconds_since "$start") s"
  sleep 3 # of load after it
}
deployment=deployment/ml-inference
LOAD_POD_IMAGE=$image start_load grpc "ml-inference.$host" "ml-inference-headless.$host" \
  --rate $rate
sleep 5 # of load before anything changes
change "connections end by their age" kubectl set env -n "$namespace" $deployment \
  ML_INFERENCE_GRPC_MAX_CONNECTION_AGE=5s
change "to v2" kubectl set image -n "$namespace" $deployment \
  "ml-inference=$(image_of ml-inference:v2)"
sleep 15 # in which every kept connection has grown old twice
change "and back" kubectl set image -n "$namespace" $deployment \
  "ml-inference=$(image_of ml-inference:latest)"
stop_load grpc
said=$(load_report grpc) # a line for each failure, and the report
report=$(sed -n '$p' <<<"$said")
[ "$said" = "$report" ] || sed -n '1,20{s/^/    /;p}' <<<"$said"
no_failure "$report" $((rate * 20))
proved "$(summary "$report"), the slowest after $(number slowest_ms <<<"$report") ms:" \
  "$(number kept.sent <<<"$report") on kept channels," \
  "$(number new.sent <<<"$report") on new ones," \
  "$(number balanced.sent <<<"$report") balanced by the client"

# New pods get calls of clients that are older than they are.
for pod in $(ready_pods); do
  rows=$(metrics "$pod" | metric predictions_total)
  [ "${rows%.*}" -gt 20 ] || die "$pod has answered ${rows%.*} rows, expected a share"
done
proved "each of the new pods has its share of them"
change "without the age" kubectl set env -n "$namespace" $deployment \
  ML_INFERENCE_GRPC_MAX_CONNECTION_AGE-
