#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A real Prometheus finds the pods by the Kubernetes API, scrapes them, and evaluates our rules. A
# pod whose model cannot be loaded raises an alert; the others do not.
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/e2e/prometheus/prometheus.sh
. tests/e2e/prometheus/prometheus.sh
readonly sick=ml-inference-without-model

trap 'kubectl delete pod -n "$namespace" "$sick" --ignore-not-found --now >/dev/null 2>&1' EXIT
start_prometheus
healthy=$(ready_pods | wc -l)
within 60 "scrapes of $healthy pods" scraped "$healthy"
proved "Prometheus found and scraped $healthy pods"

kubectl apply -f - >/dev/null <<EOF
apiVersion: v1
kind: Pod
metadata: {name: $sick, namespace: $namespace, labels: {app: ml-inference}}
spec:
  automountServiceAccountToken: false
  securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: ml-inference
      image: $(image_of ml-inference:latest)
      imagePullPolicy: IfNotPresent
      args: [serve, --model, /missing.onnx, --on-model-failure, stay]
      ports: [{name: http, containerPort: 8000}]
      readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 1}
      resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {cpu: 500m, memory: 128Mi}}
      securityContext:
        {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
EOF
start=$(now_ms)
within 60 "the scrape of the pod without a model" scraped $((healthy + 1))
# The failed load is seen at once, and after two minutes that there is still no model.
within 200 "an alert about its model" firing 'MlInferenceModel[A-Za-z]*' "$sick"
proved "$fired fires for $sick after $(seconds_since "$start") s"
for pod in $(ready_pods); do
  ! firing 'MlInference[A-Za-z]*' "$pod" || die "an alert fires for $pod, which is well"
done
proved "no alert for the $healthy pods that are well"
