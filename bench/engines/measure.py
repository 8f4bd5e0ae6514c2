# SPDX-License-Identifier: MIT
"""Measures what a prediction costs on one thread, in ml-inference's engines and in its peers.

See bench/README.md. The report goes to stdout and, for a full run on a quiet machine, to
bench/results/engines.md; the numbers go to build/bench/engines/results.json. Progress goes to
stderr. Start it by bench/engines/run, which builds and installs what it needs.
"""

import argparse
import contextlib
import hashlib
import json
import os
import shlex
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
REPOSITORY = BENCH.parent
sys.path.insert(0, str(BENCH))

from engines import instructions, plan, speed_report  # noqa: E402
from engines.participant import Failed, Participant  # noqa: E402
from harness import machine  # noqa: E402

PREPARE_SECONDS_MAX = 3600  # reading and converting a forest of millions of nodes, in Python
ANSWER_SECONDS_MAX = 600
SLOW_SECONDS = 2.0  # a measurement that takes longer in itself is worth fewer repetitions
SLOW_REPETITIONS = 3


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/engines/run", description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="brief; not to be quoted")
    parser.add_argument("--models", help=f"only these of {', '.join(plan.MODELS)}")
    parser.add_argument("--peers", help=f"only these of {', '.join(plan.PEERS)}; none: 'none'")
    parser.add_argument("--batches", help="rows a call, separated by commas (1,64,10000)")
    parser.add_argument("--repetitions", type=int, help="of each measurement (7; quick 2)")
    parser.add_argument("--seconds", type=float, help="of CPU time for each (0.3; quick 0.1)")
    parser.add_argument("--targets", default="best,avx2", help="the SIMD targets of our engines")
    parser.add_argument("--callgrind", action="store_true", help="count our instructions as well")
    parser.add_argument("--compile-seconds", type=int, default=600, help="of CPU time, for a peer")
    parser.add_argument("--cpu", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--program", type=Path, default="build/release/bench/engine_speed")
    parser.add_argument("--work", type=Path, default="build/bench/engines", help="models, and more")
    parser.add_argument("--output", type=Path, help="where the report goes beside stdout")
    options = parser.parse_args()
    options.program, options.work = options.program.resolve(), options.work.resolve()
    options.repetitions = options.repetitions or (2 if options.quick else 7)
    options.seconds = options.seconds or (0.1 if options.quick else 0.3)
    try:
        options.chosen_models = plan.chosen(plan.MODELS, options.models)
        peers = options.peers if options.peers != "none" else None
        options.chosen_peers = plan.chosen(plan.PEERS, peers) if options.peers != "none" else {}
        options.chosen_targets = plan.chosen(plan.OURS_BY_TARGET, options.targets)
        all_batches = {str(batch): batch for batch in (*plan.BATCHES, 2, 8, 16, 32, 128, 1000)}
        by_default = ",".join(map(str, plan.BATCHES))
        options.chosen_batches = plan.chosen(all_batches, options.batches or by_default).values()
    except ValueError as refused:
        parser.error(str(refused))
    return options


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _made_from(model: plan.Model, peer: plan.Peer, options: argparse.Namespace) -> str:
    """Short for the versions of model and peer: what a peer makes of a model is kept for these."""
    made = (options.work / f"{model.name}.made.json").read_text()
    return hashlib.sha256(f"{made} {versions_of(peer)}".encode()).hexdigest()[:8]


def commands(model: plan.Model, options: argparse.Namespace) -> dict[str, list]:
    """How each participant is started, ours first."""
    ours = [options.program, options.work / model.file, options.work / f"{model.name}.rows"]
    started = {}
    for target, name in options.chosen_targets.items():
        started[name] = [*ours, "--commands", *target_option(target)]
    for name, peer in options.chosen_peers.items():
        made_from = _made_from(model, peer, options)
        work = options.work / "peers" / f"{model.name}.{peer.module}.{made_from}"
        worker = [sys.executable, "-B", BENCH / "engines/worker.py", name, model.name]
        started[name] = [*worker, options.work, work, str(options.compile_seconds)]
    return started


class Run:
    """One model with everyone, in turns. Collects records: dicts with model and participant, and
    then facts, a measurement, or a failure."""

    def __init__(self, model: plan.Model, options: argparse.Namespace) -> None:
        self.model = model
        self.options = options
        self.records = []
        self._entries = {}  # by participant
        self._slow = {}  # by participant and batch, how often it was measured

    def measure(self) -> list[dict]:
        with contextlib.ExitStack() as stack:
            ready = [one for one in (self._start(stack, *each) for each in self._all()) if one]
            own = self._own_forests().items()
            ready += [one for one in (self._start(stack, *each) for each in own) if one]
            for batch in self.options.chosen_batches:
                for repetition in range(self.options.repetitions):
                    ready = [one for one in ready if self._turn(one, batch, repetition)]
        return self.records

    def _all(self):
        return commands(self.model, self.options).items()

    def _own_forests(self) -> dict[str, list]:
        """How we are started with the forests that peers have trained for themselves."""
        rows = self.options.work / f"{self.model.name}.rows"
        return {
            plan.ours_with_the_forest_of(record["participant"]): [
                self.options.program, record["facts"]["own_forest"], rows, "--commands"
            ]
            for record in self.records
            if "own_forest" in record.get("facts", {})
        }

    def _note(self, name: str, record: dict) -> None:
        self.records.append({"model": self.model.name, "participant": name, **record})

    def _start(self, stack, name: str, command: list) -> Participant | None:
        say(f"{self.model.name}: {name}: prepares")
        log = self.options.work / "logs" / f"{self.model.name}.{name}.log"
        participant = Participant(name, command, log, self.options.cpu, ANSWER_SECONDS_MAX)
        stack.enter_context(participant)
        try:
            facts = participant.facts(PREPARE_SECONDS_MAX)
            answers = self.options.work / "answers" / f"{self.model.name}.{name}".replace(" ", "_")
            answers.parent.mkdir(exist_ok=True)
            participant.ask(f"answers {answers}")
            is_own = "own_forest_nodes" in facts or name in self._own_forests()
            facts["difference"] = None if is_own else self._difference(answers)
        except Failed as failure:
            say(f"{self.model.name}: {name}: NOT MEASURED: {failure}")
            self._note(name, {"failure": str(failure)})
            return None
        self._note(name, {"facts": facts})
        self._entries[name] = [
            entry for entry in facts["entries"] if entry != "float32" or self.model.takes_float32
        ]
        return participant

    def _turn(self, participant: Participant, batch: int, repetition: int) -> bool:
        name = participant.name
        try:
            for entry in self._entries[name]:
                if self._slow.get((name, entry, batch), 0) >= SLOW_REPETITIONS:
                    continue
                start = time.monotonic()
                measured = participant.ask(f"{entry} {batch} {self.options.seconds}")
                taken = measured["ns_per_row"] * measured["calls"] * batch * 1e-9
                if taken > SLOW_SECONDS:
                    self._slow[name, entry, batch] = repetition + 1
                self._note(name, {"measured": measured | {"wall": time.monotonic() - start}})
                say(f"{self.model.name}: {name}, {entry}, {batch}: {measured['ns_per_row']:.0f} ns")
        except Failed as failure:
            say(f"{self.model.name}: {name}: FAILED: {failure}")
            self._note(name, {"failure": str(failure)})
            return False
        return True

    def _difference(self, path: Path) -> float:
        """The largest to what the model's own library says."""
        import numpy

        count = self.model.output_count
        answers = numpy.fromfile(path)
        expected = numpy.fromfile(self.options.work / f"{self.model.name}.answers")
        answers = answers.reshape(len(expected) // count, -1)
        # Of two classes the library gives the second one's probability.
        first = 1 if answers.shape[1] >= 2 and count == 1 else 0
        return float(abs(answers[:, first : first + count].ravel() - expected).max())


def make_models(options: argparse.Namespace) -> None:
    script = [sys.executable, "-B", BENCH / "engines/models.py", options.work]
    subprocess.run([*script, *options.chosen_models], check=True, stdout=sys.stderr)


def versions_of(peer: plan.Peer) -> str:
    with contextlib.suppress(PackageNotFoundError):
        return ", ".join(f"{package} {version(package)}" for package in peer.packages)
    return "not installed"


def target_option(target: str) -> list[str]:
    return [] if target == "best" else ["--target", plan.SIMD_TARGETS[target]]


def main() -> int:
    options = arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    make_models(options)
    started = time.monotonic()
    run = {
        "facts": machine.facts(REPOSITORY) | machine.cpu_facts(options.cpu),
        "command": shlex.join(["bench/engines/run", *sys.argv[1:]]),
        "quick": options.quick,
        "repetitions": options.repetitions,
        "versions": {name: versions_of(peer) for name, peer in options.chosen_peers.items()},
        "records": [],
    }
    for model in options.chosen_models.values():
        run["records"] += Run(model, options).measure()
        if options.callgrind:
            run["records"] += instructions.count(model, options, say)
        # Written after each model: what is measured is not lost with a later one.
        run["seconds"] = time.monotonic() - started
        (options.work / "results.json").write_text(json.dumps(run, indent=1))
    text = speed_report.report(run)
    is_whole = not (options.quick or options.models or options.peers or options.batches)
    is_quotable = is_whole and speed_report.was_quiet(run["records"])
    default = BENCH / "results/engines.md" if is_quotable else options.work / "results.md"
    output = options.output or default
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
