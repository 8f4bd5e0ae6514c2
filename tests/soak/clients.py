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

BODY_SIZE_MAX = 262_144

# The program looks at its clocks four times a second, and may be that late.
TICK_S = 0.25

# A client that has failed so often has seen what there is to see.
FAILURES_MAX = 5

# Bounds what a run does on a machine of any speed.
ROUNDS_PER_SECOND_MAX = 1_000


class Fault(Exception):
    """The program did not do what it promises."""


class TooLate(Exception):
    """The program has lost its patience with a client that should be quick. Its fault, unless the
    client had to stand still."""


class Elsewhere(Exception):
    """The program has closed its listener, as it may: who comes now goes to another server."""


@dataclass(frozen=True)
class Limits:
    """The program's patience, one for everything. Good clients nearly always have their requests
    in the kernel's buffers with one call; they are slow ones only where they stand still for about
    as long as this."""

    patience_s: float

    @property
    def drain_delay_s(self):
        return 0.75 * self.patience_s

    @property
    def last_clients_s(self):
        """How long clients come after the program was told to leave. A cluster stops sending them
        within the delay; far within it, so that none comes too late."""
        return 0.25 * self.patience_s

    @property
    def stillness_max_s(self):
        """How long clients may stand still and yet be good ones."""
        return 0.25 * self.patience_s

    @property
    def round_max_s(self):
        """More than any round takes."""
        return PATIENCE_S + 2 * self.patience_s

    def flags(self):
        """The program's flags for them."""
        names = ["--header-timeout", "--request-timeout", "--idle-timeout"]
        return [*(text for name in names for text in (name, f"{self.patience_s}s")),
                "--drain-delay", f"{self.drain_delay_s}s",
                "--drain-limit", f"{self.round_max_s}s"]


class Stage:
    """One stretch of load. Every client goes on until its time is over."""

    def __init__(self, port, limits, ledger, questions, seconds):
        self.port = port
        self.limits = limits
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
        self.ends_at = self.left_at + self.limits.last_clients_s

    def is_closed_at(self, when):
        """Whether the listener may be closed, and idle connections with it."""
        return self.is_leaving and when >= self.left_at + self.limits.drain_delay_s

    def may_have_ended(self, connection):
        """Whether the program may have ended this connection before it saw the present round of
        requests, since the client came too late with it, as on a busy machine. Half the patience,
        since the program's clock may lie behind."""
        begun_at = connection.begun_at or time.monotonic()
        is_late = begun_at - connection.rested_since >= self.limits.patience_s / 2
        return is_late or self.is_closed_at(begun_at)


@dataclass
class Kind:
    """A kind of client. play  one round of it."""

    name: str
    play: Callable
    count: int             # how many there are at a time
    is_slow: bool = False  # a round lasts as long as the program has patience


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
        takes_s = self.stage.limits.patience_s + TICK_S if self.kind.is_slow else 0
        for self.round in range(rounds_max):
            if self.round > 0 and not self.stage.has_time_for(takes_s):
                break
            if self.failures == FAILURES_MAX:
                break
            try:
                async with asyncio.timeout(self.stage.limits.round_max_s):
                    await self.kind.play(self)
            except Elsewhere:
                break
            except TimeoutError:
                self.fail(f"no end within {self.stage.limits.round_max_s} s")
            except (OSError, TooLate) as fault:
                self.fail(f"{type(fault).__name__}: {fault}")
            except Fault as fault:
                self.fail(str(fault), is_sure=True)
            await asyncio.sleep(0)  # the others' turn
        self.drop()

    def fail(self, text, is_sure=False):
        self.failures += 1
        self.tally.add_fault(text, is_sure)
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


def see_patience(answer):
    """Raises TooLate for what a client that is quick, on a machine that is, never gets."""
    if answer.status == 408 or answer.status == 503 and b" too long" in answer.body:
        raise TooLate(f"got {answer.status} {answer.body}")


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
        see_patience(answer)
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
