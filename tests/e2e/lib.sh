# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the promises share. Each promise is a program of its own that begins with `. "$here/lib.sh"`,
# and is run by tests/e2e/run, which sets CONTEXT: the kube context that the run was allowed to
# touch.
set -euo pipefail

: "${CONTEXT:?is set by tests/e2e/run}"
readonly namespace=ml-platform          # of the manifests
readonly load_namespace=ml-platform-e2e # of the load, which so takes nothing of the quota
readonly docker=${DOCKER:-docker}
# shellcheck disable=SC2034  # read by the promises
readonly expected_prediction='{"prediction":"setosa","prediction_index":0,"probabilities":'\
'{"setosa":1.0,"versicolor":0.0,"virginica":0.0},"confidence":1.0}'

# The context is fixed at the start: were the user to switch in another terminal, this run would not
# follow.
kubectl() { command kubectl --context "$CONTEXT" "$@"; }

say() { printf '    %s\n' "$*"; }
# proved WHAT...: one line of evidence for the promise.
proved() { printf '  + %s\n' "$*"; }
die() {
  printf '  ! %s\n' "$*" >&2
  exit 1
}
# skip WHY...: ends the promise as not tried; the run counts it and says so.
readonly skipped_status=77
skip() {
  printf '  - skipped: %s\n' "$*"
  exit $skipped_status
}
# at_exit COMMAND: runs COMMAND when the promise ends, however it ends; the last one first.
at_exit_commands=:
at_exit() {
  at_exit_commands="$1; $at_exit_commands"
  # shellcheck disable=SC2064  # the commands of now
  trap "$at_exit_commands" EXIT
}

now_ms() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }
# seconds_since MS: the time since now_ms gave MS, as "12.3".
seconds_since() {
  local passed=$(($(now_ms) - $1))
  printf '%d.%d' $((passed / 1000)) $((passed % 1000 / 100))
}

# within SECONDS WHAT COMMAND...: tries COMMAND until it succeeds.
within() {
  local end=$((SECONDS + $1)) limit=$1 what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || die "$what: not within $limit s"
    sleep 0.3
  done
}

# --- images ---------------------------------------------------------------------------------------

# image_of NAME: what the cluster calls the image that was built as NAME.
image_of() { echo "${REGISTRY:+${REGISTRY%/}/}$1"; }

# way_into_nodes: how images reach this cluster's nodes: command, registry, kind, minikube or
# shared.
way_into_nodes() {
  local extensions
  extensions=$(kubectl config view \
    -o jsonpath="{.contexts[?(@.name==\"$CONTEXT\")].context.extensions}")
  if [ -n "${LOAD_IMAGE:-}" ]; then echo command
  elif [ -n "${REGISTRY:-}" ]; then echo registry
  elif [[ $CONTEXT == kind-* ]]; then echo kind
  elif [[ $extensions == *minikube.sigs.k8s.io* ]]; then echo minikube
  elif [[ $CONTEXT =~ ^(docker-desktop|orbstack|rancher-desktop)$ ]]; then echo shared
  else
    die "context $CONTEXT: no way to bring images into its nodes; set REGISTRY=host/path (pushed" \
      "to, and pulled from by the nodes) or LOAD_IMAGE=\"command\" (called with a docker archive)"
  fi
}

# load_images NAME...: brings locally built images into the cluster.
load_images() {
  local way name tar
  way=$(way_into_nodes)
  for name; do
    case $way in
      command)
        tar=$(mktemp --suffix .tar)
        "$docker" save -o "$tar" "$name"
        # Unquoted on purpose: the user's command may come with arguments.
        # shellcheck disable=SC2086
        $LOAD_IMAGE "$tar" >/dev/null || { rm -f "$tar"; die "LOAD_IMAGE failed for $name"; }
        rm -f "$tar"
        ;;
      registry)
        "$docker" tag "$name" "$(image_of "$name")"
        "$docker" push --quiet "$(image_of "$name")" >/dev/null
        ;;
      kind) kind load docker-image --name "${CONTEXT#kind-}" "$name" ;;
      minikube) minikube image load --profile "$CONTEXT" "$name" ;;
      shared) ;;
    esac
  done
}

# --- pods -----------------------------------------------------------------------------------------

# pods: the names of the service's pods, one a line; ready_pods: of those that are ready and not
# leaving.
pods() {
  kubectl get pods -n "$namespace" -l app=ml-inference \
    -o go-template='{{range .items}}{{.metadata.name}}{{"\n"}}{{end}}'
}
ready_pods() {
  # shellcheck disable=SC2016  # a Go template's variable
  kubectl get pods -n "$namespace" -l app=ml-inference -o go-template='
    {{- range .items}}{{$name := .metadata.name}}{{if not .metadata.deletionTimestamp}}
    {{- range .status.conditions}}{{if and (eq .type "Ready") (eq .status "True")}}
    {{- $name}}{{"\n"}}{{end}}{{end}}{{end}}{{end}}'
}
# sed reads to the end, where head would end the pipe early and so fail it.
a_ready_pod() { ready_pods | sed -n 1p; }
# pods_are COUNT: exactly so many pods exist, all ready and none leaving.
pods_are() { [ "$(ready_pods | wc -l)" = "$1" ] && [ "$(pods | wc -l)" = "$1" ]; }

# metrics POD: the pod's own metrics. Through a port-forward, which ends inside the pod: a network
# policy that lets nobody in but the gateway is no obstacle.
metrics() {
  local log forward
  log=$(mktemp)
  (exec kubectl --context "$CONTEXT" port-forward -n "$namespace" "pod/$1" :8000 >"$log" 2>&1) &
  forward=$!
  within 20 "port-forward to $1" grep -q 'Forwarding from 127.0.0.1' "$log"
  local port
  port=$(sed -n 's/^Forwarding from 127.0.0.1:\([0-9]*\) .*/\1/p' "$log")
  curl -fsS "http://127.0.0.1:$port/metrics"
  kill $forward
  rm -f "$log"
}
# metric NAME: the value of a sample without labels, out of metrics on stdin.
metric() { awk -v name="$1" '$1 == name { printf "%.6f", $2; found = 1 } END { exit !found }'; }

# restarts: how often containers of the service's pods have been started again, all together.
restarts() {
  kubectl get pods -n "$namespace" -l app=ml-inference -o go-template='
    {{- range .items}}{{range .status.containerStatuses}}{{.restartCount}}{{"\n"}}{{end}}{{end}}' |
    awk '{ sum += $1 } END { print sum + 0 }'
}
# nodes_of_pods: the nodes of the ready pods, one a line, each as often as it has pods.
nodes_of_pods() {
  local pod
  for pod in $(ready_pods); do
    kubectl get pod -n "$namespace" "$pod" -o jsonpath='{.spec.nodeName}{"\n"}'
  done
}
# schedulable_nodes: those that take pods now.
schedulable_nodes() {
  kubectl get nodes -o go-template='
    {{- range .items}}{{$unfit := .spec.unschedulable}}{{range .spec.taints}}
    {{- if ne .effect "PreferNoSchedule"}}{{$unfit = true}}{{end}}{{end}}
    {{- if not $unfit}}{{.metadata.name}}{{"\n"}}{{end}}{{end}}'
}

# resize POD RESOURCES: changes what the running container may take, without a restart.
resize() {
  kubectl patch pod -n "$namespace" "$1" --subresource resize -p \
    "{\"spec\": {\"containers\": [{\"name\": \"ml-inference\", \"resources\": $2}]}}"
}
# in_pod POD NAME COMMAND...: runs /e2e-tool or /ml-inference in a debug container of the pod,
# beside the program, and prints what it said once it has ended.
in_pod() {
  local pod=$1 name=$2
  shift 2
  kubectl debug -n "$namespace" "pod/$pod" --profile=restricted --target=ml-inference -c "$name" \
    --image="$(image_of ml-inference-e2e:latest)" --image-pull-policy=IfNotPresent -- \
    "$@" >/dev/null 2>&1
  debug_ended() {
    kubectl get pod -n "$namespace" "$pod" -o go-template='
      {{- range .status.ephemeralContainerStatuses}}{{if eq .name "'"$name"'"}}
      {{- if .state.terminated}}ended{{end}}{{end}}{{end}}' | grep -q ended
  }
  within 90 "the end of the debug container $name" debug_ended
  kubectl logs -n "$namespace" "$pod" -c "$name"
}

# --- the production overlay -----------------------------------------------------------------------

# production: its objects, with the image that was brought into this cluster.
production() {
  command kubectl kustomize tests/e2e/production |
    sed "s|image: ml-inference:latest|image: $(image_of ml-inference:latest)|"
}
# number_by_hand COUNT: takes the autoscaler away, which would set the number again, and waits for
# so many ready pods.
number_by_hand() {
  kubectl delete hpa -n "$namespace" ml-inference --ignore-not-found >/dev/null
  kubectl scale deployment ml-inference -n "$namespace" --replicas="$1" >/dev/null
  within 120 "$1 ready pods" pods_are "$1"
}
# run_latest: has the service's pods run ml-inference:latest, if an update to another image went
# before.
run_latest() {
  local latest
  latest=$(image_of ml-inference:latest)
  [ "$(kubectl get deployment ml-inference -n "$namespace" \
    -o jsonpath='{.spec.template.spec.containers[0].image}')" != "$latest" ] || return 0
  kubectl set image deployment/ml-inference "ml-inference=$latest" -n "$namespace" >/dev/null
  kubectl rollout status deployment/ml-inference -n "$namespace" --timeout=90s >/dev/null
  within 60 "three pods again" pods_are 3
}
# waiting_reasons: why containers of the service's pods do not run, each reason once.
waiting_reasons() {
  kubectl get pods -n "$namespace" -l app=ml-inference -o go-template='
    {{- range .items}}{{range .status.containerStatuses}}{{if .state.waiting}}
    {{- .state.waiting.reason}}{{"\n"}}{{end}}{{end}}{{end}}' | sort -u | paste -sd ' '
}
# watch_ready: notes from now on how many pods are ready; fewest_ready ends that and prints the
# fewest seen.
watch_ready() {
  ready_log=$(mktemp)
  while :; do ready_pods | wc -l; sleep 0.2; done >"$ready_log" 2>/dev/null &
  ready_watch=$!
  at_exit "kill $ready_watch 2>/dev/null || true; rm -f '$ready_log'"
}
fewest_ready() {
  kill "$ready_watch" 2>/dev/null || true
  sort -n "$ready_log" | sed -n 1p
}

# --- load -----------------------------------------------------------------------------------------

# start_load NAME URL [FLAG...]: a pod that runs `ml-inference load URL FLAG...`; returns when it is
# at work. LOAD_NODE names its node, if it must be a certain one; LOAD_POD_IMAGE another image,
# whose program takes `load` and `--json` as well and prints such a report.
start_load() {
  local name=$1 arguments
  shift
  # A promise that dies leaves no load to the next one.
  at_exit "kubectl delete pod -n '$load_namespace' '$name' --ignore-not-found --now >/dev/null 2>&1"
  arguments=$(printf '"%s",' "$@")
  kubectl delete pod -n "$load_namespace" "$name" --ignore-not-found --now >/dev/null 2>&1
  kubectl apply -f - >/dev/null <<EOF
apiVersion: v1
kind: Pod
metadata: {name: $name, namespace: $load_namespace}
spec:
  restartPolicy: Never
  ${LOAD_NODE:+nodeName: $LOAD_NODE}
  activeDeadlineSeconds: 900
  terminationGracePeriodSeconds: 10
  automountServiceAccountToken: false
  enableServiceLinks: false
  securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: load
      image: $(image_of "${LOAD_POD_IMAGE:-ml-inference-e2e:latest}")
      imagePullPolicy: IfNotPresent
      args: ["load",${arguments%,},"--json"]
      resources: {requests: {cpu: 100m, memory: 32Mi}, limits: {memory: 256Mi}}
      securityContext:
        {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
EOF
  load_began() { kubectl get pod -n "$load_namespace" "$name" -o jsonpath='{.status.phase}' |
    grep -qE 'Running|Succeeded|Failed'; }
  within 60 "the load $name" load_began
}

# steady_load NAME RATE [FLAG...]: the same with so many requests a second through the Service, half
# of them on kept connections and half on new ones, until stop_load. Far more may be in flight than
# ever are: what a lost pod holds up must not hold up the rest.
steady_load() {
  local name=$1 per_second=$2
  shift 2
  start_load "$name" "http://ml-inference.$namespace.svc.cluster.local" --rate "$per_second" \
    --duration 800s --connections mixed --concurrency 200 "$@"
}

# load_report NAME: waits until the load has ended, and prints its one JSON object, or why it could
# not run.
load_report() {
  local name=$1
  load_ended() { kubectl get pod -n "$load_namespace" "$name" -o jsonpath='{.status.phase}' |
    grep -qE 'Succeeded|Failed'; }
  within 900 "the end of the load $name" load_ended
  kubectl logs -n "$load_namespace" "$name"
  kubectl delete pod -n "$load_namespace" "$name" --wait=false >/dev/null
}
stop_load() {
  local status=0
  kubectl exec -n "$load_namespace" "$1" -- /e2e-tool stop 2>/dev/null || status=$?
  # The load may be gone, and its container with it, before this command has ended: it is killed.
  ((status == 0 || status == 137)) || die "the load $1 could not be ended (status $status)"
}

# failures REPORT: what went wrong, in words: "12 x status 503, 3 x timeout".
failures() {
  grep -o '"failures":{[^}]*}' <<<"$1" | grep -oE '"[^"]+":[0-9]+' |
    sed -E 's/"([^"]+)":([0-9]+)/\2 x \1/' | paste -sd ',' | sed 's/,/, /g'
}
# no_failure REPORT [SENT]: dies unless the report tells of at least so many requests and of none
# that failed.
no_failure() {
  [ "$(number failed <<<"$1")" = 0 ] || die "requests failed: $1"
  (($(number sent <<<"$1") >= ${2:-1})) || die "too little load to prove anything: $1"
}
# summary REPORT: it in one line.
summary() {
  printf '%s requests in %s s, %s failed' "$(number sent <<<"$1")" "$(number seconds <<<"$1")" \
    "$(number failed <<<"$1")"
}
# number KEY: that number out of a report on stdin; "keep.sent" is that of the part "keep".
number() {
  local part=
  [[ $1 != *.* ]] || part="\"${1%.*}\":\{[^}]*"
  grep -oE "$part\"${1##*.}\":[0-9.]+" | sed -n '1s/.*://p'
}

# --- port-forward ---------------------------------------------------------------------------------

# forward TARGET PORT: forwards a free local port until the promise ends, and sets $forwarded to it.
forward() {
  local log
  log=$(mktemp)
  command kubectl --context "$CONTEXT" port-forward -n "$namespace" "$1" ":$2" >"$log" 2>&1 &
  at_exit "kill $! 2>/dev/null || true; rm -f '$log'"
  within 20 "port-forward to $1" grep -q 'Forwarding from 127.0.0.1' "$log"
  forwarded=$(sed -n 's/^Forwarding from 127.0.0.1:\([0-9]*\) .*/\1/p' "$log")
  # shellcheck disable=SC2034  # read by the promise
  readonly forwarded
}
