# SPDX-License-Identifier: MIT
"""Python's side of c_calls.c."""

import ctypes
import subprocess
from pathlib import Path

import numpy


class Rows(ctypes.Structure):
    _fields_ = [
        ("values", ctypes.c_void_p),
        ("row_count", ctypes.c_size_t),
        ("row_bytes", ctypes.c_size_t),
        ("out", ctypes.c_void_p),
        ("out_bytes", ctypes.c_size_t),
    ]


class CCaller:
    """name   of the function in c_calls.c
    first  its arguments before the rows: functions and handles as ctypes has them
    rows   the type that the peer takes; `answers` gets [row_count, outputs] of out_type"""

    def __init__(self, folder: Path, name: str, first: list, rows, outputs: int, out_type="f8"):
        library = folder / "c_calls.so"
        if not library.exists():
            source = Path(__file__).with_suffix("").parent / "c_calls.c"
            subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", library, source], check=True)
        self._function = getattr(ctypes.CDLL(str(library)), name)
        self._function.restype = ctypes.c_size_t
        self._first = first
        self._rows = rows
        self._out = numpy.zeros((len(rows), outputs), out_type)
        out = self._out
        self._shape = Rows(
            rows.ctypes.data, len(rows), rows.strides[0], out.ctypes.data, out.strides[0]
        )

    def calls(self, batch: int):
        at = 0

        def run(calls: int) -> None:
            nonlocal at
            at = self._run(batch, at, calls)

        return run

    def answers(self):
        self._run(len(self._rows), 0, 1)
        return self._out

    def _run(self, batch: int, at: int, calls: int) -> int:
        numbers = (ctypes.c_size_t(batch), ctypes.c_size_t(at), ctypes.c_size_t(calls))
        return self._function(*self._first, ctypes.byref(self._shape), *numbers)


def pointer_to(function) -> ctypes.c_void_p:
    return ctypes.cast(function, ctypes.c_void_p)
