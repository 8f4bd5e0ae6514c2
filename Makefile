# SPDX-License-Identifier: MIT
# The short names of what one does here. Each is a script or a CMake preset; nothing is decided
# here.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

ARGS ?=
FUZZ_SECONDS ?= 10
SECONDS ?= 60
IMAGE ?= ml-inference:latest
CONTAINERS ?= $(firstword $(notdir $(shell command -v docker podman)) docker)
TIMED := tools/timed
CPP_FILES := find src bench tests -name .venv -prune -o \( -name '*.h' -o -name '*.cc' \) -print
# What `make test` runs after the unit tests: the program from outside, its traces, a brief soak,
# the manifests, and alerts and dashboard with a real Prometheus.
WHOLE_PROGRAM_TESTS := $(wildcard tests/integration/run tests/golden/run tests/tracing/run \
                         tests/soak/run tests/manifests/run tests/operations/run)

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

# ---- use it ----

run: build ## install what is missing, build, and serve on port 8000 (ARGS="--port 9000")
	exec build/release/ml-inference serve $(ARGS)

build: ## build build/release/ml-inference, without the tests
	@tools/setup build
	@test -f build/release/build.ninja || cmake --preset release -DML_INFERENCE_TESTS=OFF
	cmake --build --preset release --target ml-inference

image: ## build the container image (IMAGE=ml-inference:latest)
	$(CONTAINERS) build -t $(IMAGE) -f docker/Dockerfile .

sbom: ## print the image's bill of materials, CycloneDX in JSON
	@tools/image_sbom $(CONTAINERS)

# ---- prove it ----

test: ## install what is missing, build, and run every test
	@$(TIMED) "setup" tools/setup test
	@$(TIMED) "check" $(MAKE) check
	@$(TIMED) "configure" cmake --preset release -DML_INFERENCE_TESTS=ON
	@$(TIMED) "build" cmake --build --preset release
	@$(TIMED) "unit tests" ctest --preset release
	@$(foreach run,$(WHOLE_PROGRAM_TESTS),$(TIMED) $(run) $(run) &&) true

check: ## the rules of the source: rooms and tidy, and the tests of these checks
	@tools/setup test
	python3 -B -m unittest discover -s tools -p '*_test.py'
	python3 -B -m unittest discover -s bench -t bench -p '*_test.py'
	python3 -B tools/check_rooms.py
	python3 -B tools/tidy.py

arm: ## the engines' tests for 64-bit ARM, under qemu
	tests/arm/run

asan: ## the unit tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@tools/setup test
	cmake --preset asan
	cmake --build --preset asan
	ctest --preset asan

tsan: ## the unit tests under ThreadSanitizer
	@tools/setup test
	cmake --preset tsan
	cmake --build --preset tsan
	ctest --preset tsan

fuzz: ## every fuzzer for FUZZ_SECONDS=10, and the canary that must crash
	@tools/setup fuzz
	cmake --preset fuzz
	cmake --build --preset fuzz
	tools/fuzz build/fuzz $(FUZZ_SECONDS)

soak: build ## good, bad and slow clients at once for SECONDS=60: none is lost, no memory grows
	@tools/setup test
	tests/soak/run $(SECONDS)

e2e: ## the promises on a real cluster, the one of the current kube context (YES=1: do not ask)
	tests/e2e/run

chart: ## the Helm chart renders what the overlays do, and refuses wrong values
	tests/manifests/chart

operations: build ## alerts, dashboard, logs: a real Prometheus and Elasticsearch (Java, Maven)
	@tools/setup test
	tests/operations/run
	tests/operations/logs/run

judges: ## other people's tools about our manifests and image
	tests/manifests/judges

signing: ## bill of materials and signature of the image: cosign, Kyverno (needs go; slow at first)
	CONTAINERS=$(CONTAINERS) tests/image/run

traces: build ## a receiver of ours and the real Jaeger get our traces (needs go; minutes at first)
	@tools/setup test
	tests/tracing/run otlp_test jaeger_test

interop: build ## other people's programs read our models, and give our answers
	@tools/setup test
	tests/interop/run

conformance: build ## other people's tools judge the API, other people's clients use it
	@tools/setup test
	tests/conformance/run

# ---- measure it ----

bench: ## beside the peers, on this machine
	@tools/setup bench
	bench/run

bench-engines: ## a prediction in our engines and in ten others, one thread (ARGS="--quick")
	bench/engines/run $(ARGS)

accuracy: ## cross-validation beside scikit-learn: the tables of docs/training.md
	@tools/setup test
	tools/accuracy/run $(ARGS)

# ---- keep it ----

format: ## rewrite the sources in the house's format
	@tools/setup lint
	$(CPP_FILES) | xargs tools/wrap_comments.py
	$(CPP_FILES) | xargs clang-format-19 -i

lint: ## clang-format and clang-tidy; slow
	@tools/setup lint
	$(CPP_FILES) | xargs clang-format-19 --dry-run -Werror
	tools/lint

clean: ## remove all build trees
	rm -rf build

.PHONY: help run build image sbom test check asan tsan fuzz soak e2e chart operations judges \
        arm signing traces interop conformance bench bench-engines accuracy format lint clean
