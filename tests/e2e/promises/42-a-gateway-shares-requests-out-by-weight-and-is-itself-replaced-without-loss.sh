#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# envoy-gateway-plain: 90 and 10 are weights of requests, so kept-alive connections are shared out
# too. A changed weight replaces the gateway's own pods: nothing is lost by that either.
. "$(dirname "$0")/../parts.sh"

# weights STABLE CANARY: composes the gateway with these weights and applies it.
weights() {
  sed -e "/name: stable\$/{n;s/weight: .*/weight: $1/}" \
    -e "/name: canary\$/{n;s/weight: .*/weight: $2/}" \
    k8s/components/envoy-gateway-plain/envoy.yaml >"$parts/envoy.yaml"
  compose envoy-gateway-plain < <(
    echo 'configMapGenerator:'
    echo '  - {name: ml-inference-gateway, namespace: ml-platform, behavior: replace,'
    echo '     files: [envoy.yaml], options: {immutable: true}}'
    echo 'images:'
    instead ml-inference-canary ml-inference:v2
    instead envoyproxy/envoy $envoy_image) | kubectl apply -f - >/dev/null
  rolled_out ml-inference ml-inference-canary ml-inference-gateway
}
bring_envoy
clear_away
weights 90 10
within 60 "pods of both versions at both gateways" gateways_know_everybody
shared_out 15 ml-inference-gateway mixed 10
begin_load weights ml-inference-gateway 200 mixed

gateways() { kubectl get pods -n "$namespace" -l app=ml-inference-gateway -o name | wc -l; }
two_gateways() { [ "$(gateways)" = 2 ]; }
weights 100 0
within 60 "the end of the old gateways" two_gateways
before=$(predictions_of track=canary)
sleep 3
[ "$(predictions_of track=canary)" = "$before" ] || die "the canary still answers with weight 0"
proved "rolled back by weights 100 and 0: the canary gets nothing more"
weights 0 100
within 60 "the end of the old gateways" two_gateways
before=$(predictions_of track=stable)
sleep 3
[ "$(predictions_of track=stable)" = "$before" ] || die "stable still answers with weight 0"
end_load weights
lost_nothing 4000
proved "promoted by weights 0 and 100; the gateways were replaced twice:" \
  "$sent requests in $(number seconds <<<"$report") s, 0 failed"
back_to_production
