# SPDX-License-Identifier: MIT
"""A network of our own, so that the machine's firewall rules do not weigh on what is measured.

Where containers run, connection tracking and packet filters see loopback traffic too: a fifth of a
bare server's CPU time, measured. A network namespace with nothing but loopback has neither.
"""

import ctypes
import fcntl
import os
import socket
import struct

CLONE_NEWNET = 0x40000000  # Linux, include/uapi/linux/sched.h
SIOCGIFFLAGS = 0x8913  # Linux, include/uapi/linux/sockios.h
SIOCSIFFLAGS = 0x8914
IFF_UP = 1
IFREQ = "16sh14x"  # struct ifreq: a name, and of its union the flags


def enter_own_network() -> str:
    """Moves this process, and what it starts from now on, into a network namespace with loopback
    alone. Returns what a report has to say about it: that it did, or why it could not."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        why = os.strerror(ctypes.get_errno())
        return f"the machine's loopback, with its packet filters (no namespace: {why})"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as anything:
        request = fcntl.ioctl(anything, SIOCGIFFLAGS, struct.pack(IFREQ, b"lo", 0))
        _, flags = struct.unpack(IFREQ, request)
        fcntl.ioctl(anything, SIOCSIFFLAGS, struct.pack(IFREQ, b"lo", flags | IFF_UP))
    return "loopback in a network namespace of its own, without packet filters"
