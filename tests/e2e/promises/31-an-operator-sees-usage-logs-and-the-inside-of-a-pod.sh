#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# kubectl top, kubectl logs and kubectl debug on the production overlay: the first needs a metrics
# server, the second tells a request by its id, the third looks into an image without a shell.
. "$(dirname "$0")/../lib.sh"

number_by_hand 3
pod=$(a_ready_pod)
if usage=$(kubectl top pods -n "$namespace" 2>/dev/null); then
  while read -r line; do proved "$line"; done <<<"$usage"
else
  proved "kubectl top: this cluster has no metrics server"
fi
forward "pod/$pod" 8000
id=e2e-$RANDOM$RANDOM
curl -fsS -o /dev/null "http://127.0.0.1:$forwarded/predict" -H "X-Request-ID: $id" \
  -H 'Content-Type: application/json' -d '{"features": [5.1, 3.5, 1.4, 0.2]}'
logged() { kubectl logs -n "$namespace" "$pod" --tail=200 | grep -F "\"request_id\":\"$id\""; }
within 20 "the request in the log" logged
proved "kubectl logs: $(logged)"
said=$(in_pod "$pod" "look-$RANDOM" /e2e-tool show /proc/1/comm /proc/1/ns/pid /proc/1/cmdline)
[[ $said == *ml-inference* ]] || die "the debug container does not see the program: $said"
proved "kubectl debug: ${said//$'\n'/; }"
