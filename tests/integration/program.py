# SPDX-License-Identifier: MIT
"""Starts the program, reads its log, and speaks HTTP to it byte by byte.

Nothing here sleeps: each wait is for an event, and ends with an error after PATIENCE_S.
"""

import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

PROGRAM = os.environ.get("ML_INFERENCE", "build/release/ml-inference")
ROOT = Path(__file__).resolve().parents[2]

# Far more than anything here takes, so that a busy machine fails no test.
PATIENCE_S = 20

ROW = [5.1, 3.5, 1.4, 0.2]
FEATURE_NAMES = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"]
CLASS_NAMES = ["setosa", "versicolor", "virginica"]
SETOSA = (b'{"prediction":"setosa","prediction_index":0,"probabilities":'
          b'{"setosa":1.0,"versicolor":0.0,"virginica":0.0},"confidence":1.0}')


def environment(extra=None):
    """Ours without the program's own variables, and `extra`."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("ML_INFERENCE_")}
    return kept | (extra or {})


def run(*arguments, env=None):
    """Runs a command to its end; its exit status and texts are in the result. Nothing listens for
    gRPC: programs run side by side."""
    env = {"ML_INFERENCE_GRPC_PORT": "off"} | (env or {})
    return subprocess.run([PROGRAM, *arguments], env=environment(env), capture_output=True,
                          text=True, timeout=PATIENCE_S, check=False)


class Program:
    """A serving program on a free port. Use it in a `with`: it is killed at the end.

    keeps  which lines of the log stay in `lines`: a long run has more than fit into memory.
    """

    def __init__(self, *flags, env=None, port_flag=("--port", "0"),
                 grpc_port_flag=("--grpc-port", "0"), keeps=lambda line: True):
        self.lines = []
        self.keeps = keeps
        self.news = threading.Condition()
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([PROGRAM, "serve", *port_flag, *grpc_port_flag, *flags],
                                        env=environment(env), stdout=subprocess.PIPE,
                                        stderr=self.errors, text=True)
        self.reader = threading.Thread(target=self._read)
        self.reader.start()
        try:
            listening = self.wait_for(lambda line: line["message"].startswith("Listening on "))
        except TimeoutError:
            self.__exit__()
            raise
        self.port = int(re.search(r" port (\d+) with ", listening["message"]).group(1))
        self.grpc_port = None
        if grpc_port_flag != ("--grpc-port", "off"):
            speaking = self.wait_for(
                lambda line: line["message"].startswith("Listening for gRPC on "))
            self.grpc_port = int(re.search(r" port (\d+)$", speaking["message"]).group(1))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        self.errors.close()

    def _read(self):
        for text in self.process.stdout:
            line = json.loads(text)
            if not self.keeps(line):
                continue
            with self.news:
                self.lines.append(line)
                self.news.notify_all()

    def wait_for(self, wanted):
        """The first line of the log that `wanted` accepts, as soon as it is there."""
        with self.news:
            if not self.news.wait_for(lambda: any(map(wanted, self.lines)), PATIENCE_S):
                raise TimeoutError(f"the log has no such line, but {self.lines}: {self.stderr()}")
            return next(filter(wanted, self.lines))

    def wait_until_ready(self):
        self.wait_for(lambda line: line["message"].startswith("Model ready: "))
        deadline = time.monotonic() + PATIENCE_S
        while self.get("/ready").status != 200:  # the line stands before readiness turns
            assert time.monotonic() < deadline, "not ready"
        return self

    def terminate(self, number=signal.SIGTERM):
        """Sends the signal and returns when the program has seen it."""
        self.process.send_signal(number)
        self.wait_for(lambda line: line["message"].startswith("Draining"))

    def exit_status(self):
        return self.process.wait(PATIENCE_S)

    def stderr(self):
        self.errors.seek(0)
        return self.errors.read()

    def connect(self, receive_buffer_size=None):
        return Client(self.port, receive_buffer_size)

    def count(self, labels):
        """The value of http_requests_total with these labels, 0 if it is not there."""
        return parse_metrics(self.get("/metrics").body).get("http_requests_total" + labels, 0)

    def get(self, path, method="GET", headers=()):
        with self.connect() as client:
            return client.exchange(request(method, path, headers=headers))

    def predict(self, body, headers=()):
        with self.connect() as client:
            return client.exchange(predict_request(body, headers=headers))


def ready_program(*flags, **options):
    program = Program(*flags, **options)
    try:
        return program.wait_until_ready()
    except BaseException:
        program.__exit__()
        raise


def request(method, path, body=None, headers=()):
    """The bytes of a request. headers  lines without their end."""
    lines = [f"{method} {path} HTTP/1.1", "Host: test", *headers]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


def predict_request(body, headers=()):
    """The bytes of POST /predict. body  bytes, or what becomes {"features": ...}."""
    if not isinstance(body, bytes):
        body = json.dumps({"features": body}).encode()
    return request("POST", "/predict", body, ["Content-Type: application/json", *headers])


def parse_metrics(body):
    """The values of a Prometheus text, by name and labels as they stand there."""
    samples = (line.rsplit(" ", 1) for line in body.decode().splitlines() if line[:1] != "#")
    return {name: float(value) for name, value in samples}


@dataclass
class Answer:
    """One response. headers  by lower-case name."""

    status: int
    headers: dict
    body: bytes

    def json(self):
        return json.loads(self.body)

    def closes(self):
        return self.headers.get("connection", "").lower() == "close"


class AnswerReader:
    """Cuts what a server sends into answers."""

    def __init__(self):
        self.buffer = b""

    def feed(self, data):
        if not data:
            raise ConnectionError(f"the server ended the connection behind {self.buffer!r}")
        self.buffer += data

    def next(self, has_body=True):
        """The next answer, None if it is not whole yet; what follows it waits for the next call."""
        head, end, rest = self.buffer.partition(b"\r\n\r\n")
        if not end:
            return None
        first, *fields = head.decode().split("\r\n")
        headers = {name.lower(): value.strip()
                   for name, value in (field.split(":", 1) for field in fields)}
        size = int(headers.get("content-length", 0)) if has_body else 0
        if len(rest) < size:
            return None
        body, self.buffer = rest[:size], rest[size:]
        return Answer(int(first.split(" ")[1]), headers, body)


class Client:
    """One connection."""

    def __init__(self, port, receive_buffer_size=None):
        self.socket = socket.socket()
        if receive_buffer_size is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_size)
        self.socket.settimeout(PATIENCE_S)
        self.socket.connect(("127.0.0.1", port))
        self.answers = AnswerReader()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def exchange(self, data):
        self.send(data)
        return self.receive(has_body=not data.startswith(b"HEAD "))

    def receive(self, has_body=True):
        """The next answer; what follows it waits for the next call."""
        while (answer := self.answers.next(has_body)) is None:
            self.answers.feed(self.socket.recv(65536))
        return answer

    def is_at_end(self):
        """Whether the server has ended its side; waits for it."""
        return not self.answers.buffer and self.socket.recv(1) == b""


def iris_rows():
    """The 150 rows as texts with their class, read where the program keeps them."""
    source = (ROOT / "src/data/iris.cc").read_text()
    cells = re.findall(r"(\d\.\d)F", source)
    rows = [cells[begin:begin + 4] for begin in range(0, len(cells), 4)]
    assert len(rows) == 150, len(rows)
    return [(row, CLASS_NAMES[number // 50]) for number, row in enumerate(rows)]


def iris_csv():
    """The same as a CSV file with the column `species`."""
    lines = [",".join([*FEATURE_NAMES, "species"])]
    lines += [",".join([*row, name]) for row, name in iris_rows()]
    return "\n".join(lines) + "\n"
