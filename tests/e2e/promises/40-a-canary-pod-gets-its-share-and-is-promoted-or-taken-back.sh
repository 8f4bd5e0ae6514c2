#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# canary-plain at a tenth: nine pods of the old version, one of the new, one Service. New
# connections fall on all ten alike, so the share of the canary is binomial. Then the canary is
# taken back, tried again, and promoted, all under load.
. "$(dirname "$0")/../parts.sh"

deploy canary-plain < <(
  echo 'replicas: [{name: ml-inference, count: 9}, {name: ml-inference-canary, count: 1}]'
  echo 'images:'
  instead ml-inference-canary ml-inference:v2)
rolled_out ml-inference ml-inference-canary
shared_out 15 ml-inference new 10
begin_load canary ml-inference 200 mixed
kubectl scale -n "$namespace" deployment/ml-inference-canary --replicas=0 >/dev/null
within 60 "nine pods, no canary" pods_are 9
proved "rolled back: the canary has no pods, nine of the old version serve"
kubectl scale -n "$namespace" deployment/ml-inference-canary --replicas=1 >/dev/null
within 60 "the canary again" pods_are 10
kubectl set image -n "$namespace" deployment/ml-inference \
  "ml-inference=$(image_of ml-inference:v2)" >/dev/null
rolled_out ml-inference
kubectl scale -n "$namespace" deployment/ml-inference-canary --replicas=0 >/dev/null
within 60 "nine pods of the new version" pods_are 9
end_load canary
lost_nothing 3000
proved "promoted: nine pods of ml-inference:v2; $sent requests, 0 failed"
back_to_production
