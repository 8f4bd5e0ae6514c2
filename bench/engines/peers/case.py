# SPDX-License-Identifier: MIT
"""What each peer gets: a model's file, its rows, and a folder for what it makes of them."""

import itertools
import json
import os
import resource
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import numpy

from engines.plan import Model
from harness import machine


CODE_NODES_MAX = 1_000_000  # gcc takes minutes and gigabytes for a fraction of it
COMPILE_BYTES_MAX = 8 << 30  # of address space, for a compiler


class NotPossible(Exception):
    """Why the peer cannot be measured with this model; the report says it."""


@dataclass
class Case:
    """Rows are [row_count, feature_count], row-major; rows_float32 are the same, rounded."""

    model: Model
    folder: Path  # of the models
    work: Path  # for what is made of this model by this peer, kept from run to run
    compile_seconds: int

    def __post_init__(self) -> None:
        flat = numpy.fromfile(self.folder / f"{self.model.name}.rows", "<f8")
        self.rows = flat.reshape(-1, self.model.feature_count)
        self.rows_float32 = self.rows.astype("f4")

    @property
    def path(self) -> Path:
        return self.folder / self.model.file

    def sklearn_forest(self):
        if not self.model.file.endswith(".joblib"):
            raise NotPossible("not a model of scikit-learn")
        import joblib

        return joblib.load(self.path)

    def forest_for_code(self):
        """The same, if it is small enough to become a program."""
        forest = self.sklearn_forest()
        nodes = sum(tree.tree_.node_count for tree in forest.estimators_)
        if nodes > CODE_NODES_MAX:
            raise NotPossible(f"{nodes} nodes are too many to compile")
        return forest

    def compile(self, command: list, library: Path) -> None:
        """Makes `library` unless it is there. Gives up when that takes too much CPU time or memory,
        and remembers it. What it took stands in compiled()."""
        limit = self.compile_seconds
        failed = library.with_suffix(".failed")
        if library.exists():
            return
        if failed.exists():
            tried = json.loads(failed.read_text())
            if tried["limit"] >= limit:
                raise NotPossible(tried["reason"])

        compiler = subprocess.Popen(command, process_group=0, preexec_fn=_limits(limit))
        seconds = _wait(compiler, limit)
        if compiler.returncode == 0:
            library.with_suffix(".seconds").write_text(f"{seconds:.0f}")
            return
        reason = f"did not compile: failed after {seconds:.0f} s of CPU time"
        if seconds >= limit:
            reason = f"did not compile in {limit} s of CPU time"
        failed.write_text(json.dumps({"limit": limit, "reason": reason}))
        raise NotPossible(reason)

    @staticmethod
    def compiled(library: Path) -> dict:
        return {"compile_seconds": json.loads(library.with_suffix(".seconds").read_text())}


def _limits(seconds: int):
    """For each process of a compiler, to end it where its caller is gone: a little later than that
    would."""

    def set_limits() -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds + 10, seconds + 10))
        resource.setrlimit(resource.RLIMIT_AS, (COMPILE_BYTES_MAX, COMPILE_BYTES_MAX))

    return set_limits


def _wait(compiler: subprocess.Popen, seconds_max: int) -> float:
    """Until it ends, or is ended for all the CPU time it and its parts took: returns that."""
    seconds = 0.0
    while compiler.poll() is None:
        seconds = max(seconds, machine.group_usage(compiler.pid).cpu_seconds)
        if seconds >= seconds_max:
            os.killpg(compiler.pid, signal.SIGKILL)
            compiler.wait()
        else:
            time.sleep(0.2)
    return seconds


def in_turns(function, batches: list):
    """Calls of a Python function with prepared arguments, other ones each time."""
    turns = itertools.cycle(batches)

    def run(calls: int) -> None:
        for batch in itertools.islice(turns, calls):
            function(batch)

    return run


def split(rows: numpy.ndarray, batch: int) -> list[numpy.ndarray]:
    return [rows[first : first + batch] for first in range(0, len(rows) - batch + 1, batch)]
