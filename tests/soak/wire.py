# SPDX-License-Identifier: MIT
"""One connection of one client, without a thread of its own."""

import asyncio
import socket
import struct
import time

from program import AnswerReader

# Ends a connection with a reset instead of in order.
NO_LINGER = struct.pack("ii", 1, 0)


class Connection:
    """A connected socket. Every wait ends with the caller's time-out."""

    def __init__(self, connected):
        self.socket = connected
        self.answers = AnswerReader()
        self.used_at = time.monotonic()  # when something was sent last
        # Of the present round of requests: when something was sent last before it, and when its
        # first bytes were surely on their way.
        self.rested_since = self.used_at
        self.begun_at = None

    @classmethod
    async def open(cls, port, ledger, receive_buffer_size=None):
        """Connects, and has the ledger count it."""
        fresh = socket.socket()
        try:
            fresh.setblocking(False)
            fresh.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if receive_buffer_size is not None:
                fresh.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_size)
            await asyncio.get_running_loop().sock_connect(fresh, ("127.0.0.1", port))
        except BaseException:
            fresh.close()
            raise
        ledger.connections += 1
        return cls(fresh)

    def begin_round(self):
        self.rested_since = self.used_at
        self.begun_at = None

    async def send(self, data):
        self.used_at = time.monotonic()
        await asyncio.get_running_loop().sock_sendall(self.socket, data)
        self.begun_at = self.begun_at or time.monotonic()

    async def receive(self, has_body=True):
        """The next answer; what follows it waits for the next call."""
        while (answer := self.answers.next(has_body)) is None:
            self.answers.feed(await asyncio.get_running_loop().sock_recv(self.socket, 65536))
        return answer

    async def is_at_end(self):
        """Whether the server has ended its side in order; waits for it."""
        if self.answers.buffer:
            return False
        return await asyncio.get_running_loop().sock_recv(self.socket, 1) == b""

    def end_sending(self):
        self.socket.shutdown(socket.SHUT_WR)

    def close(self):
        self.socket.close()

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        self.socket.close()
