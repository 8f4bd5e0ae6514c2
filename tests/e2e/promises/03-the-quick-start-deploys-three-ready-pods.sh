#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The reference's commands in its order.
. "$(dirname "$0")/../lib.sh"

start=$(now_ms)
load_images ml-inference:latest ml-inference:v2 ml-inference-e2e:latest
proved "images are in the cluster ($(way_into_nodes)) after $(seconds_since "$start") s"

start=$(now_ms)
kubectl apply -f k8s/namespace.yaml 2>/dev/null # warns that create, not apply, made it
kubectl apply -f k8s/resource-quota.yaml
kubectl apply -f k8s/limit-range.yaml
if [ -z "${REGISTRY:-}" ]; then
  kubectl apply -f k8s/deployment.yaml
else
  sed "s|image: ml-inference:latest|image: $(image_of ml-inference:latest)|" k8s/deployment.yaml |
    kubectl apply -f -
fi
kubectl apply -f k8s/service.yaml
kubectl rollout status -n "$namespace" deployment/ml-inference --timeout=180s >/dev/null
within 30 "three ready pods" pods_are 3
proved "three pods ready $(seconds_since "$start") s after the first apply"
kubectl get pods -n ml-platform -o wide
kubectl get svc -n ml-platform
