# SPDX-License-Identifier: MIT
"""See bench/predict/run."""

import argparse
import json
import os
import random
import re
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "bench"))

from harness import machine  # noqa: E402

CLASSES = ["setosa", "versicolor", "virginica"]
FEATURES = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"]


@dataclass
class Run:
    seconds: float
    cpu_seconds: float
    memory_bytes: int
    output: str


def run(*command, stdout=subprocess.PIPE) -> Run:
    start = time.perf_counter()
    child = subprocess.Popen(list(map(str, command)), stdout=stdout, text=True)
    output = child.stdout.read() if child.stdout else ""
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{command[0]}: exit status {child.returncode}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, output)


def iris() -> list[list[str]]:
    """The rows that the program has built in; 50 a class."""
    cells = re.findall(r"(\d\.\d)F", (REPOSITORY / "src/data/iris.cc").read_text())
    return [cells[begin:begin + 4] for begin in range(0, len(cells), 4)]


def make_model(program: Path, folder: Path) -> Path:
    table, model = folder / "iris.csv", folder / "iris.onnx"
    lines = [",".join([*row, CLASSES[number // 50]]) for number, row in enumerate(iris())]
    table.write_text("\n".join([",".join([*FEATURES, "species"]), *lines, ""]))
    subprocess.run([program, "train", "--data", table, "--target", "species", "--output", model],
                   check=True, stdout=subprocess.DEVNULL)
    return model


def make_rows(folder: Path, count: int) -> Path:
    """Flowers of all three kinds in turn, each number in tenths anywhere between the least and the
    greatest of its class: few rows are equal, and their trees' ways differ."""
    path = folder / f"rows_{count}.csv"
    if path.exists():
        return path
    source = random.Random(0)
    ranges = []
    for begin in range(0, 150, 50):
        columns = zip(*iris()[begin:begin + 50])
        ranges.append([[f"{tenths / 10}" for tenths in range(round(10 * float(min(column))),
                                                             round(10 * float(max(column))) + 1)]
                       for column in columns])
    with open(folder / "new", "w") as file:
        file.write(",".join(FEATURES) + "\n")
        for begin in range(0, count, 1_000_000):
            size = min(1_000_000, count - begin)
            rows = []
            for kind in ranges:
                columns = [source.choices(values, k=size // 3 + 1) for values in kind]
                rows += map(",".join, zip(*columns))
            source.shuffle(rows)
            file.write("\n".join(rows[:size]) + "\n")
    (folder / "new").rename(path)
    return path


def show(name: str, runs: list[Run], count: int) -> None:
    walls = sorted(run.seconds for run in runs)
    cpu = statistics.median(run.cpu_seconds for run in runs)
    median = statistics.median(walls)
    print(f"{name:26} {count / median / 1e6:7.2f} M rows/s  {median:.3f} s ({walls[0]:.3f} - "
          f"{walls[-1]:.3f})  CPU {cpu / count * 1e9:5.0f} ns a row  "
          f"{max(run.memory_bytes for run in runs) / 1e6:5.1f} MB")


def ratio(what: str, over: list[Run], under: list[Run]) -> None:
    wall = statistics.median(a.seconds / b.seconds for a, b in zip(over, under))
    cpu = statistics.median(a.cpu_seconds / b.cpu_seconds for a, b in zip(over, under))
    print(f"{what:26} {wall:.2f} by time, {cpu:.2f} by CPU time")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench/predict/run")
    parser.add_argument("--quick", action="store_true", help="a million rows: shows that it works")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--build", type=Path, help="a finished build with bench_programs")
    options = parser.parse_args()
    build = options.build or REPOSITORY / "build/release"
    if options.build is None:
        if not (build / "build.ninja").exists():
            subprocess.run(["cmake", "--preset", "release", "-DML_INFERENCE_TESTS=OFF"],
                           cwd=REPOSITORY, check=True, stdout=sys.stderr)
        subprocess.run(["cmake", "--build", build, "--target", "ml-inference", "parse_rows"],
                       check=True, stdout=sys.stderr)
    folder = REPOSITORY / "build/bench/predict"
    folder.mkdir(parents=True, exist_ok=True)
    count = 1_000_000 if options.quick else 10_000_000
    program, parse = build / "ml-inference", build / "bench/parse_rows"
    model, rows = make_model(program, folder), make_rows(folder, count)
    facts = machine.facts(REPOSITORY)
    print(f"{facts['cpu']}, {facts['cpu_count']} CPUs, {facts['kernel']}, {facts['compiler']}, "
          f"{facts['commit']}, {facts['date']}")
    print(f"{count} rows, {rows.stat().st_size / 1e6:.0f} MB, {options.rounds} rounds in turns")

    runs = {"parse": [], "from_chars": [], "json": [], "csv": []}
    for _ in range(options.rounds + 1):
        runs["parse"].append(run(parse, model, rows))
        runs["json"].append(run(program, "predict", model, rows, stdout=subprocess.DEVNULL))
        runs["from_chars"].append(run(parse, rows))
        runs["csv"].append(run(program, "predict", model, rows, "--output-format", "csv",
                               stdout=subprocess.DEVNULL))
        if json.loads(runs["parse"][-1].output)["rows"] != count:
            sys.exit("parse_rows: not all rows were read")
    runs = {name: list_of_runs[1:] for name, list_of_runs in runs.items()}  # the first one warms up
    show("parsed", runs["parse"], count)
    show("parsed by from_chars alone", runs["from_chars"], count)
    show("predicted, JSON lines", runs["json"], count)
    show("predicted, CSV", runs["csv"], count)
    ratio("parsed / predicted, JSON", runs["parse"], runs["json"])
    ratio("parsed / predicted, CSV", runs["parse"], runs["csv"])
    ratio("from_chars / predicted, JSON", runs["from_chars"], runs["json"])


if __name__ == "__main__":
    main()
