#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The reference's command builds the image; it holds no shell and is at most 30 MB.
. "$(dirname "$0")/../lib.sh"
readonly size_max=30000000 # bytes
readonly labels=org.opencontainers.image

revision=$(git rev-parse --short HEAD 2>/dev/null || echo unknown)
# What the Dockerfile has to know about the way to npm's packages here, if anything.
way_to_npm=()
for name in npm_config_ca npm_config_registry; do
  [ -z "${!name:-}" ] || way_to_npm+=(--build-arg "$name=${!name}")
done
build() {
  # By --label and not --build-arg: podman 4.3 takes a LABEL step from its cache whatever the
  # arguments in it are now.
  "$docker" build --label "$labels.revision=$revision" "${way_to_npm[@]}" "$@" . >"$log" 2>&1 &&
    return
  tail -40 "$log" >&2
  die "docker build $* failed"
}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

start=$(now_ms)
build -t ml-inference:latest -f docker/Dockerfile
proved "docker build -t ml-inference:latest -f docker/Dockerfile . in $(seconds_since "$start") s"
# The next version: other labels make it another image, and every layer but those is shared.
build -t ml-inference:v2 -f docker/Dockerfile --label $labels.version=v2
build -t ml-inference-e2e:latest -f tests/e2e/tool/Dockerfile

size=$("$docker" image inspect --format '{{.Size}}' ml-inference:latest)
((size <= size_max)) || die "the image has $size bytes, expected at most $size_max"
proved "image of $size bytes, at most $size_max"

container=$("$docker" create ml-inference:latest)
files=$("$docker" export "$container" | tar -t | grep -v '/$')
"$docker" rm "$container" >/dev/null
for name in sh bash dash busybox; do
  ! grep -qE "(^|/)$name\$" <<<"$files" || die "the image holds $name"
done
proved "its files: $(grep -vE '^(dev|etc|proc|run|sys|\.dockerenv)' <<<"$files" | tr '\n' ' ')"

user=$("$docker" image inspect --format '{{.Config.User}}' ml-inference:latest)
[ "$user" = 1000:1000 ] || die "the image's user is '$user', expected 1000:1000"
label() { "$docker" image inspect --format "{{index .Config.Labels \"$labels.$2\"}}" "$1"; }
next=$(label ml-inference:v2 version)
[ "$next" = v2 ] || die "ml-inference:v2 says that its version is '$next'"
proved "its user is $user, its version $(label ml-inference:latest version)," \
  "its revision $(label ml-inference:latest revision)"
