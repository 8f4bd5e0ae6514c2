#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The limit range fills in what is missing, and refuses what is outside of it.
. "$(dirname "$0")/../lib.sh"

# pod RESOURCES: what the API server would store for a harmless pod with these resources.
pod() {
  kubectl create --dry-run=server -o jsonpath='{.spec.containers[0].resources}' -f - 2>&1 <<EOF
apiVersion: v1
kind: Pod
metadata: {name: guest, namespace: $namespace}
spec:
  securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: guest
      image: ml-inference:latest
      resources: $1
      securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
EOF
}
given=$(pod '{}')
readonly limits='"limits":{"cpu":"500m","memory":"512Mi"}'
readonly requests='"requests":{"cpu":"100m","memory":"128Mi"}'
[ "$given" = "{$limits,$requests}" ] ||
  die "a container without resources got $given"
proved "a container without resources is given $given"

refused() {
  local answer
  ! answer=$(pod "$1") || die "a container with $1 was admitted"
  [[ $answer == *"$2"* ]] || die "a container with $1: refused for another reason: $answer"
  proved "$1: $2"
}
refused '{limits: {cpu: "2"}}' 'maximum cpu usage per Container is 1'
refused '{limits: {memory: 2Gi}}' 'maximum memory usage per Container is 1Gi'
refused '{requests: {cpu: 5m}}' 'minimum cpu usage per Container is 10m'
refused '{requests: {memory: 16Mi}}' 'minimum memory usage per Container is 32Mi'
