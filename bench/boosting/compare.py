# SPDX-License-Identifier: MIT
"""compare.py PROGRAM FOLDER ROUNDS THREADS: see bench/boosting/run."""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import numpy

TEST_ROWS = 20_000

# Each in a process of its own, so that neither finds the other's threads or caches.
PEER = """
import json, sys, time
import numpy
folder, name, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
about = json.load(open(folder + "/about.json"))
rows = numpy.fromfile(folder + "/train.f32", "f4").reshape(-1, about["features"])
test = numpy.fromfile(folder + "/test.f32", "f4").reshape(-1, about["features"])
target = numpy.fromfile(folder + "/target.f64", "f8")
categorical = about["categorical"]
if name == "scikit-learn":
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    kind = HistGradientBoostingClassifier if about["classes"] else HistGradientBoostingRegressor
    model = kind(early_stopping=False, random_state=0, categorical_features=categorical or None)
    fit = lambda: model.fit(rows, target)
else:
    import lightgbm
    kind = lightgbm.LGBMClassifier if about["classes"] else lightgbm.LGBMRegressor
    model = kind(n_jobs=threads, random_state=0, verbose=-1, **about["lightgbm"])
    fit = lambda: model.fit(rows, target, categorical_feature=categorical)
cpu, begin = time.process_time(), time.perf_counter()
fit()
cpu, seconds = time.process_time() - cpu, time.perf_counter() - begin
answers = model.predict_proba(test) if about["classes"] else model.predict(test)
numpy.asarray(answers, "f8").tofile(folder + "/" + name + ".f64")
print(json.dumps({"cpu": cpu, "seconds": seconds}))
"""


def forest_cover(random, count):
    """Ten numbers and two one-hot features of 4 and 40; seven classes, the rarest of 3 in 100."""
    numbers = random.normal(size=(count, 10))
    numbers[:, 5:] += numbers[:, :5] * 0.5
    area, soil = random.integers(0, 4, count), random.integers(0, 40, count)
    height = numbers[:, 0] + 0.4 * numpy.sin(3 * numbers[:, 1]) + 0.3 * (soil % 7 - 3) / 3
    score = height + 0.5 * numbers[:, 2] * (area - 1.5) + 0.4 * random.normal(size=count)
    target = numpy.digitize(score, [-1.9, -1.2, -0.6, 0.4, 1.1, 1.9])
    rows = numpy.hstack([numbers, numpy.eye(4)[area], numpy.eye(40)[soil]])
    return rows, target, {"classes": 7, "categorical": []}


def collisions(random, count):
    """28 numbers whose products and squares decide between two classes, with much noise."""
    rows = random.normal(size=(count, 28))
    score = (rows[:, 0] * rows[:, 1] + rows[:, 2] ** 2 - 1 + numpy.abs(rows[:, 3])
             + rows[:, 4:12].sum(axis=1) * 0.3 - 0.8 + random.normal(size=count) * 1.5)
    return rows, (score > 0).astype(int), {"classes": 2, "categorical": []}


def prices(random, count):
    """17 numbers, a tenth of them missing, and categories of 8, 40 and 200 kinds; a regression."""
    numbers = random.gamma(2, 1, size=(count, 17))
    kinds = [random.integers(0, size, count) for size in (8, 40, 200)]
    worth = numpy.random.default_rng(5).normal(size=(3, 200))
    target = (numpy.log(numbers[:, 0] + 0.1) * 2 + numbers[:, 1] * (worth[0][kinds[0]] > 0)
              + worth[1][kinds[1]] + worth[2][kinds[2]] * 0.7 + random.normal(size=count) * 0.5)
    absent = random.random(numbers.shape) < 0.1
    target += absent[:, 2] * 0.8  # that a value is missing tells something
    numbers[absent] = numpy.nan
    # LightGBM's own rules for categories aside, so that the three search among the same splits.
    same = {"cat_smooth": 10, "cat_l2": 0, "min_data_per_group": 10, "max_cat_threshold": 128,
            "max_cat_to_onehot": 1}
    rows = numpy.column_stack([numbers, *kinds])
    return rows, target, {"classes": 0, "categorical": [17, 18, 19], "lightgbm": same}


TABLES = {"20 000 x 54, 7 classes": (forest_cover, 20_000),
          "100 000 x 28, 2 classes": (collisions, 100_000),
          "50 000 x 20, regression": (prices, 50_000)}


def write_table(folder, make, count, seed):
    rows, target, about = make(numpy.random.default_rng(seed), count + TEST_ROWS)
    folder.mkdir(parents=True, exist_ok=True)
    about = {"lightgbm": {}, **about, "features": rows.shape[1]}
    (folder / "about.json").write_text(json.dumps(about))
    rows[:count].astype("f4").tofile(folder / "train.f32")
    rows[count:].astype("f4").tofile(folder / "test.f32")
    target[:count].astype("f8").tofile(folder / "target.f64")
    return target[count:], about["classes"]


def loss(folder, name, target, classes):
    """Mean log loss, or squared error."""
    answers = numpy.fromfile(folder / f"{name}.f64")
    if not classes:
        return float(numpy.mean((answers - target) ** 2))
    chosen = answers.reshape(len(target), -1)[numpy.arange(len(target)), target.astype(int)]
    return float(-numpy.mean(numpy.log(numpy.maximum(chosen, 1e-15))))


def measure(program, folder, name, threads):
    environment = {**os.environ, "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": "1"}
    command = ([program, folder, str(threads)] if name == "ours"
               else [sys.executable, "-W", "ignore", "-c", PEER, folder, name, str(threads)])
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=environment)
    return json.loads(out.stdout)


def compare(program, folder, table, rounds, threads):
    make, count = TABLES[table]
    names = ("ours", "scikit-learn", "lightgbm")
    taken = {name: [] for name in names}
    losses = {name: [] for name in names}
    for seed in range(rounds):
        target, classes = write_table(folder, make, count, seed)
        for name in names:
            taken[name].append(measure(program, folder, name, threads))
            losses[name].append(loss(folder, name, target, classes))
    for name in names:
        cpu = [each["cpu"] for each in taken[name]]
        ratio = statistics.median(a / b["cpu"] for a, b in zip(cpu, taken["ours"]))
        wall = statistics.median(each["seconds"] for each in taken[name])
        less = [a - b for a, b in zip(losses[name], losses["ours"])]
        error = statistics.stdev(less) / rounds ** 0.5 if rounds > 1 else 0
        print(f"| {table} | {name} | {statistics.median(cpu):.2f} ({min(cpu):.2f} - {max(cpu):.2f})"
              f" | {wall:.2f} | {ratio:.2f} | {statistics.mean(losses[name]):.5f}"
              f" | {statistics.mean(less):+.5f} ± {error:.5f} |", flush=True)


def main() -> None:
    program, folder, rounds, threads = sys.argv[1], Path(sys.argv[2]), *map(int, sys.argv[3:5])
    print("| table | program | CPU s, median (range) | s | CPU of ours | loss | more than ours |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for table in TABLES:
        compare(program, folder, table, rounds, threads)


if __name__ == "__main__":
    main()
