# SPDX-License-Identifier: MIT
"""How many instructions of ours a row takes, counted by callgrind: the same in every run, however
busy the machine. Valgrind's processor has AVX2 and no AVX-512, so that is what it counts."""

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

COUNTED = "ml_inference_counted_calls"  # of engine_speed
ROW_COUNT = 256  # or one call, if that has more


def total(dump: str) -> int:
    """The instructions that one of callgrind's files is about."""
    found = re.search(r"^(?:totals|summary): (\d+)", dump, re.MULTILINE)
    if found is None:
        raise ValueError("a file of callgrind without totals")
    return int(found[1])


def count(model, options, say) -> list[dict]:
    record = {"model": model.name, "participant": "callgrind"}
    if shutil.which("valgrind") is None:
        return [record | {"failure": "valgrind is not installed"}]
    say(f"{model.name}: counts instructions")
    try:
        return [record | {"counted": counted} for counted in _counts(model, options)]
    except (subprocess.CalledProcessError, OSError, ValueError) as failure:
        return [record | {"failure": str(failure)}]


def _counts(model, options) -> list[dict]:
    """Each measurement counts once, and leaves a file of its own."""
    entries = ["served", *(["float32"] if model.takes_float32 else [])]
    program = [options.program, options.work / model.file, options.work / f"{model.name}.rows"]
    program += ["--entries", ",".join(entries), "--count-rows", str(ROW_COUNT)]
    program += ["--repetitions", "1", "--batches", ",".join(map(str, options.chosen_batches))]
    with tempfile.TemporaryDirectory() as folder:
        callgrind = ["valgrind", "--tool=callgrind", "--collect-atstart=no"]
        callgrind += [f"--toggle-collect={COUNTED}", f"--dump-after={COUNTED}"]
        callgrind += [f"--callgrind-out-file={folder}/out"]
        done = subprocess.run([*callgrind, *program], check=True, capture_output=True, text=True)
        measured = [json.loads(line) for line in done.stdout.splitlines()][1:]
        for number, each in enumerate(measured, start=1):
            instructions = total((Path(folder) / f"out.{number}").read_text())
            each["per_row"] = instructions / (each["calls"] * each["batch"])
        return measured
