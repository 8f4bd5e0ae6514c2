# SPDX-License-Identifier: MIT
"""compare.py PROGRAM FOLDER SEEDS TREES: see bench/training/run."""

import json
import statistics
import subprocess
import sys
from pathlib import Path

import tables

# Trains as train_forest_file does, and prints the same line. The rows are read before the clock
# starts, and are float32 already, as a forest of scikit-learn wants them.
TRAIN_BY_SKLEARN = """
import importlib, json, sys, time
import numpy
path, module, name, seed, trees = sys.argv[1:]
train, test, features, classes = numpy.fromfile(path, "<u8", 4).astype(int)
values = numpy.fromfile(path, "<f4", (train + test) * features, offset=32).reshape(-1, features)
targets = numpy.fromfile(path, "<f8", offset=32 + values.nbytes)
forest = getattr(importlib.import_module(module), name)(
    n_estimators=int(trees), n_jobs=1, random_state=int(seed))
wall, cpu = time.perf_counter(), time.process_time()
forest.fit(values[:train], targets[:train])
cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
print(json.dumps({"cpu_seconds": cpu, "wall_seconds": wall,
                  "score": forest.score(values[train:], targets[train:]),
                  "nodes": int(sum(tree.tree_.node_count for tree in forest.estimators_))}))
"""

ESTIMATORS = {"random-forest": "RandomForestClassifier", "extra-trees": "ExtraTreesClassifier"}
PEERS = {"scikit-learn": "sklearn.ensemble", "Intel extension": "sklearnex.ensemble"}


def line_of(*command) -> dict:
    done = subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True)
    return json.loads(done.stdout.splitlines()[-1])


def measure(program: str, path: Path, estimator: str, seeds: int,
            trees: int) -> dict[str, list[dict]]:
    """By trainer, a line of each seed. Seeds take turns, so that a slow minute meets all."""
    lines: dict[str, list[dict]] = {}
    for seed in range(seeds):
        ours = (program, path, "--estimator", estimator, "--seed", seed, "--trees", trees)
        lines.setdefault("ml-inference", []).append(line_of(*ours))
        lines.setdefault("ml-inference, 2 threads", []).append(line_of(*ours, "--threads", 2))
        for peer, module in PEERS.items():
            lines.setdefault(peer, []).append(line_of(
                sys.executable, "-c", TRAIN_BY_SKLEARN, path, module, ESTIMATORS[estimator], seed,
                trees))
    return lines


def spread(numbers: list[float], form: str) -> str:
    return f"{statistics.median(numbers):{form}} ({min(numbers):{form}} - {max(numbers):{form}})"


def mean_and_error(numbers: list[float]) -> str:
    if len(numbers) < 2:
        return f"{numbers[0]:.4f}"
    error = statistics.stdev(numbers) / len(numbers) ** 0.5
    return f"{statistics.mean(numbers):.4f} ± {error:.4f}"


def print_table(table: str, estimator: str, lines: dict[str, list[dict]]) -> None:
    print(f"\n{table}, {estimator}\n")
    print("| | CPU time, s | times as fast as scikit-learn | wall time, s | accuracy | nodes |")
    print("| --- | --- | --- | --- | --- | --- |")
    theirs = [line["cpu_seconds"] for line in lines["scikit-learn"]]
    for name, own in lines.items():
        cpu = [line["cpu_seconds"] for line in own]
        ratios = [slow / quick for slow, quick in zip(theirs, cpu)]
        print(f"| {name} | {spread(cpu, '.2f')} | {spread(ratios, '.2f')} "
              f"| {spread([line['wall_seconds'] for line in own], '.2f')} "
              f"| {mean_and_error([line['score'] for line in own])} "
              f"| {statistics.median(line['nodes'] for line in own):.0f} |", flush=True)
    differences = [ours["score"] - sklearn["score"]
                   for ours, sklearn in zip(lines["ml-inference"], lines["scikit-learn"])]
    speedups = [one["wall_seconds"] / two["wall_seconds"]
                for one, two in zip(lines["ml-inference"], lines["ml-inference, 2 threads"])]
    print(f"\naccuracy less scikit-learn's: {mean_and_error(differences)}; "
          f"2 threads: {spread(speedups, '.2f')} x one")


def main() -> None:
    program, folder = sys.argv[1], Path(sys.argv[2])
    seeds, trees = int(sys.argv[3]), int(sys.argv[4])
    print(f"{trees} trees, {tables.TRAIN_COUNT} rows to train on, {tables.TEST_COUNT} to "
          f"score on, {seeds} seeds; median (least - greatest), mean ± standard error")
    for estimator in ESTIMATORS:
        for table in tables.all_tables():
            path = folder / f"{table.name.replace(' ', '_')}.bin"
            table.write(path)
            print_table(table.name, estimator, measure(program, path, estimator, seeds, trees))


if __name__ == "__main__":
    main()
