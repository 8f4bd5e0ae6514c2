#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# prometheus-adapter makes predict_requests_per_second of each pod out of the service's counter. The
# autoscaler of the component autoscaling-requests adds pods within 30 s of a load step and takes
# them away again; no request is lost. Its target is lowered, so that small machines can pass it.
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/e2e/prometheus/prometheus.sh
. tests/e2e/prometheus/prometheus.sh
readonly target=60 before=60 step=400 # requests a second: of a pod, and of all clients
readonly component=k8s/components/autoscaling-requests/autoscaler/horizontal-pod-autoscaler.yaml
readonly here=tests/e2e/prometheus

clean_up() {
  kubectl delete hpa -n "$namespace" ml-inference --ignore-not-found
  kubectl delete pod -n "$load_namespace" calm step --ignore-not-found --now
  kubectl delete -l mini-ml-platform/made-by=e2e apiservice,clusterrole,clusterrolebinding
  kubectl delete -n kube-system -l mini-ml-platform/made-by=e2e rolebinding
}
trap 'clean_up >/dev/null 2>&1' EXIT

metric_of_pods() {
  kubectl get --raw "/apis/custom.metrics.k8s.io/v1beta1/namespaces/$namespace/pods/%2A/$(
  )predict_requests_per_second?labelSelector=app%3Dml-inference"
}
served() { metric_of_pods | grep -q '"value"'; }
replicas() { kubectl get deployment ml-inference -n "$namespace" -o jsonpath='{.spec.replicas}'; }
replicas_are() { [ "$(replicas)" = "$1" ]; }
more_than() { (($(replicas) > $1)); }
send() {
  steady_load "$1" "$2"
}

kubectl delete hpa -n "$namespace" ml-inference --ignore-not-found >/dev/null
kubectl scale deployment/ml-inference -n "$namespace" --replicas=3 >/dev/null
within 60 "three pods" pods_are 3
start_prometheus
load_images ml-inference-adapter:e2e
config_map adapter config.yaml=k8s/components/monitoring/adapter-config.yaml
with_image_of ml-inference-adapter:e2e "$here/adapter-objects.yaml" | kubectl apply -f - >/dev/null
kubectl rollout status deployment/adapter -n "$load_namespace" --timeout=90s >/dev/null
send calm "$before"
within 90 "the metric in the custom metrics API" served
proved "predict_requests_per_second is served for" \
  "$(metric_of_pods | grep -o '"value":"[^"]*"' | wc -l) pods at $before requests a second"

# Without the component's second opinion, so that only this metric can have moved it.
sed -e "s/averageValue: \"[0-9]*\"/averageValue: \"$target\"/" \
  -e '/- type: Resource/,/averageUtil/d' "$component" |
  kubectl apply -n "$namespace" -f - >/dev/null
within 60 "the autoscaler's first look" kubectl wait -n "$namespace" hpa/ml-inference \
  --for=condition=ScalingActive --timeout=1s
replicas_are 3 || die "the autoscaler moved before the load did: $(replicas) replicas"

start=$(now_ms)
send step "$step"
within 30 "more than three replicas" more_than 3
proved "more pods asked for $(seconds_since "$start") s after the step from $before to" \
  "$((before + step)) requests a second"
within 90 "$(((before + step + target - 1) / target)) replicas" more_than 6
proved "$(replicas) replicas after $(seconds_since "$start") s"
stop_load step
steps=$(load_report step)
start=$(now_ms)
within 240 "three replicas again" replicas_are 3
within 60 "the end of the others" pods_are 3
proved "three again $(seconds_since "$start") s after the step's end"
stop_load calm
calm=$(load_report calm)
for report in "$steps" "$calm"; do
  [ "$(number failed <<<"$report")" = 0 ] || die "requests failed: $report"
done
proved "$(number sent <<<"$steps") and $(number sent <<<"$calm") requests, 0 failed"
