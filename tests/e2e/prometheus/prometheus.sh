# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the promises with a Prometheus share; read after lib.sh, by them only.

# with_image_of NAME FILE: the objects of a file, with the image as this cluster calls it.
with_image_of() { sed "s|image: $1\$|image: $(image_of "$1")|" "$2"; }

# config_map NAME FILE...: a ConfigMap beside the load.
config_map() {
  local name=$1
  shift
  kubectl create configmap "$name" -n "$load_namespace" "${@/#/--from-file=}" --dry-run=client \
    -o yaml | kubectl apply -f - >/dev/null
}

# start_prometheus: it scrapes the service's pods and evaluates the rules of the component
# monitoring.
start_prometheus() {
  local folder=tests/e2e/prometheus rules
  "$folder/images"
  load_images ml-inference-prometheus:e2e
  rules=$(mktemp)
  # The rules of Prometheus are what stands under `spec`.
  sed -e '1,/^spec:/d' -e 's/^  //' k8s/components/monitoring/prometheus-rule.yaml >"$rules"
  config_map prometheus "prometheus.yaml=$folder/prometheus.yaml" "rules.yaml=$rules"
  rm -f "$rules"
  with_image_of ml-inference-prometheus:e2e "$folder/prometheus-objects.yaml" |
    kubectl apply -f - >/dev/null
  kubectl rollout status deployment/prometheus -n "$load_namespace" --timeout=90s >/dev/null
}

# prometheus PATH: what its API answers.
prometheus() {
  kubectl get --raw "/api/v1/namespaces/$load_namespace/services/prometheus:9090/proxy/api/v1/$1"
}
# scraped COUNT: so many pods answer its scrapes.
scraped() { [ "$(prometheus targets | grep -o '"health":"up"' | wc -l)" = "$1" ]; }
# firing ALERT POD: whether that alert (a pattern) fires for that pod; sets $fired to its name.
firing() {
  fired=$(prometheus alerts |
    grep -o '{"labels":{[^}]*},"annotations":{[^}]*},"state":"firing"' |
    grep "\"pod\":\"$2\"" | grep -o "\"alertname\":\"$1\"" | sed -n '1s/.*:"\(.*\)"/\1/p')
  [ -n "$fired" ]
}
