# SPDX-License-Identifier: MIT
"""Clients that take their time, up to never: each is ended when its limit is over, and holds up
nobody."""

import asyncio

from clients import BODY_SIZE_MAX, Fault, Kind
from program import request

# A byte comes so often: far too seldom to be done in time.
DRIP_S = 0.05

# The smallest that the system grants: the answers stop where they are.
SMALL_BUFFER_SIZE = 4_096


async def drip(connection, piece):
    while True:
        await connection.send(piece)
        await asyncio.sleep(DRIP_S)


async def expect_too_slow(client, start, piece, key, detail):
    """Sends `start`, then `piece` again and again until the server has had enough.

    key  the method and the route as far as the server has come to know them.
    """
    connection = await client.fresh()
    client.tally.sent += 1
    dripping = None
    try:
        await connection.send(start)
        dripping = asyncio.create_task(drip(connection, piece))
        answer = await connection.receive()
        if (answer.status, answer.json()) != (408, {"detail": detail}) or not answer.closes():
            raise Fault(f"got {answer.status} {answer.body[:200]}, expected 408 and the end")
        client.stage.ledger.answered((*key, 408))
        if not await connection.is_at_end():
            raise Fault("the server goes on behind Connection: close")
    finally:
        if dripping is not None:
            dripping.cancel()
            await asyncio.gather(dripping, return_exceptions=True)
        connection.close()
    client.tally.answered += 1


async def slow_header(client):
    start, key = client.random.choice([
        (b"GET /", ("other", "other")),
        (b"GET /health HTTP/1.1\r\nHost: a\r\nX-Slow: ", ("GET", "/health"))])
    await expect_too_slow(client, start, b"a", key, "the request header came too slowly")


async def slow_body(client):
    """Of a length that counts against the memory for large bodies, of one that does not, or in
    chunks."""
    fields, piece = client.random.choice([
        (f"Content-Length: {BODY_SIZE_MAX}", b" "), ("Content-Length: 1000", b" "),
        ("Transfer-Encoding: chunked", b"1\r\n \r\n")])
    await expect_too_slow(client, request("POST", "/predict", headers=[fields]), piece,
                          ("POST", "/predict"), "the request body came too slowly")


async def idle(client):
    """Holds a connection, on which nothing was asked or all is answered."""
    connection = await client.fresh()
    client.tally.sent += 1
    try:
        if client.random.random() < 0.5:
            await connection.send(request("GET", "/health"))
            answer = await connection.receive()
            client.stage.ledger.answered(("GET", "/health", answer.status))
            if answer.status != 200:
                raise Fault(f"got {answer.status} {answer.body[:200]}")
        if not await connection.is_at_end():
            raise Fault("the server says something that nobody has asked for")
    finally:
        connection.close()
    client.tally.answered += 1


async def deaf(client):
    """Asks and asks and reads nothing, until the server ends the connection. What the server does
    not read in turn piles up until nothing more can be sent, so there the end is noticed."""
    count = 1_000
    connection = await client.fresh(SMALL_BUFFER_SIZE)
    client.tally.sent += 1
    try:
        while True:
            client.stage.ledger.possible["GET", "/openapi.json", 200] += count
            await connection.send(request("GET", "/openapi.json") * count)
    except ConnectionError:
        client.tally.answered += 1
    finally:
        connection.close()


KINDS = [
    Kind("slow header", slow_header, 8, is_slow=True),
    Kind("slow body", slow_body, 8, is_slow=True),
    Kind("idle", idle, 8, is_slow=True),
    Kind("deaf", deaf, 4, is_slow=True),
]
