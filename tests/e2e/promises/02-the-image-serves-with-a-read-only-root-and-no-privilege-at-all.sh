#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# docker run with everything taken away that can be: the answer is still right, and SIGTERM ends it
# well.
. "$(dirname "$0")/../lib.sh"

container=$("$docker" run --detach --read-only --cap-drop ALL --user 1000 \
  --security-opt no-new-privileges -p 127.0.0.1::8000 ml-inference:latest)
trap '"$docker" rm --force "$container" >/dev/null 2>&1 || true' EXIT
address=$("$docker" port "$container" 8000 | sed -n 1p)
within 20 "/ready of the container" curl -fsS "http://$address/ready"
answer=$(curl -fsS "http://$address/predict" -H 'Content-Type: application/json' \
  -d '{"features": [5.1, 3.5, 1.4, 0.2]}')
[ "$answer" = "$expected_prediction" ] || die "predicted $answer, expected $expected_prediction"
proved "answers with --read-only --cap-drop ALL --user 1000 --security-opt no-new-privileges"

start=$(now_ms)
"$docker" stop --time 30 "$container" >/dev/null
code=$("$docker" inspect --format '{{.State.ExitCode}}' "$container")
[ "$code" = 0 ] || die "ended with $code after SIGTERM, expected 0"
proved "SIGTERM drains it and it exits with 0, after $(seconds_since "$start") s"
