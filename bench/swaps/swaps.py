# SPDX-License-Identifier: MIT
"""Hot swaps under load, as ./run describes them. Prints one JSON line; exits with 1 on a fault."""

import json
import os
import random
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

from program import PATIENCE_S, Program, predict_request, run

CLIENT_COUNT = 2
ROW_COUNT = 20
FEATURE_COUNT = 8

# Swaps before memory is read for the first time: arenas and buffers are warm by then.
WARM_COUNT = 50

# What may be left: pages that two arenas hold beside others, and what threads keep for reuse.
GROWTH_MAX_BYTES = 4 << 20


def train(folder, name, seed, tree_count):
    """A forest on noise: the seed decides its answers, none of which another seed gives."""
    noise = random.Random(seed)
    rows = folder / f"{name}.csv"
    with rows.open("w") as file:
        file.write(",".join([*(f"f{at}" for at in range(FEATURE_COUNT)), "y"]) + "\n")
        for _ in range(3000):
            cells = [f"{noise.random():.4f}" for _ in range(FEATURE_COUNT)]
            file.write(",".join([*cells, f"{noise.random():.6f}"]) + "\n")
    model = folder / f"{name}.onnx"
    result = run("train", "--data", str(rows), "--target", "y", "--output", str(model),
                 "--trees", str(tree_count), "--task", "regression", "--seed", str(seed))
    assert result.returncode == 0, result.stderr
    return model


def resident_bytes(program):
    status = Path(f"/proc/{program.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


class Clients:
    """Threads that ask the same rows again and again, and know each version's answers."""

    def __init__(self, program):
        self.program = program
        rows = random.Random(0)
        self.body = predict_request([[rows.random() for _ in range(FEATURE_COUNT)]
                                     for _ in range(ROW_COUNT)])
        self.known = {}  # answers -> "a" or "b"
        self.counts = {"a": 0, "b": 0}
        self.faults = []
        self.done = threading.Event()
        self.threads = [threading.Thread(target=self.work) for _ in range(CLIENT_COUNT)]

    def ask(self, client):
        answer = client.exchange(self.body)
        if answer.status != 200:
            return f"status {answer.status}: {answer.body[:200]!r}"
        return tuple(row["prediction"] for row in answer.json()["predictions"])

    def work(self):
        try:
            with self.program.connect() as client:
                while not self.done.is_set():
                    got = self.ask(client)
                    name = self.known.get(got)
                    if name is None:
                        self.faults.append(str(got)[:300])
                    else:
                        self.counts[name] += 1
        except OSError as error:
            self.faults.append(repr(error))


def stage(root, number, model):
    """A version's folder under another name: old enough to count as whole when it gets its own."""
    fresh = root / f".{number}"
    fresh.mkdir()
    shutil.copyfile(model, fresh / "model.onnx")


def put(root, number, model):
    """A version that is whole when it gets its name."""
    if not (root / f".{number}").exists():
        stage(root, number, model)
    (root / "m").mkdir(exist_ok=True)
    os.rename(root / f".{number}", root / "m" / str(number))


def wait_for(client, clients, name):
    deadline = time.monotonic() + PATIENCE_S
    while clients.known.get(clients.ask(client)) != name:
        assert time.monotonic() < deadline, f"{name} does not come"


def swap(root, client, clients, models, count):
    """Versions from 3 on, in turn; the one before the last goes. Returns resident bytes."""
    warm = 0
    for number in range(3, 3 + count):
        name = "ab"[number % 2]
        put(root, number, models[name])
        stage(root, number + 1, models["ab"[(number + 1) % 2]])
        wait_for(client, clients, name)
        shutil.rmtree(root / "m" / str(number - 1))
        if number == 3 + min(WARM_COUNT, count - 1):
            warm = resident_bytes(clients.program)
    return warm


def settle(program, limit):
    """Resident bytes, when they are down to the limit or do not come down any further."""
    deadline = time.monotonic() + 10
    while (now := resident_bytes(program)) > limit and time.monotonic() < deadline:
        program.predict([[0.5] * FEATURE_COUNT])
        time.sleep(0.1)
    return now


def main(count="1000", tree_count="100"):
    count = int(count)
    with tempfile.TemporaryDirectory() as made, tempfile.TemporaryDirectory() as root:
        models = {name: train(Path(made), name, seed, int(tree_count))
                  for name, seed in (("a", 1), ("b", 2))}
        root = Path(root)
        put(root, 1, models["a"])
        keeps = lambda line: line["message"].startswith(("Listening", "Repository", "Model failed"))
        with Program("--model-repository", str(root), "--log-level", "info", "--log-sample",
                     "1000000", keeps=keeps) as program:
            program.wait_for(lambda line: line["message"].startswith("Repository ready"))
            clients = Clients(program)
            with program.connect() as client:
                clients.known[clients.ask(client)] = "a"
                put(root, 2, models["b"])
                deadline = time.monotonic() + PATIENCE_S
                while (got := clients.ask(client)) in clients.known:
                    assert time.monotonic() < deadline, "b does not come"
                clients.known[got] = "b"
                shutil.rmtree(root / "m/1")
                for thread in clients.threads:
                    thread.start()
                begin = time.monotonic()
                warm = swap(root, client, clients, models, count)
                seconds = time.monotonic() - begin
                clients.done.set()
                for thread in clients.threads:
                    thread.join()
            end = settle(program, warm)
            failed = [line for line in program.lines if line["message"].startswith("Model failed")]
            result = {"swaps": count, "seconds": round(seconds, 1),
                      "model_bytes": models["a"].stat().st_size, "answers": clients.counts,
                      "faults": len(clients.faults), "load_failures": len(failed),
                      "resident_bytes_warm": warm, "resident_bytes_end": end}
            print(json.dumps(result))
            for fault in clients.faults[:5]:
                print(fault, file=sys.stderr)
            return int(bool(clients.faults or failed or end > warm + GROWTH_MAX_BYTES))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
