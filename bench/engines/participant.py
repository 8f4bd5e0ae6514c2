# SPDX-License-Identifier: MIT
"""Who is measured: a process that holds a model, obeys commands, and answers with JSON lines."""

import json
import os
import select
import signal
import subprocess
import time
from pathlib import Path

from harness import machine


class Failed(Exception):
    """Why a participant cannot go on; it goes into the report."""


class Participant:
    """A running process. Use as a context manager: it and what it started end with the block."""

    def __init__(self, name: str, command: list, log: Path, cpu: int, seconds_max: float) -> None:
        self.name = name
        self._seconds_max = seconds_max
        self._log = log
        self._output = b""
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                process_group=0,
                preexec_fn=lambda: os.sched_setaffinity(0, {cpu}),
            )

    def __enter__(self) -> "Participant":
        return self

    def __exit__(self, *_) -> None:
        self._process.stdin.close()
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        self._process.stdout.close()

    def facts(self, seconds_max: float) -> dict:
        """The first line: what it says of itself and of its model."""
        said = self._line(seconds_max)
        if "failure" in said:
            raise Failed(said["failure"])
        return said

    def ask(self, command: str) -> dict:
        """The answer, with the share of the machine that others used meanwhile (others_busy)."""
        before, start = self._others(), time.monotonic()
        try:
            self._process.stdin.write(f"{command}\n".encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            raise Failed(self._last_words()) from None
        answer = self._line(self._seconds_max)
        capacity = (time.monotonic() - start) * os.cpu_count()
        return answer | {"others_busy": max(0.0, self._others() - before) / capacity}

    def _others(self) -> float:
        return machine.machine_cpu_seconds() - machine.group_usage(self._process.pid).cpu_seconds

    def _line(self, seconds_max: float) -> dict:
        end = time.monotonic() + seconds_max
        pipe = self._process.stdout
        while b"\n" not in self._output:
            ready, _, _ = select.select([pipe], [], [], max(0, end - time.monotonic()))
            if not ready:
                raise Failed(f"no answer within {seconds_max:.0f} s")
            piece = os.read(pipe.fileno(), 1 << 16)
            if not piece:
                raise Failed(self._last_words())
            self._output += piece
        line, _, self._output = self._output.partition(b"\n")
        return json.loads(line)

    def _last_words(self) -> str:
        said = self._log.read_text(errors="replace").strip().splitlines()
        return said[-1] if said else f"ended with code {self._process.wait()}"
