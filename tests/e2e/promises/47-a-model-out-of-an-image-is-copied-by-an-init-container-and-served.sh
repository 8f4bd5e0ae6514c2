#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# model-init-container: the model comes out of an image of its own, copied before the server starts.
. "$(dirname "$0")/../parts.sh"

bring_model
deploy model-init-container < <(echo 'images:'; instead ml-inference-model $model_image)
rolled_out ml-inference
serves_the_weather_model
proved "copied from the image $(image_of $model_image)"
back_to_production
