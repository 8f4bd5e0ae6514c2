#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The previous release's five manifests (../previous), and over them the production overlay, under
# load. One trap is on the way: the old Deployment states three replicas and the new one leaves
# them to the autoscaler, and kubectl apply takes away what it once set, which means one replica.
# So the number is first taken out of what apply remembers.
. "$(dirname "$0")/../lib.sh"
readonly remembers=kubectl.kubernetes.io/last-applied-configuration

kubectl delete deployment,service,hpa,pdb,networkpolicy -n "$namespace" --all \
  --timeout=90s >/dev/null
within 60 "the end of the old pods" pods_are 0
for name in namespace resource-quota limit-range deployment service; do
  sed "s|image: ml-inference:latest|image: $(image_of ml-inference:latest)|" \
    "tests/e2e/previous/$name.yaml" | kubectl apply -f - >/dev/null
done
within 90 "three ready pods" pods_are 3
proved "the previous release has three ready pods"
before=$(pods)
watch_ready
steady_load upgrade 200
sleep 3
start=$(now_ms)
memory=$(kubectl get deployment ml-inference -n "$namespace" -o json |
  sed -n "s|^ *\"$remembers\": ||p" | sed 's|\\"replicas\\":[0-9]*,||; s|,$||')
kubectl patch deployment ml-inference -n "$namespace" --type=merge \
  -p "{\"metadata\": {\"annotations\": {\"$remembers\": $memory}}}" >/dev/null
production | kubectl apply -f - >/dev/null
upgraded() { pods_are 3 && ! grep -qFf <(echo "$before") <(pods); }
within 120 "three pods of the new release and none of the old" upgraded
proved "upgraded in $(seconds_since "$start") s"
sleep 3
stop_load upgrade
report=$(load_report upgrade)
fewest=$(fewest_ready)
no_failure "$report" 2000
((fewest >= 3)) || die "$fewest pods were ready at one time, expected 3 at least"
proved "never fewer than $fewest ready; $(summary "$report")"
number_by_hand 3
