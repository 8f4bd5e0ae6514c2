#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The reference's requests, and its answer to the last byte.
. "$(dirname "$0")/../lib.sh"

forward svc/ml-inference 80
service=http://localhost:$forwarded
answer=$(curl -fsS -X POST "$service/predict" -H 'Content-Type: application/json' \
  -d '{"features": [5.1, 3.5, 1.4, 0.2]}')
[ "$answer" = "$expected_prediction" ] || die "predicted $answer, expected $expected_prediction"
proved "POST /predict: $answer"
proved "GET /health: $(curl -fsS "$service/health")"
proved "GET /ready: $(curl -fsS "$service/ready")"

status=$(curl -sS -o /dev/null -w '%{http_code}' "$service/predict" \
  -H 'Content-Type: application/json' -d '{"features": [1]}')
[ "$status" = 422 ] || die "a row of one feature was answered with $status, expected 422"
proved "a row of one feature: $status"
