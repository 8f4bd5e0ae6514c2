# SPDX-License-Identifier: MIT
"""What loading a model takes of memory, beside the file's size: memory.py PROGRAM MODEL...

Serves a repository of that file alone, and an empty one, and reads the most memory that the process
had when it was ready. Prints a JSON line a model: the bytes more, and how often the file's size
that is. The factors of src/serving/repository/version_loader.cc are these, rounded up.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path


def peak_bytes(program, folder):
    """The most that the process had until it was ready."""
    with subprocess.Popen([program, "serve", "--port", "0", "--grpc-port", "0",
                                "--model-repository", folder],
                          stdout=subprocess.PIPE, text=True) as process:
        try:
            for line in process.stdout:
                if json.loads(line)["message"].startswith("Repository ready: "):
                    status = Path(f"/proc/{process.pid}/status").read_text()
                    return int(status.split("VmHWM:")[1].split()[0]) * 1024
        finally:
            process.kill()
    raise RuntimeError(f"{folder}: not ready")


def main(program, *models):
    with tempfile.TemporaryDirectory() as empty:
        alone = peak_bytes(program, empty)
    for model in map(Path, models):
        with tempfile.TemporaryDirectory() as folder:
            version = Path(folder) / "m" / "1"
            version.mkdir(parents=True)
            os.symlink(model.resolve(), version / model.name)
            taken = peak_bytes(program, folder) - alone
        size = model.stat().st_size
        print(json.dumps({"model": model.name, "file_bytes": size, "taken_bytes": taken,
                          "times": round(taken / size, 2)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
