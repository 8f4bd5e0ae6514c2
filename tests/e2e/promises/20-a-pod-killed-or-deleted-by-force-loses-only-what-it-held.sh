#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Twice without any warning, under load: SIGKILL to the program (sent by a debug container that
# traces it), and kubectl delete --force. Each time requests that the pod held are lost, and those
# that reach its address before the proxies have heard; both are counted.
. "$(dirname "$0")/../lib.sh"
readonly limit_ms=4000

number_by_hand 3
# after_blow WHAT MS: three ready pods came after so long; tells what was lost.
after_blow() {
  local took=$2 report
  sleep 2
  stop_load blow
  report=$(load_report blow)
  ((took <= limit_ms)) || die "$1: three were ready after $took ms, expected $limit_ms at most"
  proved "$1: three ready again after $took ms; $(summary "$report"): $(failures "$report")"
  # Each connection to the pod holds one request at most; a third of the clients had one.
  (($(number failed <<<"$report") * 20 <= $(number sent <<<"$report"))) ||
    die "more was lost than one pod held: $report"
}

pod=$(a_ready_pod)
steady_load blow 200
sleep 2
container() {
  kubectl get pod -n "$namespace" "$pod" -o jsonpath="{.status.containerStatuses[0].$1}"
}
before=$(container restartCount)
said=$(in_pod "$pod" "killer-$RANDOM" /e2e-tool kill 1)
[ -z "$said" ] || { stop_load blow; skip "this cluster's nodes forbid ptrace: $said"; }
restarted() { [ "$(container restartCount)" -gt "$before" ] && pods_are 3; }
within 30 "the restart" restarted
# By the cluster's own clock, because the debug container took a while to come and go. It has whole
# seconds, so one is added.
ended=$(date -d "$(container lastState.terminated.finishedAt)" +%s)
ready=$(date -d "$(kubectl get pod -n "$namespace" "$pod" \
  -o jsonpath='{.status.conditions[?(@.type=="Ready")].lastTransitionTime}')" +%s)
[ "$(container lastState.terminated.exitCode)" = 137 ] || die "the container did not end by SIGKILL"
after_blow "SIGKILL (exit code 137, $(container lastState.terminated.reason))" \
  $(((ready - ended + 1) * 1000))

steady_load blow 200
sleep 2
start=$(now_ms)
kubectl delete pod -n "$namespace" "$pod" --force --grace-period=0 >/dev/null 2>&1
three_again() { pods_are 3 && ! grep -qFx "$pod" <(ready_pods); }
within 30 "three ready pods" three_again
after_blow "deleted by force" $(($(now_ms) - start))
