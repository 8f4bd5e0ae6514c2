# SPDX-License-Identifier: MIT
"""Workload files, and what remains of them in a quick run or for a slow peer."""

import tomllib
from pathlib import Path

STEP_KEYS = ("name", "connections", "requests", "rate")
ORDER = ("start", "one_cpu", "million", "half_cpu", "tenth_cpu")


def read_workloads(directory: Path) -> dict[str, dict]:
    return {name: tomllib.loads((directory / f"{name}.toml").read_text()) for name in ORDER}


def chosen(settings: dict, key: str, quick: bool, peer: bool, default=None):
    """settings[key], unless there is one for quick runs, for peers, or for both."""
    names = [f"quick_peer_{key}"] if quick and peer else []
    names += [f"peer_{key}"] if peer else []
    names += [f"quick_{key}"] if quick else []
    return next((settings[name] for name in [*names, key] if name in settings), default)


def steps_for(workload: dict, quick: bool, peer: bool) -> list[dict]:
    return [
        {
            **{key: step[key] for key in STEP_KEYS if key in step},
            "seconds": chosen(step, "seconds", quick, peer),
        }
        for step in workload.get("step", [])
    ]
