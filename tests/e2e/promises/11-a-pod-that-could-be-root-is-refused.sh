#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The namespace enforces the restricted standard: the API server refuses a pod that asks for root,
# one that asks for privileges, and one that merely states nothing. --dry-run=server goes through
# all of admission and stores nothing.
. "$(dirname "$0")/../lib.sh"

readonly harmless='"runAsNonRoot": true, "allowPrivilegeEscalation": false,
  "capabilities": {"drop": ["ALL"]}, "seccompProfile": {"type": "RuntimeDefault"}'

# create CONTEXT: asks for a pod whose one container has this security context.
create() {
  kubectl create --dry-run=server -o name -f - 2>&1 <<EOF
{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "guest", "namespace": "$namespace"},
 "spec": {"containers": [
   {"name": "guest", "image": "ml-inference:latest", "securityContext": {$1}}]}}
EOF
}
refused() {
  local what=$1 answer
  ! answer=$(create "$2") || die "$what was admitted: $answer"
  [[ $answer == *'violates PodSecurity "restricted:v1.34": '* ]] ||
    die "$what: refused for another reason: $answer"
  proved "$what: ${answer#*restricted:v1.34\": }"
}
answer=$(create "$harmless") || die "a harmless pod was refused: $answer"
proved "a harmless pod: admitted"
refused "the same as root" "$harmless, \"runAsUser\": 0"
refused "the same with a capability" "${harmless/\"drop\"/\"add\": [\"NET_ADMIN\"], \"drop\"}"
refused "one that states nothing" ""
