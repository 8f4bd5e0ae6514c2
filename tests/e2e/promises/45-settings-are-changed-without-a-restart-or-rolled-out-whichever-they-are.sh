#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# configuration: a change of the mounted file is followed by the running pods; a file that is not
# understood changes nothing; and a change of the variables is a rolling update, because their
# ConfigMap has another name then.
. "$(dirname "$0")/../parts.sh"

settings() {
  kubectl create configmap ml-inference-live -n "$namespace" --dry-run=client -o yaml \
    --from-literal=settings="$1" | kubectl apply -f - >/dev/null
}
# reloads RESULT: how often the pods have read the file anew, with success or failure, all together.
reloads() {
  local pod
  for pod in $(ready_pods); do metrics "$pod"; done |
    awk -v result="result=\"$1\"" '/^settings_reloads_total\{/ && /file="config"/ {
      if (index($0, result)) sum += $2 } END { print sum + 0 }'
}
reloaded() { (($(reloads "$1") >= $2)); }
# Into a variable first: grep -q would end the pipe early, and so fail it.
logs_probes() {
  local lines
  lines=$(kubectl logs -n "$namespace" "$1" --tail=20)
  [[ $lines == *'"level":"DEBUG"'* ]]
}

deploy configuration </dev/null
rolled_out ml-inference
before=$(pods)
pod=$(a_ready_pod)
! logs_probes "$pod" || die "the log has DEBUG lines at the level info"
seen=$(reloads success)
start=$(now_ms)
settings $'log-level = debug\nlog-sample = 1'
within 150 "DEBUG lines in the log" logs_probes "$pod"
within 60 "the reload of three pods" reloaded success $((seen + 3))
proved "log-level = debug is followed by 3 pods after $(seconds_since "$start") s"
seen=$(reloads failure)
settings $'log-level = info\nno-such-setting = 1'
within 150 "the refusal by three pods" reloaded failure $((seen + 3))
logs_probes "$pod" || die "a file that was refused has changed the log level"
proved "a file with an unknown setting is refused by 3 pods, and the old settings stay"
[ "$(pods)" = "$before" ] || die "pods were replaced"
[ "$(restarts)" = 0 ] || die "$(restarts) containers were restarted"
proved "the same pods, 0 restarts"

compose configuration >"$parts/next.yaml" < <(
  echo 'configMapGenerator:'
  echo '  - {name: ml-inference-settings, namespace: ml-platform, behavior: merge,'
  echo '     literals: [ML_INFERENCE_REQUEST_TIMEOUT=10s]}')
kubectl apply -f "$parts/next.yaml" >/dev/null
rolled_out ml-inference
! grep -qFf <(echo "$before") <(ready_pods) || die "a pod kept the old variables"
proved "a changed variable is a rolling update: $(kubectl get deployment ml-inference \
  -n "$namespace" -o jsonpath='{.spec.template.spec.containers[0].envFrom[0].configMapRef.name}')"
back_to_production
