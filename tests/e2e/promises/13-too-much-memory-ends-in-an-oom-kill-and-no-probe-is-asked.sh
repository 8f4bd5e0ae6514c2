#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A container without any probe takes twice its memory limit. The kernel ends it, the kubelet sees
# the process end and starts the container again: probes have no part in it.
. "$(dirname "$0")/../lib.sh"

kubectl apply -f - >/dev/null <<EOF
apiVersion: v1
kind: Pod
metadata: {name: glutton, namespace: $load_namespace}
spec:
  terminationGracePeriodSeconds: 1
  automountServiceAccountToken: false
  securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: glutton
      image: $(image_of ml-inference-e2e:latest)
      imagePullPolicy: IfNotPresent
      command: [/e2e-tool, fill, "128"]
      resources: {requests: {cpu: 10m, memory: 64Mi}, limits: {memory: 64Mi}}
      securityContext:
        {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
EOF
# status PATH: what the API server knows of the container.
status() {
  kubectl get pod -n "$load_namespace" glutton -o jsonpath="{.status.containerStatuses[0].$1}"
}
last() { status "lastState.terminated.$1"; }
killed() { [ -n "$(last reason)" ]; }
within 60 "the end and the restart of the container" killed
[ "$(last reason) $(last exitCode)" = "OOMKilled 137" ] ||
  die "ended as $(last reason) with $(last exitCode), expected OOMKilled with 137"
unhealthy=$(kubectl get events -n "$load_namespace" -o name \
  --field-selector involvedObject.name=glutton,reason=Unhealthy)
[ -z "$unhealthy" ] || die "a probe failed: $unhealthy"
proved "128 MiB under a limit of 64Mi: $(last reason), exit code $(last exitCode), restarted" \
  "$(status restartCount) times, no probe failure among the events"
kubectl delete pod -n "$load_namespace" glutton --wait=false >/dev/null
