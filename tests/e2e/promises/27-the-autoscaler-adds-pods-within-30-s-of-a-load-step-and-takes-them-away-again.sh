#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The overlay's own HorizontalPodAutoscaler on CPU, unchanged. The step is work of 2000 rows a
# request, as fast as the pods answer; steady requests go on beside it and after it.
. "$(dirname "$0")/../lib.sh"
readonly limit_ms=30000

number_by_hand 3
production | kubectl apply -f - >/dev/null
measured() {
  kubectl get hpa -n "$namespace" ml-inference -o jsonpath='{.status.currentMetrics[0]}' |
    grep -q average
}
within 90 "the autoscaler's first measurement (it needs metrics-server)" measured
steady_load calm 50
sleep 20
wanted() { kubectl get deployment -n "$namespace" ml-inference -o jsonpath='{.spec.replicas}'; }
[ "$(wanted)" = 3 ] || die "$(wanted) pods are wanted before the step"
start=$(now_ms)
start_load step "http://ml-inference.$namespace.svc.cluster.local" --rate 0 --duration 60s \
  --connections new --concurrency 12 --rows 2000
more() { [ "$(wanted)" -gt 3 ]; }
within 90 "more pods" more
took=$(($(now_ms) - start))
proved "$(wanted) pods wanted $took ms after the step"
((took <= limit_ms)) || die "the autoscaler took $took ms, expected $limit_ms at most"
step=$(load_report step)
no_failure "$step" 100
proved "the step: $(summary "$step"); $(wanted) pods at its end"
start=$(now_ms)
three() { [ "$(wanted)" = 3 ] && pods_are 3; }
within 240 "three pods again" three
proved "three pods again $(seconds_since "$start") s after the step's end"
stop_load calm
report=$(load_report calm)
no_failure "$report" 1000
proved "beside and after it: $(summary "$report")"
number_by_hand 3
