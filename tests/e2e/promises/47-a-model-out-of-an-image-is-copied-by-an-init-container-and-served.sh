#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# model-init-container: the model comes out of an image of its own, copied before the server starts.
. "$(dirname "$0")/../parts.sh"

train_model
"$docker" build -t $model_image -f tests/e2e/model/Dockerfile "$parts" >/dev/null
once $model_image load_images $model_image
deploy model-init-container < <(echo 'images:'; instead ml-inference-model $model_image)
rolled_out ml-inference
serves_the_weather_model
proved "copied from the image $(image_of $model_image)"
back_to_production
