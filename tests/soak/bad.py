# SPDX-License-Identifier: MIT
"""Clients that send what is wrong, or leave in the middle: each gets the refusal that the
documents promise, and none costs anybody else anything."""

import json
import ssl
from dataclasses import dataclass

from clients import BODY_SIZE_MAX, Fault, Kind, TooLate, converse, see_patience
from ledger import ABANDONED_ROWS, PREDICTED, STOPPED
from program import ROW, predict_request, request

FEATURES = ["body", "features"]
HEADER_SIZE_MAX = 8_192


@dataclass
class Case:
    """One wrong request, its refusal, and how http_requests_total names that."""

    name: str
    message: bytes
    status: int
    expected: object  # the whole of `detail`, or for 422 [(type, loc)...]
    route: str = "/predict"
    method: str = "POST"
    allow: str | None = None
    ends: bool = False  # where the next request would begin is unknown: the connection is ended

    def fault(self, answer):
        detail = json.loads(answer.body)["detail"] if answer.body else None
        if isinstance(detail, list):
            detail = [(fault["type"], fault["loc"]) for fault in detail]
        if (answer.status, detail) != (self.status, self.expected):
            return f"got {answer.status} {answer.body[:200]}, expected {self.status}"
        if answer.headers.get("allow") != self.allow:
            return f"allows {answer.headers.get('allow')}, expected {self.allow}"
        return None


def broken_http():
    """What is not HTTP, or not the HTTP that is spoken here."""
    def case(name, head, status, detail, body=b"", **where):
        message = head.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n" + body
        return Case(name, message, status, detail, ends=True, **where)

    nothing = {"route": "other", "method": "other"}
    post = "POST /predict HTTP/1.1\nHost: a\n"
    yield case("no HTTP", "HELLO", 400, "the request is not HTTP: bad method", **nothing)
    yield case("no Host", "GET /health HTTP/1.1", 400,
               "the request has 0 Host fields, expected one", route="/health", method="GET")
    yield case("two Hosts", "GET /health HTTP/1.1\nHost: a\nHost: b", 400,
               "the request has 2 Host fields, expected one", route="/health", method="GET")
    yield case("no field", "GET /health HTTP/1.1\nHost : a", 400,
               "the request is not HTTP: bad field", route="/health", method="GET")
    yield case("NUL in a field", "GET /health HTTP/1.1\nHost: a\0b", 400,
               "the request is not HTTP: bad value", route="/health", method="GET")
    yield case("HTTP/3.0", "GET /health HTTP/3.0\nHost: a", 505,
               "the request is not of HTTP/1.0 or HTTP/1.1", **nothing)
    yield case("HTTP/2's preface", "PRI * HTTP/2.0", 505,
               "the request is not of HTTP/1.0 or HTTP/1.1", b"SM\r\n\r\n", **nothing)
    yield case("gzip as transfer coding", post + "Transfer-Encoding: gzip", 501,
               "Transfer-Encoding is 'gzip', expected chunked")
    yield case("another content coding", post + "Content-Encoding: br\nContent-Length: 3", 415,
               "Content-Encoding is 'br', expected one of gzip, deflate", b"abc")
    yield case("no gzip", post + "Content-Encoding: gzip\nContent-Length: 3", 400,
               "the body is no gzip stream: incorrect header check", b"abc")
    yield case("another Expect", post + "Expect: gold\nContent-Length: 3", 417,
               "Expect is 'gold', expected 100-continue")
    yield case("length and chunks", post + "Transfer-Encoding: chunked\nContent-Length: 5", 400,
               "the request is not HTTP: bad Content-Length", b"0\r\n\r\n")
    yield case("two lengths", post + "Content-Length: 5\nContent-Length: 6", 400,
               "the request is not HTTP: multiple Content-Length")
    yield case("negative length", post + "Content-Length: -5", 400,
               "the request is not HTTP: bad Content-Length")
    yield case("no chunk", post + "Transfer-Encoding: chunked", 400,
               "the request is not HTTP: bad chunk", b"xyz\r\n")


def too_large():
    """What is over a limit. The bytes beyond are really sent."""
    body = f"the body is over the limit of {BODY_SIZE_MAX} bytes"
    header = f"the request header is over the limit of {HEADER_SIZE_MAX} bytes"
    over = b"x" * (BODY_SIZE_MAX + 1)
    yield Case("large body", request("POST", "/predict", over), 413, body, ends=True)
    yield Case("large body, announced",
               request("POST", "/predict", headers=[f"Content-Length: {10 ** 12}"]), 413, body,
               ends=True)
    head = request("POST", "/predict", headers=["Transfer-Encoding: chunked"])
    yield Case("large chunk", head + b"%x\r\n" % len(over) + over, 413, body, ends=True)
    yield Case("large header", request("GET", "/health", headers=["X: " + "a" * HEADER_SIZE_MAX]),
               431, header, "/health", "GET", ends=True)
    yield Case("endless target", b"GET /" + b"a" * 2 * HEADER_SIZE_MAX, 431, header, "other",
               "other", ends=True)


def unknown():
    yield Case("unknown path", request("GET", "/nothing"), 404, "Not Found", "other", "GET")
    yield Case("GET /predict", request("GET", "/predict"), 405, "Method Not Allowed", "/predict",
               "GET", "POST")
    for method, counted in [("DELETE", "DELETE"), ("BREW", "other")]:
        yield Case(f"{method} /health", request(method, "/health"), 405, "Method Not Allowed",
                   "/health", counted, "GET, HEAD")
    yield Case("another type", request("POST", "/predict", b"{}", ["Content-Type: text/csv"]), 415,
               "Content-Type is 'text/csv', expected application/json")


def wrong_rows():
    """Bodies whose faults are told one by one."""
    many = [[1, 2, 3, 4]] * 2_000
    bodies = [
        (b"", [("missing", ["body"])]),
        (b"{", [("json_invalid", ["body", 1])]),
        (b'{"features":[1,2,3,NaN]}', [("json_invalid", ["body", 19])]),
        (b'{"features":' + b"[" * 10_000, [("json_invalid", ["body", 27])]),
        (b"\xff\xfe", [("json_invalid", ["body", 0])]),
        (b"[]", [("model_attributes_type", ["body"])]),
        (b"{}", [("missing", FEATURES)]),
        (b'{"features":5}', [("list_type", FEATURES)]),
        (b'{"features":[1,2,3,4],"x":1}', [("extra_forbidden", ["body", "x"])]),
        ([1, 2, 3], [("too_short", FEATURES)]),
        ([[1, 2, 3, 4], [1, 2, 3, 4, 5]], [("too_long", [*FEATURES, 1])]),
        ([1, "2", None, True], [("float_type", [*FEATURES, cell]) for cell in (1, 2, 3)]),
        ([1, 2, 3, 1e39], [("finite_number", [*FEATURES, 3])]),
        # Large enough for a worker.
        (many + [[1, 2, 3]], [("too_short", [*FEATURES, len(many)])]),
        ([[1, 2, 3, 4]] * 10_001, [("too_long", FEATURES)]),
    ]
    for body, faults in bodies:
        yield Case(f"wrong rows {str(body)[:40]}", predict_request(body), 422, faults)


CASES = [*broken_http(), *too_large(), *unknown(), *wrong_rows()]
HARMLESS_CASES = [case for case in CASES if not case.ends]


def tls_hello():
    """The first bytes of a client that believes that it speaks TLS."""
    out = ssl.MemoryBIO()
    try:
        ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), out,
                                              server_hostname="test").do_handshake()
    except ssl.SSLWantReadError:
        pass  # it waits for the server's part
    return out.read()


def no_letters(random):
    """Bytes that cannot begin a method, whatever follows."""
    return bytes([random.randrange(128, 256)]) + random.randbytes(random.randint(1, 3_000))


async def check_case(client, case):
    """Sends the case, and sees to its refusal and to what becomes of the connection."""
    connection = await client.connected()
    client.tally.sent += 1
    connection.begin_round()
    try:
        await connection.send(case.message)
        answer = await connection.receive(has_body=case.method != "HEAD")
    except ConnectionError:
        if not client.stage.may_have_ended(connection):
            raise
        client.drop()
        client.tally.elsewhere += 1
        return
    see_patience(answer)
    if fault := case.fault(answer):
        raise Fault(f"{case.name}: {fault}")
    client.stage.ledger.answered((case.method, case.route, case.status))
    if answer.closes() != case.ends and not client.stage.is_leaving:
        raise Fault(f"{case.name}: Connection is {answer.headers.get('connection')}")
    if answer.closes():
        if not await connection.is_at_end():
            raise Fault(f"{case.name}: the server goes on behind Connection: close")
        client.drop()
    client.tally.answered += 1


async def refused(client):
    await check_case(client, client.random.choice(CASES))


async def garbage(client):
    message = tls_hello() if client.random.random() < 0.3 else no_letters(client.random)
    await check_case(client, Case("garbage", message, 400, "the request is not HTTP: bad method",
                                  "other", "other", ends=True))


async def good_behind_bad(client):
    """A wrong request and a good one take turns on one connection."""
    await check_case(client, client.random.choice(HARMLESS_CASES))
    await converse(client, [client.stage.questions.one(client.random)])


def leave(client, connection):
    """Closes or resets."""
    if client.random.random() < 0.5:
        connection.close()
    else:
        connection.reset()


async def leave_request(client):
    """Leaves before the request is whole: nothing is to be answered or counted."""
    random = client.random
    message = random.choice([
        request("GET", "/health"), predict_request(ROW), predict_request([ROW] * 2_000),
        request("POST", "/predict", headers=["Transfer-Encoding: chunked"]) + b"5\r\n12345\r\n"])
    connection = await client.fresh()
    client.tally.sent += 1
    try:
        at_most = len(message) - 1
        await connection.send(message[:random.randint(0, at_most)])
        if random.random() < 0.3:
            connection.end_sending()
            if not await connection.is_at_end():
                raise TooLate("half a request has got an answer")
    finally:
        leave(client, connection)
    client.tally.answered += 1


async def leave_answers(client):
    """Leaves with most of the answers unread, or all."""
    count = 50
    client.stage.ledger.possible["GET", "/openapi.json", 200] += count
    connection = await client.fresh()
    client.tally.sent += 1
    try:
        await connection.send(request("GET", "/openapi.json") * count)
        if client.random.random() < 0.7:
            await connection.receive()
    finally:
        leave(client, connection)
    client.tally.answered += 1


async def leave_work(client):
    """Leaves while rows wait for a worker or are with one: the work is done, or stopped when the
    server sees that nobody waits for it. Then a batch of its own waits behind
    them, so that there is never more work abandoned than the queue has room for; this one is what
    the tally counts."""
    client.stage.ledger.possible[PREDICTED] += 1
    client.stage.ledger.possible[STOPPED] += 1
    connection = await client.fresh()
    try:
        await connection.send(predict_request([ROW] * ABANDONED_ROWS))
    finally:
        leave(client, connection)
    await converse(client, [client.stage.questions.batch(client.random, 1_000)])


KINDS = [
    Kind("refused", refused, 3),
    Kind("garbage and TLS", garbage, 2),
    Kind("good behind bad", good_behind_bad, 2),
    Kind("leaves a request", leave_request, 2),
    Kind("leaves its answers", leave_answers, 1),
    Kind("leaves its work", leave_work, 2),
]
