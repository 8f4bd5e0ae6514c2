# SPDX-License-Identifier: MIT
"""worker.py PEER MODEL FOLDER WORK COMPILE_SECONDS: one peer with one model, in a process of its
own, which obeys the commands of `engine_speed --commands` and answers with the same JSON lines."""

import importlib
import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engines.peers.case import Case, NotPossible  # noqa: E402
from engines.plan import MODELS, PEERS  # noqa: E402


def measure(run, batch: int, seconds: float) -> dict:
    """The same turns as in engine_speed: ever more calls between two looks at the clock."""
    run(1)
    calls, done = 1, 0
    start = time.process_time_ns()
    while True:
        run(calls)
        done += calls
        taken = time.process_time_ns() - start
        if taken >= seconds * 1e9:
            return {"batch": batch, "calls": done, "ns_per_row": taken / (done * batch)}
        if taken < seconds * 1e9 / 4:
            calls *= 2


def obey(peer, runs: dict, line: str) -> dict:
    entry, *words = line.split()
    if entry == "answers":
        peer.answers().astype("<f8").tofile(words[0])
        return {"written": words[0]}
    batch = int(words[0])
    if batch not in runs:
        runs[batch] = peer.calls(batch)
    return {"entry": entry, **measure(runs[batch], batch, float(words[1]))}


def main() -> None:
    name, model, folder, work, compile_seconds = sys.argv[1:]
    # Libraries may print what they like, but not between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(answer: dict) -> None:
        print(json.dumps(answer), file=answers, flush=True)

    Path(work).mkdir(parents=True, exist_ok=True)
    try:
        case = Case(MODELS[model], Path(folder), Path(work), int(compile_seconds))
        peer = importlib.import_module(f"engines.peers.{PEERS[name].module}").Peer(case)
    except (NotPossible, ImportError) as reason:
        return say({"failure": str(reason)})
    say({"entries": ["served"], **getattr(peer, "facts", {})})
    runs = {}
    for line in sys.stdin:
        say(obey(peer, runs, line))


if __name__ == "__main__":
    main()
