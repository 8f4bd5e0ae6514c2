# SPDX-License-Identifier: MIT
"""One life of one server: started, measured step by step, ended."""

import contextlib
import json
import os
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from harness.cpu_quota import CpuQuota
from harness.machine import group_usage, machine_cpu_seconds
from harness.targets import BENCH, Target

REQUEST = BENCH / "workloads" / "reference_request.json"
START_TIMEOUT_SECONDS = 120
WARM_UP_SECONDS = 0.5


class SessionFailed(Exception):
    pass


@dataclass
class Bench:
    """Where the tools are, where files may be written, and which CPU is whose."""

    programs: Path
    work: Path
    server_cpu: int
    load_cpu: int


def run_session(bench: Bench, target: Target, workload: dict, steps: list[dict]) -> dict:
    """first_answer_ms, resident_start_bytes, resident_end_bytes, and a dict for each step."""
    with contextlib.ExitStack() as stack:
        quota = None
        if workload.get("cpu_quota"):
            quota = stack.enter_context(CpuQuota(workload["cpu_quota"]))
        server = stack.enter_context(_Server(bench, target, workload["pinned"], quota))
        result = {
            "first_answer_ms": server.first_answer_ms,
            "resident_start_bytes": group_usage(server.pid).resident_bytes,
        }
        if steps:
            _load(bench, server, {"connections": 8, "seconds": WARM_UP_SECONDS})
        result["steps"] = {step["name"]: _measured(bench, server, step, quota) for step in steps}
        result["resident_end_bytes"] = group_usage(server.pid).resident_bytes
        return result


class _Server:
    """A server under start_server, which ends it when its own stdin closes, as by our death."""

    def __init__(self, bench: Bench, target: Target, pinned: bool, quota: CpuQuota | None) -> None:
        self.port = _free_port()
        self.log = bench.work / f"{target.name}.log"
        command = [bench.programs / "start_server", "--port", str(self.port), "--body", REQUEST]
        command += ["--log", self.log, "--timeout-seconds", str(START_TIMEOUT_SECONDS)]
        if pinned:
            command += ["--cpu", str(bench.server_cpu)]
        if quota:
            command += ["--join", quota.join_file]
        self.process = subprocess.Popen(
            [*command, "--", *target.command_on(self.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=target.environment_on(self.port),
        )

    def __enter__(self) -> "_Server":
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise SessionFailed(self.process.stderr.read().strip())
        started = json.loads(line)
        self.pid = started["pid"]
        self.first_answer_ms = started["first_answer_ms"]
        return self

    def __exit__(self, kind, *_) -> None:
        self.process.stdin.close()
        ended_well = self.process.wait() == 0
        message = self.process.stderr.read().strip()
        for stream in (self.process.stdout, self.process.stderr):
            stream.close()
        if kind is None and not ended_well:
            raise SessionFailed(message)
        self.log.unlink(missing_ok=True)  # a million predictions are some 200 MB of log lines


def _measured(bench: Bench, server: _Server, step: dict, quota: CpuQuota | None) -> dict:
    # A server that was overloaded goes on with requests whose client has left; this one comes
    # after them.
    _load(bench, server, {"connections": 1, "requests": 1, "seconds": 1, "grace-seconds": 60})
    throttling = quota.throttling() if quota else {}
    machine, usage, clock = machine_cpu_seconds(), group_usage(server.pid), time.monotonic()
    result = _load(bench, server, step)
    elapsed = time.monotonic() - clock
    server_cpu = group_usage(server.pid).cpu_seconds - usage.cpu_seconds
    machine_cpu = machine_cpu_seconds() - machine
    if result["answered"] == 0:
        raise SessionFailed(f"{step['name']}: no request was answered: {result}")
    result["server_cpu_seconds"] = server_cpu
    result["cpu_us_per_request"] = server_cpu * 1e6 / result["answered"]
    result["server_busy"] = server_cpu / elapsed
    others = machine_cpu - server_cpu - result["client_cpu_seconds"]
    result["others_busy"] = max(others, 0) / elapsed / os.cpu_count()
    if quota:
        after = quota.throttling()
        result["throttling"] = {name: after[name] - throttling[name] for name in after}
    return result


def _load(bench: Bench, server: _Server, step: dict) -> dict:
    command = ["taskset", "-c", str(bench.load_cpu), bench.programs / "http_load"]
    command += ["--port", str(server.port), "--body", REQUEST]
    for option in ("connections", "seconds", "requests", "rate", "grace-seconds"):
        if option in step:
            command += [f"--{option}", str(step[option])]
    timeout = step["seconds"] + 90
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout)
    if done.returncode != 0:
        raise SessionFailed(done.stderr.strip())
    result = json.loads(done.stdout)
    body = result.pop("body")
    if result["answered"] and json.loads(body)["prediction"] != "setosa":
        raise SessionFailed(f"wrong answer: {body}")
    return result


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
