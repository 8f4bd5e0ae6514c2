#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# kubectl drain on two nodes at once, of the service's pods only: the budget lets one pod go at a
# time, and the rest hears "Cannot evict pod" until its replacement is ready.
. "$(dirname "$0")/../lib.sh"

mapfile -t fit < <(schedulable_nodes)
((${#fit[@]} >= 2)) || skip "one node takes pods; a drain needs two"
number_by_hand 3
kubectl rollout restart deployment/ml-inference -n "$namespace" >/dev/null
kubectl rollout status deployment/ml-inference -n "$namespace" --timeout=90s >/dev/null
within 60 "three ready pods" pods_are 3
expected=$((${#fit[@]} < 3 ? ${#fit[@]} : 3))
mapfile -t used < <(nodes_of_pods | sort -u)
((${#used[@]} == expected)) ||
  die "three pods are on ${#used[@]} nodes (${used[*]}), expected $expected"
proved "spread: three pods on the nodes ${used[*]}"

drained=("${used[@]:0:$((expected - 1))}")
at_exit 'kubectl uncordon "${drained[@]}" >/dev/null 2>&1'
watch_ready
steady_load drain 500
sleep 2
start=$(now_ms)
answers=$(mktemp)
at_exit 'rm -f "$answers"'
drains=()
for node in "${drained[@]}"; do
  (exec kubectl --context "$CONTEXT" drain "$node" --pod-selector=app=ml-inference \
    --ignore-daemonsets --delete-emptydir-data --timeout=120s >>"$answers" 2>&1) &
  drains+=($!)
done
for drain in "${drains[@]}"; do wait "$drain" || die "a drain failed: $(cat "$answers")"; done
proved "drained ${drained[*]} in $(seconds_since "$start") s"
within 60 "three ready pods elsewhere" pods_are 3
sleep 2
stop_load drain
report=$(load_report drain)
fewest=$(fewest_ready)
for node in "${drained[@]}"; do
  ! grep -qFx "$node" <(nodes_of_pods) || die "a pod is on the drained node $node"
done
((fewest >= 2)) || die "$fewest pods were ready at one time, the budget says 2"
no_failure "$report" 2500
refusals=$(grep -c "would violate the pod's disruption budget" "$answers" || true)
proved "the budget said no $refusals times; never fewer than $fewest ready"
proved "$(summary "$report")"
kubectl uncordon "${drained[@]}" >/dev/null
kubectl rollout restart deployment/ml-inference -n "$namespace" >/dev/null
kubectl rollout status deployment/ml-inference -n "$namespace" --timeout=90s >/dev/null
within 60 "three ready pods" pods_are 3
proved "uncordoned, restarted: on $(nodes_of_pods | sort | tr '\n' ' ')"
