#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# NODE_DOWN stops a node's kubelet and network without a word. Until the cluster takes the node for
# lost (40 to 50 s of silence, a setting of the cluster), new connections may still be sent there:
# what that costs is counted. Then traffic leaves it, and after tolerationSeconds (10) its pods are
# made anew elsewhere.
. "$(dirname "$0")/../lib.sh"

[ -n "${NODE_DOWN:-}" ] && [ -n "${NODE_UP:-}" ] || skip "set NODE_DOWN and NODE_UP to try it"
number_by_hand 3
mapfile -t used < <(nodes_of_pods | sort -u)
((${#used[@]} >= 3)) || skip "the three pods are on ${#used[@]} nodes; three are needed"
# Not the node of the cluster's DNS, and the load on a third one.
dns=$(kubectl get pods -n kube-system -l k8s-app=kube-dns \
  -o jsonpath='{range .items[*]}{.spec.nodeName}{"\n"}{end}')
mapfile -t free < <(printf '%s\n' "${used[@]}" | grep -vFxf <(echo "$dns"))
((${#free[@]})) || skip "cluster DNS runs on every node that has a pod"
lost=${free[0]}
mapfile -t others < <(printf '%s\n' "${used[@]}" | grep -vFx "$lost")
pod=$(kubectl get pods -n "$namespace" -l app=ml-inference --field-selector "spec.nodeName=$lost" \
  -o jsonpath='{.items[0].metadata.name}')

bring_back() {
  # Unquoted on purpose: the user's command may come with arguments.
  # shellcheck disable=SC2086
  $NODE_UP "$lost" >/dev/null
  kubectl wait "node/$lost" --for=condition=Ready --timeout=120s >/dev/null
}
at_exit bring_back
LOAD_NODE=${others[0]} steady_load lost 100
sleep 3
start=$(now_ms)
# shellcheck disable=SC2086
$NODE_DOWN "$lost"
left() {
  local ready
  ready=$(ready_pods) && ! grep -qFx "$pod" <<<"$ready"
}
within 90 "the end of the pod's readiness" left
proved "$lost was lost; its pod was no longer an endpoint after $(seconds_since "$start") s"
three() { [ "$(ready_pods | wc -l)" = 3 ]; }
within 60 "three ready pods elsewhere" three
proved "three pods ready on the other nodes after $(seconds_since "$start") s"
sleep 6 # the load's own timeout, so that the last lost request is counted before the next load
stop_load lost
report=$(load_report lost)
proved "$(summary "$report"): $(failures "$report")"
LOAD_NODE=${others[0]} steady_load after 100
sleep 5
stop_load after
report=$(load_report after)
no_failure "$report" 300
proved "afterwards: $(summary "$report")"
bring_back
kubectl rollout restart deployment/ml-inference -n "$namespace" >/dev/null
kubectl rollout status deployment/ml-inference -n "$namespace" --timeout=120s >/dev/null
within 90 "three ready pods" pods_are 3
proved "$lost is back; pods on $(nodes_of_pods | sort | tr '\n' ' ')"
