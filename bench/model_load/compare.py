# SPDX-License-Identifier: MIT
"""compare.py PROGRAM FOLDER ROUNDS: see bench/model_load/run."""

import json
import statistics
import subprocess
import sys
from pathlib import Path

LOAD_BY_JOBLIB = """
import sys, time
import joblib, sklearn.ensemble
start = time.perf_counter()
joblib.load(sys.argv[1])
print(time.perf_counter() - start)
"""


def make_forest(folder: Path) -> Path:
    """A classifier of some 1.3 million nodes, on noise: no tree ends early."""
    path = folder / "forest.joblib"
    if path.exists():
        return path
    import joblib
    import numpy
    from sklearn.ensemble import RandomForestClassifier

    random = numpy.random.RandomState(0)
    rows = random.rand(20_000, 10).astype("f4")
    labels = random.randint(0, 2, 20_000)
    forest = RandomForestClassifier(n_estimators=165, random_state=0).fit(rows, labels)
    joblib.dump(forest, folder / "new")
    (folder / "new").rename(path)
    return path


def output_of(*command) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def main() -> None:
    program, folder, rounds = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    path = make_forest(folder)
    megabytes = path.stat().st_size / 1e6
    ours, theirs = [], []
    for _ in range(rounds + 1):
        loaded = json.loads(output_of(program, path))
        ours.append(loaded["seconds"])
        theirs.append(float(output_of(sys.executable, "-c", LOAD_BY_JOBLIB, path)))
    ours, theirs = ours[1:], theirs[1:]  # the first round warms the caches
    print(f"{megabytes:.1f} MB, {loaded['trees']} trees, {loaded['nodes']} nodes, {rounds} rounds")
    for name, seconds in (("ml-inference", ours), ("joblib", theirs)):
        median = statistics.median(seconds)
        print(f"{name:12} {median:.3f} s ({min(seconds):.3f} - {max(seconds):.3f}), "
              f"{megabytes / median:.0f} MB/s")
    ratio = statistics.median(a / b for a, b in zip(ours, theirs))
    print(f"ratio        {ratio:.2f} of joblib's time")


if __name__ == "__main__":
    main()
