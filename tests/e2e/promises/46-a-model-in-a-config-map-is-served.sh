#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# model-config-map: the model file is binaryData of an immutable ConfigMap. Another model is another
# name, so a rolling update.
. "$(dirname "$0")/../parts.sh"

train_model
deploy model-config-map < <(
  echo 'configMapGenerator:'
  echo '  - {name: ml-inference-model, namespace: ml-platform, files: [model.onnx],'
  echo '     options: {immutable: true}}')
rolled_out ml-inference
serves_the_weather_model
proved "a model of $(wc -c <"$parts/model.onnx") bytes in $(kubectl get configmap -n "$namespace" \
  -o name | grep model), the limit is 1 MiB"
back_to_production
