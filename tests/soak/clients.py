# SPDX-License-Identifier: MIT
"""What all clients share: the stage on which they act, and how a good one speaks."""

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass

from ledger import Tally
from program import PATIENCE_S
from wire import Connection

# The program's patience. Short, so that the slow are met within a brief run; long enough for the
# good, whose requests nearly always lie whole in the kernel's buffers after one call.
HEADER_TIMEOUT_S = 1
REQUEST_TIMEOUT_S = 2
IDLE_TIMEOUT_S = 2
DRAIN_DELAY_S = 1.5
BODY_SIZE_MAX = 262_144

# How long clients come after the program was told to leave. A cluster stops sending them within the
# delay; far within it, so that a client on a busy machine does not come too late.
LAST_CLIENTS_S = 0.5

# The program looks at its clocks four times a second, and may be that late.
TICK_S = 0.25

# A client that has failed so often has seen what there is to see.
FAILURES_MAX = 5

# Bounds what a run does on a machine of any speed.
ROUNDS_PER_SECOND_MAX = 1_000


class Fault(Exception):
    """The program did not do what it promises."""


class Elsewhere(Exception):
    """The program has closed its listener, as it may: who comes now goes to another server."""


class Stage:
    """One stretch of load. Every client goes on until its time is over."""

    def __init__(self, port, ledger, questions, seconds):
        self.port = port
        self.ledger = ledger
        self.questions = questions
        self.seconds = seconds
        self.ends_at = time.monotonic() + seconds
        self.left_at = None  # when the program was told to leave

    def has_time_for(self, seconds):
        return time.monotonic() + seconds < self.ends_at

    @property
    def is_leaving(self):
        return self.left_at is not None

    def leave(self):
        """Is called when SIGTERM is sent."""
        self.left_at = time.monotonic()
        self.ends_at = self.left_at + LAST_CLIENTS_S

    def is_closed_at(self, when):
        """Whether the listener may be closed, and idle connections with it."""
        return self.is_leaving and when >= self.left_at + DRAIN_DELAY_S

    def may_have_ended(self, connection):
        """Whether the program may have ended this connection before it saw the present round of
        requests, since the client came too late with it, as on a busy machine. Half the patience,
        since the program's clock may lie behind."""
        begun_at = connection.begun_at or time.monotonic()
        is_late = begun_at - connection.rested_since >= IDLE_TIMEOUT_S / 2
        return is_late or self.is_closed_at(begun_at)


@dataclass
class Kind:
    """A kind of client. play  one round of it."""

    name: str
    play: Callable
    count: int         # how many there are at a time
    takes_s: float = 0  # how long a round lasts, if not as long as the program needs


class Client:
    def __init__(self, stage, kind, seed):
        self.stage = stage
        self.kind = kind
        self.random = random.Random(seed)
        self.tally: Tally = stage.ledger.tally(kind.name)
        self.connection = None
        self.failures = 0
        self.round = 0

    async def play(self):
        """Plays round after round, at least one."""
        rounds_max = max(1, int(ROUNDS_PER_SECOND_MAX * self.stage.seconds))
        for self.round in range(rounds_max):
            if self.round > 0 and not self.stage.has_time_for(self.kind.takes_s):
                break
            if self.failures == FAILURES_MAX:
                break
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await self.kind.play(self)
            except Elsewhere:
                break
            except TimeoutError:
                self.fail(f"nothing happens for {PATIENCE_S} s")
            except (OSError, Fault) as fault:
                self.fail(f"{type(fault).__name__}: {fault}")
            await asyncio.sleep(0)  # the others' turn
        self.drop()

    def fail(self, text):
        self.failures += 1
        self.tally.add_fault(text)
        self.drop()

    async def connected(self):
        """The kept connection, or a new one."""
        if self.connection is None:
            self.connection = await self.fresh()
        return self.connection

    async def fresh(self, receive_buffer_size=None):
        try:
            return await Connection.open(self.stage.port, self.stage.ledger, receive_buffer_size)
        except ConnectionRefusedError as refusal:
            if not self.stage.is_closed_at(time.monotonic()):
                raise
            raise Elsewhere from refusal

    def drop(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


async def send_all(connection, requests):
    await connection.send(b"".join(request.message for request in requests))


async def converse(client, requests, send=send_all):
    """Has every request answered, in order, on one connection as long as the program keeps it.

    send  puts the bytes of the requests that are left on the connection, in its own way.
    """
    left = list(requests)
    client.tally.sent += len(left)
    while left:
        try:
            connection = await client.connected()
        except Elsewhere:
            client.tally.elsewhere += len(left)
            raise
        count = len(left)
        connection.begin_round()
        try:
            await send(connection, left)
            await take_answers(client, connection, left)
        except ConnectionError:
            if count > len(left) or not client.stage.may_have_ended(connection):
                raise
            client.drop()
        if left and client.stage.is_leaving and not client.stage.has_time_for(0):
            client.tally.elsewhere += len(left)
            return
        client.tally.again += len(left)


async def take_answers(client, connection, left):
    """Takes answered requests from `left`, until all are or the program ends the connection."""
    while left:
        request = left[0]
        answer = await connection.receive(request.has_body)
        if fault := request.fault(answer, client.stage.is_leaving):
            raise Fault(f"{request.method} {request.route}: {fault}")
        left.pop(0)
        client.tally.answered += 1
        client.stage.ledger.answered((request.method, request.route, answer.status), request.rows)
        if not answer.closes():
            continue
        if not (request.closes or client.stage.is_leaving):
            raise Fault(f"{request.method} {request.route}: ends a connection that was to be kept")
        if not await connection.is_at_end():
            raise Fault(f"{request.method} {request.route}: goes on behind Connection: close")
        client.drop()
        return
