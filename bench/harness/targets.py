# SPDX-License-Identifier: MIT
"""The servers that are measured: one list, in the order of the report."""

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
PEERS = BENCH / "peers"


@dataclass
class Target:
    name: str
    title: str
    command: list[str]  # {port} stands for the port
    is_peer: bool = False  # slow enough for fewer repetitions and requests
    environment: dict[str, str] = field(default_factory=dict)
    requirements: Path | None = None

    def command_on(self, port: int) -> list[str]:
        return [part.format(port=port) for part in self.command]

    def environment_on(self, port: int) -> dict[str, str]:
        extra = {name: text.format(port=port) for name, text in self.environment.items()}
        return {**os.environ, **extra}


def all_targets(build: Path, work: Path) -> list[Target]:
    programs = build / "bench"
    return [
        Target(
            "ml-inference",
            "ml-inference, default settings",
            [str(build / "ml-inference")],
            environment={"ML_INFERENCE_PORT": "{port}"},
        ),
        Target(
            "constant_server",
            "its server room with a constant answer",
            [str(programs / "constant_server"), "{port}"],
        ),
        Target(
            "bare_epoll",
            "bare epoll loop with a constant answer",
            [str(programs / "bare_epoll"), "{port}"],
        ),
        _python_target("fastapi_sklearn", "FastAPI + uvicorn + scikit-learn", work),
        _python_target("fastapi_onnxruntime", "FastAPI + uvicorn + onnxruntime", work),
    ]


def _python_target(name: str, title: str, work: Path) -> Target:
    command = [str(work / "venv" / name / "bin/python"), "-m", "uvicorn", "main:app"]
    # Both run the same main.py; --app-dir decides which model.py it finds. The service writes a
    # line for each prediction itself, so uvicorn's own access log would only cost it time.
    command += ["--app-dir", str(PEERS / name), "--port", "{port}", "--no-access-log"]
    environment = {
        "PYTHONPATH": str(PEERS / "fastapi_sklearn"),
        "PYTHONPYCACHEPREFIX": str(work / "pycache"),
        "MODEL_PATH": str(work / "iris_forest.onnx"),
    }
    requirements = PEERS / name / "requirements.txt"
    return Target(name, title, command, True, environment, requirements)


def install(target: Target, work: Path) -> None:
    """Makes the peer's virtual environment, unless the one there has these very requirements."""
    if target.requirements is None:
        return
    directory = work / "venv" / target.name
    stamp = directory / "installed"
    wanted = hashlib.sha256(target.requirements.read_bytes()).hexdigest()
    if not (stamp.exists() and stamp.read_text() == wanted):
        print(f"installing {target.title}", file=sys.stderr, flush=True)
        subprocess.run([_system_python(), "-m", "venv", "--clear", directory], check=True)
        pip = [directory / "bin/pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "--requirement", target.requirements], check=True)
        stamp.write_text(wanted)
    make_model = PEERS / target.name / "make_model.py"
    model = work / "iris_forest.onnx"
    if make_model.exists() and not model.exists():
        subprocess.run([directory / "bin/python", make_model, model], check=True)


def _system_python() -> str:
    # Debian's own, whatever else is first in PATH: the pinned packages are for its version.
    return "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable


def versions(target: Target) -> str:
    """The packages that a reader asks for, as name version."""
    if target.requirements is None:
        return ""
    wanted = ("fastapi", "uvicorn", "pydantic", "scikit-learn", "onnxruntime", "numpy")
    pins = (line.partition("==") for line in target.requirements.read_text().splitlines())
    return ", ".join(f"{name} {version}" for name, _, version in pins if name in wanted)
