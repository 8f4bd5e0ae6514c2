#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Two ways for a model to fail: the file is missing, and the program ends; the file is broken and
# the program was told to stay, alive and not ready. In neither does a new pod become ready, so no
# old one is taken away.
. "$(dirname "$0")/../lib.sh"

number_by_hand 3
before=$(ready_pods)
watch_ready
steady_load rollout 500

# new_pod: one of those that the failing rollout has made.
new_pod() { pods | grep -vFf <(echo "$before") | sed -n 1p; }
# stopped WHAT: the rollout does not go on, and the old pods are as they were; undone then.
stopped() {
  ! kubectl rollout status deployment/ml-inference -n "$namespace" --timeout=15s >/dev/null 2>&1 ||
    die "a rollout with $1 was called done"
  [ "$(ready_pods)" = "$before" ] || die "ready were $before; now $(ready_pods)"
  proved "$1: the rollout stands, the three old pods are ready"
}
undo() {
  kubectl rollout undo deployment/ml-inference -n "$namespace" >/dev/null
  within 60 "three pods again" pods_are 3
}

kubectl set env deployment/ml-inference -n "$namespace" ML_INFERENCE_MODEL=/missing.onnx >/dev/null
crashed() { [[ $(waiting_reasons) == *CrashLoopBackOff* ]]; }
within 60 "the crash loop" crashed
# The node may have cleared the last container away and not yet started the next: asked again then.
last_words() {
  words=$(kubectl logs -n "$namespace" "$(new_pod)" --previous 2>/dev/null | grep -F missing.onnx)
}
within 60 "a word on the missing model in the log" last_words
proved "the new pod says: $(tail -1 <<<"$words")"
stopped "a missing model ($(waiting_reasons))"
undo

kubectl create configmap broken-model -n "$namespace" \
  --from-literal=model.onnx='no model' >/dev/null
at_exit 'kubectl delete configmap -n "$namespace" broken-model >/dev/null'
kubectl patch deployment ml-inference -n "$namespace" -p '{"spec": {"template": {"spec": {
  "volumes": [{"name": "model", "configMap": {"name": "broken-model"}}],
  "containers": [{"name": "ml-inference",
    "volumeMounts": [{"name": "model", "mountPath": "/models", "readOnly": true}],
    "env": [{"name": "ML_INFERENCE_MODEL", "value": "/models/model.onnx"},
            {"name": "ML_INFERENCE_ON_MODEL_FAILURE", "value": "stay"}]}]}}}}' >/dev/null
tells() { kubectl logs -n "$namespace" "$(new_pod)" | grep -i 'model.onnx'; }
within 60 "a word on the broken model in the log" tells
proved "the new pod says: $(tells | tail -1)"
stopped "a broken model, --on-model-failure stay"
running=$(kubectl get pod -n "$namespace" "$(new_pod)" -o jsonpath='{.status.phase}')
proved "the new pod is $running and not ready"
undo

stop_load rollout
report=$(load_report rollout)
no_failure "$report" 10000
[ "$(fewest_ready)" -ge 3 ] || die "fewer than three pods were ready at one time"
proved "$(summary "$report")"
