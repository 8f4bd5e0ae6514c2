#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# blue-green-plain: the Service is pointed at the other Deployment, and back, under load from
# clients that keep their connections and clients that do not; then blue is taken away.
. "$(dirname "$0")/../parts.sh"

switch_to() {
  kubectl patch service ml-inference -n "$namespace" \
    -p "{\"spec\": {\"selector\": {\"color\": \"$1\"}}}" >/dev/null
}
deploy blue-green-plain < <(echo 'images:'; instead ml-inference-green ml-inference:v2)
rolled_out ml-inference ml-inference-green
begin_load switch ml-inference 500 mixed
sleep 5
((($(predictions_of color=blue)) > 0)) || die "blue answers nothing"
[ "$(predictions_of color=green)" = 0 ] || die "green answers before the switch"
switch_to green
sleep 5
((($(predictions_of color=green)) > 0)) || die "green answers nothing after the switch"
proved "switched to green: $(predictions_of color=green) requests answered by it so far"
switch_to blue
sleep 3
switch_to green
sleep 3
kubectl scale -n "$namespace" deployment/ml-inference --replicas=0 >/dev/null
within 60 "only green pods" pods_are 3
end_load switch
lost_nothing 5000
proved "to green, back to blue, to green again, blue taken away:" \
  "$sent requests in $(number seconds <<<"$report") s, 0 failed"
back_to_production
