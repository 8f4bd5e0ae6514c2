# SPDX-License-Identifier: MIT
"""Good requests, and the answer that each must get, to the byte."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from program import FEATURE_NAMES, ROW, SETOSA, iris_rows, parse_metrics, request

JSON_TYPE = "application/json"


@dataclass
class Request:
    """One request and its promise."""

    message: bytes
    method: str
    route: str
    request_id: str
    check: Callable  # of the answer and whether the program is leaving: what is wrong, or None
    rows: int = 0
    closes: bool = False  # the client has asked for the connection's end

    @property
    def has_body(self):
        return self.method != "HEAD"

    def fault(self, answer, is_leaving):
        """What is wrong with the answer, or None."""
        if answer.headers.get("x-request-id") != self.request_id:
            return f"is the answer to {answer.headers.get('x-request-id')}, not {self.request_id}"
        if "date" not in answer.headers:
            return "has no Date"
        if self.closes and not answer.closes():
            return "keeps a connection that was to be ended"
        return self.check(answer, is_leaving)


def is_exactly(body, status=200):
    """The check that the answer is this JSON text and no other."""
    def check(answer, _):
        if (answer.status, answer.body) != (status, body):
            return f"got {answer.status} {answer.body[:200]}, expected {status} {body[:200]}"
        if answer.headers.get("content-type") != JSON_TYPE:
            return f"has the type {answer.headers.get('content-type')}"
        return None
    return check


def has_no_body(size, status=200):
    """The check of an answer to HEAD. size  of GET's body, None if that changes."""
    def check(answer, _):
        got = int(answer.headers.get("content-length", 0))
        if answer.status != status or got == 0 or size not in (None, got):
            return f"got {answer.status} with Content-Length {got}, expected {status} with {size}"
        return None
    return check


def is_ready(promise):
    """The check of /ready: `promise` makes a check of the text and the status."""
    def check(answer, is_leaving):
        if is_leaving and answer.status == 503:
            return promise(b'{"status":"draining"}', 503)(answer, is_leaving)
        return promise(b'{"status":"ready"}', 200)(answer, is_leaving)
    return check


class Questions:
    """Makes good requests out of rows whose answers are known one by one.

    ask  has the program answer the bytes of a request while nobody else does.
    """

    def __init__(self, ask):
        texts = sorted({tuple(row) for row, _ in iris_rows()})
        self.rows = [(row, ask(self.message(self.body(row))).body) for row in texts]
        known = {tuple(map(float, row)): answer for row, answer in self.rows}
        assert known[tuple(ROW)] == SETOSA, "the reference's row has another answer"
        self.texts = {path: ask(request("GET", path)).body for path in ("/", "/openapi.json")}
        self.families = {family_of(name) for name in parse_metrics(
            ask(request("GET", "/metrics")).body)}
        self.count = 0

    @staticmethod
    def body(row):
        return b'{"features":[%s]}' % ",".join(row).encode()

    @staticmethod
    def message(body, headers=(), path="/predict"):
        return request("POST", path, body, [f"Content-Type: {JSON_TYPE}", *headers])

    def next_id(self):
        self.count += 1
        return f"soak-{self.count}"

    def prediction(self, body, expected, rows=1, encode=None, headers=(), closes=False):
        """encode  makes head lines and the bytes behind the head out of the body."""
        request_id = self.next_id()
        fields = [f"X-Request-ID: {request_id}", *headers, *(["Connection: close"] * closes)]
        if encode is None:
            message = self.message(body, fields)
        else:
            more, encoded = encode(body)
            message = request("POST", "/predict", headers=[*fields, *more]) + encoded
        return Request(message, "POST", "/predict", request_id, is_exactly(expected), rows, closes)

    def one(self, random, **options):
        row, answer = random.choice(self.rows)
        return self.prediction(self.body(row), answer, **options)

    def named(self, random, **options):
        row, answer = random.choice(self.rows)
        cells = list(zip(FEATURE_NAMES, row))
        random.shuffle(cells)
        text = ",".join(f"{json.dumps(name)}: {cell}" for name, cell in cells)
        return self.prediction(b'{"features":{%s}}' % text.encode(), answer, **options)

    def batch(self, random, row_count, **options):
        chosen = random.choices(self.rows, k=row_count)
        body = b'{"features":[%s]}' % ",".join(f"[{','.join(row)}]" for row, _ in chosen).encode()
        expected = b'{"predictions":[%s]}' % b",".join(answer for _, answer in chosen)
        return self.prediction(body, expected, row_count, **options)

    def any_small(self, random, **options):
        """What an event loop answers itself."""
        if (choice := random.randrange(3)) == 0:
            return self.one(random, **options)
        if choice == 1:
            return self.named(random, **options)
        return self.batch(random, random.randint(1, 40), **options)

    def look(self, method, path, closes=False):
        """GET or HEAD of anything that is not a prediction."""
        request_id = self.next_id()
        fields = [f"X-Request-ID: {request_id}", *(["Connection: close"] * closes)]
        message = request(method, path, headers=fields)
        return Request(message, method, path, request_id, self.check_of(method, path),
                       closes=closes)

    def check_of(self, method, path):
        def promise(body, status=200):
            return is_exactly(body, status) if method == "GET" else has_no_body(len(body), status)

        if path == "/ready":
            return is_ready(promise)
        if path == "/metrics":
            return self.check_metrics if method == "GET" else has_no_body(None)
        return promise({"/health": b'{"status":"healthy"}', **self.texts}[path])

    def check_metrics(self, answer, _):
        """Whether the text has every family that it had at the start."""
        if answer.status != 200 or not answer.headers["content-type"].startswith("text/plain"):
            return f"got {answer.status} of type {answer.headers.get('content-type')}"
        families = {family_of(name) for name in parse_metrics(answer.body)}
        if families != self.families:
            return f"has other families than at the start: {families ^ self.families}"
        return None


def family_of(sample):
    return sample.partition("{")[0]
