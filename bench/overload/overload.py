# SPDX-License-Identifier: MIT
"""A server under more load than it can bear, as ./run describes it. Prints one JSON line a step."""

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from program import PATIENCE_S, environment, run

FEATURE_COUNT = 8
TREE_COUNT = 2000

# Of the capacity: one step each. The first is what "unloaded" means.
UNLOADED = 0.1
STEPS = [0.5, 0.8, 1.2, 2, 10]

# The load has a CPU of its own where there are several: what it takes for nine refusals an answer
# is no cost of the server's.
ALL_CPUS = sorted(os.sched_getaffinity(0))
LOAD_CPUS = ALL_CPUS[-1:]
SERVER_CPUS = ALL_CPUS[:-1] or ALL_CPUS

# Requests in flight that keep all workers busy, whatever runs meanwhile.
BUSY_COUNT = 2 * len(SERVER_CPUS)


def write_rows(folder, noise):
    rows = folder / "rows.csv"
    with rows.open("w") as file:
        file.write(",".join([*(f"f{at}" for at in range(FEATURE_COUNT)), "y"]) + "\n")
        for _ in range(3000):
            cells = [f"{noise.random():.4f}" for _ in range(FEATURE_COUNT)]
            file.write(",".join([*cells, f"{noise.random():.6f}"]) + "\n")
    return rows


def prepare(folder, row_count):
    """A forest that a few bytes give much to do: rows are few and narrow, trees many."""
    noise = random.Random(0)
    model = folder / "model.onnx"
    done = run("train", "--data", str(write_rows(folder, noise)), "--target", "y", "--output",
               str(model), "--trees", str(TREE_COUNT), "--task", "regression", "--seed", "1")
    assert done.returncode == 0, done.stderr
    body = folder / "body.json"
    rows = [[round(noise.random(), 4) for _ in range(FEATURE_COUNT)] for _ in range(row_count)]
    body.write_text(json.dumps({"features": rows}))
    return model, body


def on(cpus):
    return ["taskset", "--cpu-list", ",".join(str(cpu) for cpu in cpus)]


def load(program, body, rate, seconds, concurrency=64):
    done = subprocess.run(
        [*on(LOAD_CPUS), os.environ["ML_INFERENCE"], "load", f"http://127.0.0.1:{program.port}",
         "--body", body, "--rate", f"{rate:.1f}", "--duration", f"{seconds:.0f}s",
         "--concurrency", str(concurrency), "--json"], capture_output=True, text=True, check=False)
    return json.loads(done.stdout)


class Served:
    """A server whose log goes to a file: to read thousands of lines a second would take a share of
    the machine that is measured."""

    def __init__(self, folder, model, *flags):
        self.log = folder / "log.jsonl"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*on(SERVER_CPUS), os.environ["ML_INFERENCE"], "serve", "--model", model,
                 "--port", "0", "--grpc-port", "off", "--log-sample", "1000000", *flags],
                stdout=log, env=environment())
        try:
            self.port = int(self.said(r"Listening on \S+ port (\d+)").group(1))
            self.said("Model ready: ")
        except TimeoutError:
            self.process.kill()
            raise

    def said(self, pattern):
        """Waits for the line."""
        deadline = time.monotonic() + PATIENCE_S
        while not (found := re.search(pattern, self.log.read_text())):
            if time.monotonic() > deadline:
                raise TimeoutError(f"no '{pattern}' in {self.log.read_text()}")
            time.sleep(0.01)
        return found

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


def capacity(folder, model, body, seconds):
    """Requests a second of a server that refuses none, and whose workers are never idle."""
    with Served(folder, model, "--shed-after", "0") as program:
        load(program, body, 0, 1, BUSY_COUNT)
        result = load(program, body, 0, seconds, BUSY_COUNT)
    assert result["failed"] == 0, result["statuses"]
    return result["succeeded"] / result["seconds"]


def report(step, result, most, unloaded):
    latency = result["latency_ms"]
    print(json.dumps({
        "load": step,
        "goodput": round(result["succeeded"] / result["seconds"] / most, 3),
        "p50_ms": latency["p50"], "p99_ms": latency["p99"],
        "p99_over_unloaded": round(latency["p99"] / unloaded, 2),
        "statuses": result["statuses"]}), flush=True)


def main(row_count=100, seconds=30):
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model, body = prepare(folder, int(row_count))
        most = capacity(folder, model, body, int(seconds) / 3)
        print(json.dumps({"capacity_per_second": round(most, 1), "server_cpus": len(SERVER_CPUS),
                          "load_has_its_own": SERVER_CPUS != ALL_CPUS}), flush=True)
        with Served(folder, model) as program:
            load(program, body, most * UNLOADED, 3)
            result = load(program, body, most * UNLOADED, int(seconds))
            unloaded = result["latency_ms"]["p99"]
            report(UNLOADED, result, most, unloaded)
            for step in STEPS:
                report(step, load(program, body, most * step, int(seconds)), most, unloaded)


if __name__ == "__main__":
    main(*sys.argv[1:])
