#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Not a dry run: a Deployment that wants more than a container may have is stored, its pods are
# refused with an event. And a running pod cannot be resized beyond the maximum either.
. "$(dirname "$0")/../lib.sh"

number_by_hand 3
at_exit 'kubectl delete deployment -n "$namespace" greedy --ignore-not-found >/dev/null'
production | sed -n '/^kind: Deployment/,/^---/p' | sed '/^---/d' |
  sed 's/^  name: ml-inference$/  name: greedy/; s/app: ml-inference$/app: greedy/
       s/cpu: 500m/cpu: "2"/' |
  { echo 'apiVersion: apps/v1'; cat; } | kubectl apply -f - >/dev/null
refusal() {
  kubectl get events -n "$namespace" --field-selector reason=FailedCreate \
    -o jsonpath='{range .items[*]}{.message}{"\n"}{end}' | grep greedy | tail -1 |
    grep -o 'maximum cpu usage per Container is 1, but limit is 2'
}
within 60 "the refusal's event" refusal
[ -z "$(kubectl get pods -n "$namespace" -l app=greedy -o name)" ] || die "a greedy pod exists"
proved "a Deployment with a limit of 2 CPUs has no pod: $(refusal)"
pod=$(a_ready_pod)
! answer=$(resize "$pod" '{"limits": {"cpu": "2"}}' 2>&1) || die "resized beyond the maximum"
[[ $answer == *'maximum cpu usage per Container is 1'* ]] || die "refused otherwise: $answer"
proved "a resize to 2 CPUs: ${answer##*forbidden: }"
