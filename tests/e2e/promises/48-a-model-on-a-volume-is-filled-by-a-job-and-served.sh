#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# model-pvc: a Job fills the claim, all pods read it. A volume of one node stands in for the network
# file system that the component asks for, so the pods are bound to that node here. The folder is
# made by a first volume (which makes what is missing), and written by a second (which gives it to
# the pod's group): nothing here is root.
. "$(dirname "$0")/../parts.sh"
readonly place=/var/tmp/ml-platform-e2e-model volume=ml-platform-e2e-model

# volume SUFFIX SOURCE: a volume on $node for the claim of that name.
volume() {
  kubectl apply -f - >/dev/null <<EOF
apiVersion: v1
kind: PersistentVolume
metadata: {name: $volume$1}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteMany]
  persistentVolumeReclaimPolicy: Retain
  storageClassName: ""
  claimRef: {namespace: $namespace, name: ml-inference-model$1}
  $2
  nodeAffinity:
    required:
      nodeSelectorTerms:
        - matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [$host]}]
EOF
}
fill_with() {
  command kubectl kustomize k8s/components/model-pvc/fill |
    sed "s|image: ml-inference-model:1.*|image: $(image_of $model_image)|" | "$@" |
    kubectl apply -f - >/dev/null
}
# make_folder: a pod that ends at once, with the first volume mounted.
make_folder() {
  kubectl apply -n "$namespace" -f - >/dev/null <<EOF
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: ml-inference-model-folder}
spec:
  accessModes: [ReadWriteMany]
  storageClassName: ""
  resources: {requests: {storage: 1Gi}}
EOF
  fill_with sed -e 's/claimName: .*/&-folder/' -e 's/cp .*/"true"/'
  finished
  kubectl delete job -n "$namespace" ml-inference-model-fill >/dev/null
}
finished() {
  kubectl wait -n "$namespace" job/ml-inference-model-fill --for=condition=Complete \
    --timeout=60s >/dev/null
}
remove_volumes() { kubectl delete pv "$volume" "$volume-folder" --ignore-not-found >/dev/null; }

bring_model
clear_away
remove_volumes
host=$(kubectl get nodes -o jsonpath='{.items[0].metadata.labels.kubernetes\.io/hostname}')
volume -folder "hostPath: {path: $place, type: DirectoryOrCreate}"
make_folder
volume "" "local: {path: $place}"
patch node <<EOF
apiVersion: apps/v1
kind: Deployment
metadata: {name: ml-inference, namespace: ml-platform}
spec:
  template:
    spec:
      nodeSelector: {kubernetes.io/hostname: $host}
EOF
patch class <<EOF
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: ml-inference-model, namespace: ml-platform}
spec: {storageClassName: ""}
EOF
# First the claim and the Job: a volume that pods without the group hold already is not given to it.
compose model-pvc </dev/null >"$parts/all.yaml"
awk 'BEGIN { RS = "---\n" } /kind: PersistentVolumeClaim/' "$parts/all.yaml" |
  kubectl apply -f - >/dev/null
fill_with cat
finished
proved "filled by a Job of user 1000: $(kubectl get pvc ml-inference-model -n "$namespace" \
  --no-headers | awk '{ print $2, $4, $5 }')"
kubectl apply -f "$parts/all.yaml" >/dev/null
rolled_out ml-inference
serves_the_weather_model
back_to_production
remove_volumes
