#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# From a namespace without a service to one with all that the production overlay has. Its Deployment
# states no number of replicas: it begins with one, and the autoscaler makes them three.
. "$(dirname "$0")/../lib.sh"

kubectl delete deployment,service,hpa,pdb,networkpolicy -n "$namespace" --all \
  --timeout=90s >/dev/null
within 60 "the end of the old pods" pods_are 0
start=$(now_ms)
production | kubectl apply -f -
within 90 "three ready pods" pods_are 3
proved "three pods ready $(seconds_since "$start") s after kubectl apply"
kubectl get deployment,hpa,pdb,networkpolicy -n "$namespace"
proved "on the nodes $(nodes_of_pods | sort | tr '\n' ' ')"

forward svc/ml-inference 80
answer=$(curl -fsS "http://localhost:$forwarded/predict" -H 'Content-Type: application/json' \
  -d '{"features": [5.1, 3.5, 1.4, 0.2]}')
[ "$answer" = "$expected_prediction" ] || die "predicted $answer, expected $expected_prediction"
proved "POST /predict: $answer"
