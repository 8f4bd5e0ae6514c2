#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# 20 x 100m are the 2 CPUs of the quota. The API server refuses one more, whatever room the nodes
# have.
. "$(dirname "$0")/../lib.sh"

kubectl scale deployment ml-inference -n ml-platform --replicas=21 >/dev/null
refusal() {
  kubectl get events -n ml-platform --field-selector reason=FailedCreate \
    -o jsonpath='{range .items[*]}{.message}{"\n"}{end}' | grep 'exceeded quota' | tail -1
}
within 60 "the refusal's event" refusal
twenty_pods() { [ "$(pods | wc -l)" = 20 ]; }
within 60 "twenty pods" twenty_pods
event=$(refusal)
[[ $event == *'used: requests.cpu=2,'*'limited: requests.cpu=2'* ]] ||
  die "refused for another reason than the CPU requests: $event"
proved "replicas wanted: 21; pods: $(pods | wc -l)"
proved "event: $event"
kubectl scale deployment ml-inference -n ml-platform --replicas=3 >/dev/null
within 120 "three pods again" pods_are 3
