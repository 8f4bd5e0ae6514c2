#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The restricted standard where it is met in practice: a Deployment that asks for root is stored
# with a warning and gets no pod; and nobody can add a root container to a running pod.
. "$(dirname "$0")/../lib.sh"

number_by_hand 3
at_exit 'kubectl delete deployment -n "$namespace" rooted --ignore-not-found >/dev/null'
warning=$(kubectl create deployment rooted -n "$namespace" \
  --image="$(image_of ml-inference:latest)" 2>&1 >/dev/null)
[[ $warning == *'would violate PodSecurity "restricted'* ]] || die "no warning: $warning"
proved "kubectl: ${warning:0:150}..."
refusal() {
  kubectl get events -n "$namespace" --field-selector reason=FailedCreate \
    -o jsonpath='{range .items[*]}{.message}{"\n"}{end}' | grep rooted |
    grep -o 'violates PodSecurity "[a-z0-9.:]*"' | tail -1 | grep .
}
within 60 "the refusal's event" refusal
[ -z "$(kubectl get pods -n "$namespace" -l app=rooted -o name)" ] || die "the pod exists"
proved "no pod: $(refusal)"
! answer=$(kubectl debug -n "$namespace" "pod/$(a_ready_pod)" --profile=sysadmin -c root-debug \
  --image="$(image_of ml-inference-e2e:latest)" -- /e2e-tool show / 2>&1) ||
  die "a privileged debugger came in"
[[ $answer == *'violates PodSecurity'* ]] || die "refused otherwise: $answer"
proved "a privileged debug container: $(grep -o 'violates PodSecurity "[^ ]*' <<<"$answer")"
