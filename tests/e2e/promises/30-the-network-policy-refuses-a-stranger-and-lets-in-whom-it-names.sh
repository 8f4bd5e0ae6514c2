#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The same client, before and after its namespace may call itself a gateway; and from inside a pod
# of the service: names are answered, no connection leaves. Needs a network that enforces policies.
. "$(dirname "$0")/../lib.sh"

number_by_hand 3
enter() { # NAME: three requests from outside the namespace
  start_load "$1" "http://$address:8000" --rate 3 --duration 1s --connections new
  load_report "$1"
}
address=$(kubectl get pod -n "$namespace" "$(a_ready_pod)" -o jsonpath='{.status.podIP}')
at_exit 'kubectl label namespace "$load_namespace" ml-platform/access=gateway \
  --overwrite >/dev/null'
kubectl label namespace "$load_namespace" ml-platform/access- >/dev/null
sleep 2 # nothing tells when a policy has come into force everywhere
report=$(enter stranger)
if [ "$(number succeeded <<<"$report")" != "" ]; then
  skip "this cluster's network does not enforce policies: a stranger got in"
fi
[[ $report == *'cannot connect: '* ]] || die "refused for another reason: $report"
proved "a stranger: $report"
kubectl label namespace "$load_namespace" ml-platform/access=gateway >/dev/null
sleep 2
report=$(enter gateway)
no_failure "$report"
proved "named a gateway: $(summary "$report")"

target=$(kubectl get endpointslices -n default kubernetes -o \
  jsonpath='{.endpoints[0].addresses[0]} {.ports[0].port}')
said=$(in_pod "$(a_ready_pod)" "egress-$RANDOM" /ml-inference load "http://${target/ /:}" \
  --rate 1 --duration 1s)
[[ $said == *'cannot connect: '* ]] || die "a connection left the pod: $said"
proved "from the service's pod to $target: ${said##*: }"
