#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The reference's commands five times on the production overlay, while clients inside the cluster
# send 500 requests a second through the Service, half of them on new connections.
. "$(dirname "$0")/../lib.sh"
readonly rollouts=${ROLLOUTS:-5} rate=500
readonly limit_ms=15000

number_by_hand 3
run_latest
watch_ready
steady_load rollout $rate
sleep 2 # of load before anything changes
images=("$(image_of ml-inference:v2)" "$(image_of ml-inference:latest)")
times=()
for ((i = 0; i < rollouts; i++)); do
  before=$(pods)
  start=$(now_ms)
  kubectl set image deployment/ml-inference "ml-inference=${images[i % 2]}" \
    -n ml-platform >/dev/null
  replaced() { pods_are 3 && ! grep -qFf <(echo "$before") <(pods); }
  within 90 "three new pods and no old one" replaced
  took=$(($(now_ms) - start))
  ((took <= limit_ms)) || die "rollout $((i + 1)) took $took ms, expected at most $limit_ms"
  times+=("$((took / 1000)).$((took % 1000 / 100))")
done
sleep 2 # of load after everything has changed
stop_load rollout
report=$(load_report rollout)
fewest=$(fewest_ready)
no_failure "$report" $((rate * 20))
((fewest >= 3)) || die "$fewest pods were ready at one time, expected 3 at least"
proved "$rollouts rollouts, three pods replaced in ${times[*]} s, never fewer than $fewest ready"
proved "$(summary "$report")"
run_latest # for the promises that follow
