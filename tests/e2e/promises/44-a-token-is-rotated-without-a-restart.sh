#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# secrets: the tokens are a mounted Secret. It is changed twice, old and new together and then the
# new alone; every pod follows, and no pod restarts.
. "$(dirname "$0")/../parts.sh"

# tokens LINE...: the Secret has these tokens from now on.
tokens() {
  kubectl create secret generic ml-inference-tokens -n "$namespace" --dry-run=client -o yaml \
    --from-literal=tokens="$(printf '%s\n' "$@")" | kubectl apply -f - >/dev/null
}
# status_of TOKEN: what /predict of every pod says to this token, once each if they agree.
status_of() {
  local address
  for address in "${addresses[@]}"; do
    asked=$address
    ask '[5.1, 3.5, 1.4, 0.2]' -o /dev/null -w '%{http_code}\n' -H "Authorization: Bearer $1"
  done | sort -u | tr '\n' ' '
}
says() { [ "$(status_of "$1")" = "$2 " ]; }

old=$(od -An -tx1 -N16 /dev/urandom | tr -d ' \n')
new=$(od -An -tx1 -N16 /dev/urandom | tr -d ' \n')
clear_away
tokens "$old"
compose secrets </dev/null | kubectl apply -f - >/dev/null
rolled_out ml-inference
before=$(pods)
addresses=()
for pod in $(ready_pods); do
  ask_begin "pod/$pod" 8000
  addresses+=("$asked")
done
says "$old" 200 || die "the token of the Secret is answered with $(status_of "$old")"
says "$new" 401 || die "a token that is not in the Secret is answered with $(status_of "$new")"
proved "the Secret's token: 200; another: 401; on ${#addresses[@]} pods"

start=$(now_ms)
tokens "$old" "$new"
within 150 "the new token on all pods" says "$new" 200
says "$old" 200 || die "the old token no longer works: $(status_of "$old")"
proved "both tokens accepted by all pods $(seconds_since "$start") s after the Secret changed"
start=$(now_ms)
tokens "$new"
within 150 "the end of the old token" says "$old" 401
says "$new" 200 || die "the new token no longer works: $(status_of "$new")"
proved "the old one refused by all pods $(seconds_since "$start") s after it was taken out"
[ "$(pods)" = "$before" ] || die "pods were replaced"
[ "$(restarts)" = 0 ] || die "$(restarts) containers were restarted"
proved "the same pods, 0 restarts"
back_to_production
