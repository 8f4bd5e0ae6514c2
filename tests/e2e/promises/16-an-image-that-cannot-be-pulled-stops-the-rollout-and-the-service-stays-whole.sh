#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# An image that no registry has: the new pods never start, so no old one is taken away. After
# progressDeadlineSeconds the Deployment says that it has failed, and undo ends the matter.
. "$(dirname "$0")/../lib.sh"

number_by_hand 3
before=$(ready_pods)
watch_ready
steady_load rollout 500
start=$(now_ms)
kubectl set image deployment/ml-inference -n "$namespace" \
  "ml-inference=$(image_of ml-inference:no-such-version)" >/dev/null
! answer=$(kubectl rollout status deployment/ml-inference -n "$namespace" --timeout=150s 2>&1) ||
  die "the rollout of a missing image was called done"
[[ $answer == *'exceeded its progress deadline'* ]] || die "stopped for another reason: $answer"
proved "after $(seconds_since "$start") s: ${answer##*$'\n'}"
proved "new pods wait: $(waiting_reasons)"
[ "$(ready_pods)" = "$before" ] || die "ready were $before; now $(ready_pods)"
kubectl rollout undo deployment/ml-inference -n "$namespace" >/dev/null
within 60 "three pods again" pods_are 3
stop_load rollout
report=$(load_report rollout)
no_failure "$report" 10000
[ "$(fewest_ready)" -ge 3 ] || die "fewer than three pods were ready at one time"
proved "the three old pods stayed ready; $(summary "$report")"
