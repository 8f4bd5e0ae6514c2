# SPDX-License-Identifier: MIT
"""compare.py PROGRAM FOLDER ROUNDS [MODEL]: see bench/model_load/run."""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

LOAD_BY_JOBLIB = """
import json, sys, time
import joblib, sklearn.ensemble
clock, cpu = time.perf_counter(), time.process_time()
joblib.load(sys.argv[1])
print(json.dumps({"clock": time.perf_counter() - clock, "cpu": time.process_time() - cpu}))
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


def said_by(*command) -> dict:
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def spread(values: list[float]) -> str:
    return f"{statistics.median(values):.3f} ({min(values):.3f} - {max(values):.3f})"


def print_times(name: str, rounds: list[dict]) -> None:
    clock, cpu = (spread([each[kind] for each in rounds]) for kind in ("clock", "cpu"))
    print(f"{name:24} {clock:26} {cpu}")


def print_ratio(name: str, of: list[dict], to: list[dict]) -> None:
    """Of each round, since both of a round have met the same minute of the machine."""
    clock, cpu = (
        spread([one[kind] / other[kind] for one, other in zip(of, to)]) for kind in ("clock", "cpu")
    )
    print(f"{name:24} {clock:26} {cpu}")


def main() -> None:
    program, folder, rounds = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    path = Path(sys.argv[4]) if len(sys.argv) > 4 else make_forest(folder)
    reads_joblib = path.suffix in (".joblib", ".pkl")
    ours, theirs = [], []
    for _ in range(rounds + 1):
        ours.append(said_by(program, path))
        if reads_joblib:
            theirs.append(said_by(sys.executable, "-c", LOAD_BY_JOBLIB, path))
    ours, theirs = ours[1:], theirs[1:]  # the first round warms the caches
    names = ("read_twice", "loaded", "first_answer")
    parts = {name: [each[name] for each in ours] for name in names}
    print(
        f"{path.stat().st_size / 1e6:.1f} MB, {ours[0]['trees']} trees, {ours[0]['nodes']} nodes, "
        f"{rounds} rounds, {len(os.sched_getaffinity(0))} CPUs, "
        f"{max(each['peak_bytes'] for each in ours) / 1e6:.0f} MB at most"
    )
    print(f"{'':24} {'seconds of the clock':26} of the processor")
    print_times("the file read twice", parts["read_twice"])
    print_times("loaded", parts["loaded"])
    print_times("loaded, first answer", parts["first_answer"])
    print_ratio("first answer / twice", parts["first_answer"], parts["read_twice"])
    if theirs:
        print_times("joblib", theirs)
        print_ratio("loaded / joblib", parts["loaded"], theirs)


if __name__ == "__main__":
    main()
