#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# model-image-volume: where the cluster has the feature, the model of an image is served without a
# copy. Where it has not, the API server says so, and the promise is not tried.
. "$(dirname "$0")/../parts.sh"
readonly files_image=ml-inference-model-files:e2e

patch reference <<EOF
apiVersion: apps/v1
kind: Deployment
metadata: {name: ml-inference, namespace: ml-platform}
spec:
  template:
    spec:
      volumes:
        - name: model
          image: {reference: "$(image_of $files_image)"}
EOF
kept() {
  compose model-image-volume </dev/null | kubectl apply --dry-run=server -o json -f - 2>&1 |
    grep -E '"reference"|Invalid value|Required value|must specify'
}
answer=$(kept || true)
[[ $answer == *'"reference"'* ]] ||
  skip "this cluster has no image volumes (feature ImageVolume is off): ${answer:-field dropped}"

train_model
printf 'FROM scratch\nCOPY model.onnx /model.onnx\n' >"$parts/Dockerfile"
build_image $files_image "$parts/Dockerfile" "$parts"
load_images $files_image
deploy model-image-volume </dev/null
rolled_out ml-inference
serves_the_weather_model
proved "mounted from the image $(image_of $files_image)"
back_to_production
