# SPDX-License-Identifier: MIT
"""Clients that do nothing wrong: each of their requests must get its answer."""

import asyncio

from clients import Fault, Kind, converse, see_patience
from questions import Request

PATHS = ["/", "/health", "/ready", "/metrics", "/openapi.json"]

# Rows of a batch that an event loop leaves to a worker, as its body is over 16 KiB, up to the most
# of one request.
WORKER_ROWS = (1_000, 3_000)
ROWS_MAX = 10_000

# The pause of a client that takes its time, and is still far from any limit.
PAUSE_S = 0.05


async def kept(client):
    """One connection for all requests."""
    await converse(client, [client.stage.questions.any_small(client.random)])


async def fresh(client):
    """A connection for each request; either side ends it."""
    closes = client.random.random() < 0.5
    await converse(client, [client.stage.questions.any_small(client.random, closes=closes)])
    client.drop()


async def old(client):
    """HTTP/1.0, where the server ends the connection unless it is asked not to."""
    request = client.stage.questions.one(client.random)
    request.message = request.message.replace(b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", 1)
    request.closes = True
    await converse(client, [request])


async def ahead(client):
    """Several requests without waiting for answers, with work for a worker among them."""
    questions, random = client.stage.questions, client.random
    requests = [questions.any_small(random) if random.random() < 0.7
                else questions.look(random.choice(["GET", "HEAD"]), random.choice(PATHS))
                for _ in range(random.randint(2, 16))]
    if random.random() < 0.3:
        requests[random.randrange(len(requests))] = questions.batch(random, WORKER_ROWS[0])
    await converse(client, requests)


def in_chunks(random, trailer=b""):
    """Encodes a body as chunks of any size, some with an extension."""
    def encode(body):
        chunks = []
        while body:
            size = random.randint(1, max(1, len(body) // 2))
            extension = random.choice([b"", b";a=b"])
            chunks.append(b"%x%s\r\n%s\r\n" % (size, extension, body[:size]))
            body = body[size:]
        return ["Transfer-Encoding: chunked"], b"".join(chunks) + b"0\r\n" + trailer + b"\r\n"
    return encode


async def chunked(client):
    random = client.random
    encode = in_chunks(random, random.choice([b"", b"X-Trailer: a\r\n"]))
    if random.random() < 0.1:
        request = client.stage.questions.batch(random, WORKER_ROWS[0], encode=encode)
    else:
        request = client.stage.questions.any_small(random, encode=encode)
    await converse(client, [request])


async def batch(client):
    """Rows for a worker: as many as one request may have at first, so that the warm-up has seen
    the most memory, and now and then later."""
    random = client.random
    is_full = client.round == 0 or random.random() < 0.05
    rows = ROWS_MAX if is_full else random.randint(*WORKER_ROWS)
    await converse(client, [client.stage.questions.batch(random, rows)])


async def send_when_asked(connection, requests):
    """The head alone, and the body once the server asks for it."""
    head, end, body = requests[0].message.partition(b"\r\n\r\n")
    await connection.send(head + end)
    answer = await connection.receive()
    see_patience(answer)
    if answer.status != 100:
        raise Fault(f"Expect: 100-continue got {answer.status} {answer.body[:200]}")
    await connection.send(body)


async def expect(client):
    random, questions = client.random, client.stage.questions
    headers = ["Expect: 100-continue"]
    if random.random() < 0.1:
        request = questions.batch(random, WORKER_ROWS[0], headers=headers)
    else:
        request = questions.any_small(random, headers=headers)
    await converse(client, [request], send_when_asked)


async def send_in_pieces(connection, requests):
    """A few bytes at a time, so that the server sees every kind of cut."""
    message = requests[0].message
    for begin in range(0, len(message), 7):
        await connection.send(message[begin:begin + 7])


async def pieces(client):
    await converse(client, [client.stage.questions.one(client.random)], send_in_pieces)


async def send_leisurely(connection, requests):
    """Half of the body after a pause."""
    message = requests[0].message
    middle = (message.index(b"\r\n\r\n") + len(message)) // 2
    await connection.send(message[:middle])
    await asyncio.sleep(PAUSE_S)
    await connection.send(message[middle:])


async def leisurely(client):
    await converse(client, [client.stage.questions.one(client.random)], send_leisurely)


async def send_and_end(connection, requests):
    await connection.send(requests[0].message)
    connection.end_sending()


async def half_closed(client):
    """Ends its own side behind the request, and waits for the answer and the server's end."""
    await converse(client, [client.stage.questions.any_small(client.random)], send_and_end)
    connection, client.connection = client.connection, None
    if connection is None:
        return  # the program has left
    try:
        if not await connection.is_at_end():
            raise Fault("the server goes on behind its last answer")
    finally:
        connection.close()


async def probe(client):
    """What a cluster asks: a new connection, a look, and away."""
    random = client.random
    request: Request = client.stage.questions.look(
        random.choice(["GET", "HEAD"]), random.choice(PATHS), closes=random.random() < 0.5)
    await converse(client, [request])
    client.drop()


KINDS = [
    Kind("kept-alive", kept, 4),
    Kind("new connection each", fresh, 2),
    Kind("HTTP/1.0", old, 1),
    Kind("sent ahead", ahead, 2),
    Kind("chunked", chunked, 2),
    Kind("batch for a worker", batch, 2),
    Kind("100-continue", expect, 2),
    Kind("in pieces", pieces, 1),
    Kind("leisurely body", leisurely, 2),
    Kind("half-closed", half_closed, 1),
    Kind("probe", probe, 2),
]
