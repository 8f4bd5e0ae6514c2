# SPDX-License-Identifier: MIT
"""Processor time of a request by each dialect, as ./run describes it. Prints one JSON line."""

import json
import os
import random
import statistics
import struct
import subprocess
import sys
import tempfile
from pathlib import Path

from program import ROW, ready_program, run

BUILD = Path(os.environ["BUILD"])
CONNECTION_COUNT = 8
INFER = "/inference.GRPCInferenceService/ModelInfer"

# Of the tensor that is moved: many cells, of which the model looks at few.
BIG_ROW_COUNT = 10_000
BIG_FEATURE_COUNT = 26


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def field(number, content):
    """A field of bytes of a message of protocol buffers."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def infer_message(model, rows):
    """inference.ModelInferRequest with raw contents; the numbers are those of its fields."""
    shape = varint(len(rows)) + varint(len(rows[0]))
    tensor = field(1, b"input") + field(2, b"FP32") + field(3, shape)
    return field(1, model) + field(5, tensor) + field(7, floats(rows))


def train_stump(folder):
    """One small tree of many features."""
    noise = random.Random(0)
    rows = folder / "rows.csv"
    lines = [",".join([*(f"f{at}" for at in range(BIG_FEATURE_COUNT)), "y"])]
    lines += [",".join(f"{noise.random():.3f}" for _ in range(BIG_FEATURE_COUNT + 1))
              for _ in range(100)]
    rows.write_text("\n".join(lines) + "\n")
    model = folder / "stump.onnx"
    done = run("train", "--data", str(rows), "--target", "y", "--output", str(model), "--trees",
               "1", "--max-depth", "1", "--task", "regression", "--seed", "1")
    assert done.returncode == 0, done.stderr
    return model


def floats(rows):
    return struct.pack(f"<{len(rows) * len(rows[0])}f", *(cell for row in rows for cell in row))


def infer_json(rows):
    data = [cell for row in rows for cell in row]
    return json.dumps({"inputs": [{"name": "input", "shape": [len(rows), len(rows[0])],
                                   "datatype": "FP32", "data": data}]},
                      separators=(",", ":")).encode()


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Load:
    """One kind of request."""

    def __init__(self, folder, name, content, *arguments):
        self.file = folder / name.replace(" ", "-")
        self.file.write_bytes(content)
        self.size = len(content)
        self.arguments = arguments
        self.times = []

    def command(self, program):
        raise NotImplementedError

    def measure(self, program, seconds):
        before = cpu_seconds(program.process.pid)
        done = subprocess.run([*self.command(program), "--connections", str(CONNECTION_COUNT),
                               "--seconds", str(seconds)], capture_output=True, text=True,
                              check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        used = cpu_seconds(program.process.pid) - before
        self.times.append(used / json.loads(done.stdout)["answered"])


class Rest(Load):
    def command(self, program):
        return [BUILD / "bench" / "http_load", "--port", str(program.port), "--body", self.file,
                *self.arguments]


class Grpc(Load):
    def command(self, program):
        return [BUILD / "bench" / "grpc_load", "--port", str(program.grpc_port), "--message",
                self.file, "--method", INFER]


def measure(loads, rounds, seconds, *flags):
    with ready_program("--threads", "1", "--log-sample", "1000000", *flags) as program:
        for _ in range(rounds):
            for load in loads:
                load.measure(program, seconds)


def main(rounds=5, seconds=2):
    rounds, seconds = int(rounds), float(seconds)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        predict = Rest(folder, "predict", json.dumps({"features": ROW}).encode())
        others = {
            "OIP REST": Rest(folder, "oip rest", infer_json([ROW]), "--path",
                             "/v2/models/iris/infer"),
            "OIP gRPC": Grpc(folder, "oip grpc", infer_message(b"iris", [ROW])),
        }
        measure([predict, *others.values()], rounds, seconds)
        big = [[0.25] * BIG_FEATURE_COUNT] * BIG_ROW_COUNT
        tensor = Grpc(folder, "tensor", infer_message(b"", big))
        measure([tensor], rounds, seconds, "--model", str(train_stump(folder)),
                "--max-body-bytes", "4000000", "--body-budget-bytes", "200000000")
    report = {"predict_us": round(statistics.median(predict.times) * 1e6, 2)}
    for key, load in others.items():
        ratios = [time / own for time, own in zip(load.times, predict.times)]
        report[f"{key} over /predict"] = [round(ratio, 2) for ratio in (
            statistics.median(ratios), min(ratios), max(ratios))]
    rates = [tensor.size / time / 1e9 for time in tensor.times]
    report["tensor_gigabytes_per_cpu_second"] = round(statistics.median(rates), 2)
    print(json.dumps(report))


if __name__ == "__main__":
    main(*sys.argv[1:])
