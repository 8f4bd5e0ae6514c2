# SPDX-License-Identifier: MIT
"""A run of mixed good, bad and slow clients loses no good request, and no memory grows.

Usage: soak.py [SECONDS], of load; starting and leaving take a few more.

A third of the load is a warm-up. After either part all clients leave, and the program is looked at
while it is quiet; then comes load once more, in the midst of which the program is told to leave.
The slow clients sleep, since that is what they are for. Where good ones had to stand still as well,
because the machine had no time for them, a failed run says nothing; it is set aside for another one
in which the program has more patience.
"""

import asyncio
import subprocess
import sys
import time
from dataclasses import dataclass

import bad
import good
import slow
from clients import BODY_SIZE_MAX, Client, Limits, Stage
from ledger import PREDICTED, Ledger, name_of
from program import PATIENCE_S, Client as BlockingClient, parse_metrics, ready_program, request
from questions import Questions
from wire import Connection

SEED = 20_240_607
SECONDS = 4

# The program's patience in seconds, run by run, until one says something. A brief run can only meet
# short ones.
PATIENCES_S = (2, 8, 30)
BRIEF_SECONDS = 30

FLAGS = ("--threads", "2", "--max-body-bytes", str(BODY_SIZE_MAX), "--log-sample", "1000000")

# What is back where it was when all clients have left.
STEADY = ["http_connections", "process_open_fds", "process_threads"]

# malloc keeps what was given back until there is much of it, and how much that is follows the
# largest batch: the quiet program then has anything from 10 to 25 MiB. With the thresholds held
# low, RAM tells what the program still holds.
ENVIRONMENT = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}

# What the quiet program may have more in RAM at the end than after the warm-up. Not nothing, since
# blocks of many sizes leave holes: twenty-five looks at one program, three seconds of load apart,
# found 7.8 to 8.2 MiB and no trend, and this is five times as much. The bytes that each request
# would have to leak to be found are printed; they become fewer with the run's length.
GROWTH_BYTES_MAX = 2 * 1024 * 1024

# How often a wait looks again.
POLL_S = 0.02


class Verdict:
    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.is_sure = False  # something failed that no slowness of the machine explains
        self.lines = []

    def say(self, text):
        self.lines.append(text)

    def check(self, promise, faults, is_sure=True):
        """faults  what speaks against the promise, one text each."""
        faults = list(faults)
        self.is_sure |= bool(faults) and is_sure
        self.passed += not faults
        self.failed += bool(faults)
        self.say(f"{promise:88} {'FAILED' if faults else 'ok'}")
        for fault in faults:
            self.say(f"    {fault}")

    def check_equal(self, promise, got, expected, is_sure=True):
        self.check(promise, [] if got == expected else [f"got {got}, expected {expected}"], is_sure)

    def check_kinds(self, title, ledger):
        """The table of one ledger; each of its rows is a promise."""
        names = ["sent", "answered", "again", "elsewhere", "failed"]
        self.say(f"\n{title:32}" + "".join(f"{name:>11}" for name in names))
        for kind in [*good.KINDS, *bad.KINDS, *slow.KINDS]:
            tally = ledger.tally(kind.name)
            row = "".join(f"{getattr(tally, name):11}" for name in names)
            self.check(f"{kind.name:32}{row}", tally.faults(), tally.sure_fault_count > 0)


async def look(port, ledger):
    """The program's metrics. The look itself is counted, but stands not yet in what it sees."""
    connection = await Connection.open(port, ledger)
    try:
        async with asyncio.timeout(PATIENCE_S):
            await connection.send(request("GET", "/metrics"))
            return parse_metrics((await connection.receive()).body)
    finally:
        connection.close()


async def look_when_quiet(port, ledger, steady):
    """The metrics as soon as they have the values of `steady`, or what is there after
    PATIENCE_S."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        metrics = await look(port, ledger)
        is_quiet = all(metrics[name] == value for name, value in steady.items())
        if is_quiet or time.monotonic() > deadline:
            return metrics
        ledger.answered(("GET", "/metrics", 200))
        await asyncio.sleep(POLL_S)


def make_clients(stage, part):
    """All clients of a stage, each with its own, fixed, choices."""
    return [Client(stage, kind, f"{SEED} {part} {kind.name} {number}")
            for kind in [*good.KINDS, *bad.KINDS, *slow.KINDS] for number in range(kind.count)]


async def load(stage, part):
    feeling = asyncio.create_task(feel_pulse(stage.ledger))
    await asyncio.gather(*[client.play() for client in make_clients(stage, part)])
    feeling.cancel()


async def feel_pulse(ledger):
    """Notes how long the clients stood still at most: a machine that sleeps for longer than the
    program's patience makes slow clients out of good ones, and this tells it from a fault."""
    while True:
        before = time.monotonic()
        await asyncio.sleep(POLL_S)
        ledger.stillness_s = max(ledger.stillness_s, time.monotonic() - before - POLL_S)


@dataclass
class Looks:
    """What the program said of itself, and how long the load between was."""

    start: dict
    warm: dict
    end: dict
    warm_request_count: int
    seconds: float

    def grown(self):
        return {name: value - self.start.get(name, 0) for name, value in self.end.items()}

    def resident(self):
        """Bytes in RAM, at the start, warm and at the end."""
        return [metrics["process_resident_memory_bytes"]
                for metrics in (self.start, self.warm, self.end)]


async def soak(program, limits, questions, ledger, seconds):
    """The load up to the drain."""
    begin = time.monotonic()
    start = await look_when_quiet(program.port, Ledger(), {"http_connections": 1})  # this one
    ledger.answered(("GET", "/metrics", 200))  # that look
    steady = {name: start[name] for name in STEADY}
    await load(Stage(program.port, limits, ledger, questions, seconds / 3), "warm-up")
    warm = await look_when_quiet(program.port, ledger, steady)
    ledger.answered(("GET", "/metrics", 200))
    warm_request_count = ledger.request_count()
    await load(Stage(program.port, limits, ledger, questions, seconds * 2 / 3), "main")
    end = await look_when_quiet(program.port, ledger, steady)
    return Looks(start, warm, end, warm_request_count, time.monotonic() - begin)


async def drain(program, limits, questions, ledger):
    """Load again, and SIGTERM in its midst. Returns the exit status."""
    stage = Stage(program.port, limits, ledger, questions, limits.round_max_s)
    running = asyncio.create_task(load(stage, "drain"))
    while not running.done() and not all(ledger.tally(kind.name).answered for kind in good.KINDS):
        await asyncio.sleep(POLL_S)
    stage.leave()
    await asyncio.to_thread(program.terminate)
    await running
    return await asyncio.to_thread(program.exit_status)


def check_load(verdict, ledger, looks):
    verdict.check_kinds("under load", ledger)
    grown = looks.grown()
    verdict.say(f"\n{ledger.request_count()} requests on {ledger.connections} connections in "
                f"{looks.seconds:.1f} s, {ledger.rows} rows predicted; the clients stood still "
                f"for {ledger.stillness_s:.2f} s at most\n")
    # These three see what came too late, or was given up.
    verdict.check("http_requests_total is what came", ledger.request_disagreements(grown),
                  is_sure=False)
    verdict.check_equal("predictions_total is the rows that came", grown["predictions_total"],
                        ledger.expected_rows(grown), is_sure=False)
    verdict.check_equal("http_connections_accepted_total is the connections made",
                        grown["http_connections_accepted_total"], ledger.connections,
                        is_sure=False)
    verdict.check_equal("prediction_latency_seconds has each prediction",
                        grown["prediction_latency_seconds_count"], grown[name_of(PREDICTED)])
    for reason in ("connections", "worker_queue"):
        verdict.check_equal(f"the server was never full ({reason})",
                            grown[f'http_overload_total{{reason="{reason}"}}'], 0)
    for name in STEADY:
        verdict.check_equal(f"{name} is what it was at the start", looks.end[name],
                            looks.start[name])
    check_memory(verdict, ledger, looks)


def check_memory(verdict, ledger, looks):
    start, warm, end = looks.resident()
    mebibyte = 2 ** 20
    count = ledger.request_count() - looks.warm_request_count
    verdict.check(f"memory is {start / mebibyte:.1f} MiB at the start, {warm / mebibyte:.1f} warm, "
                  f"{end / mebibyte:.1f} at the end", []
                  if end - warm <= GROWTH_BYTES_MAX else
                  [f"it grows by {end - warm:.0f} bytes, expected at most {GROWTH_BYTES_MAX}"])
    verdict.say(f"    a leak would be found from {GROWTH_BYTES_MAX / max(1, count):.0f} bytes a "
                "request")


def check_drain(verdict, ledger, status, program):
    verdict.check_kinds("while the program leaves", ledger)
    verdict.say(f"\nthe clients stood still for {ledger.stillness_s:.2f} s at most\n")
    verdict.check_equal("the exit status is 0", status, 0)
    program.reader.join()
    verdict.check_equal("the log ends in peace", program.lines[-1]["message"],
                        "Stopped: all requests are answered")
    verdict.check("the log has no error", [str(line) for line in program.lines if is_error(line)])
    verdict.check_equal("nothing is on stderr", program.stderr(), "")


def is_error(line):
    """Whether the line tells of a fault of the program's own."""
    return line["level"] == "ERROR"


def is_worth_keeping(line):
    return "request_id" not in line or is_error(line)


def play(limits, seconds):
    """One whole run. Returns the verdict, and for how long the clients stood still."""
    verdict, loaded, drained = Verdict(), Ledger(), Ledger()
    with ready_program(*FLAGS, *limits.flags(), env=ENVIRONMENT, keeps=is_worth_keeping) as program:
        with BlockingClient(program.port) as client:
            questions = Questions(client.exchange)
        try:
            looks = asyncio.run(soak(program, limits, questions, loaded, seconds))
            check_load(verdict, loaded, looks)
            status = asyncio.run(drain(program, limits, questions, drained))
            check_drain(verdict, drained, status, program)
        except (OSError, TimeoutError, subprocess.TimeoutExpired) as fault:
            verdict.check_kinds("until the program's end", drained if drained.tallies else loaded)
            verdict.check("the program goes on until it is told to leave",
                          [f"{type(fault).__name__}: {fault}",
                           f"exit status {program.process.poll()}", program.stderr()],
                          is_sure=program.process.poll() is not None)
    return verdict, max(loaded.stillness_s, drained.stillness_s)


def main():
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    patiences_s = PATIENCES_S if seconds < BRIEF_SECONDS else PATIENCES_S[1:]
    print(f"seed {SEED}, {seconds:g} s of load", flush=True)
    for patience_s in patiences_s:
        limits = Limits(patience_s)
        verdict, stillness_s = play(limits, seconds)
        if not verdict.failed or verdict.is_sure or stillness_s <= limits.stillness_max_s:
            break
        print(f"set aside: the clients stood still for {stillness_s:.2f} s while the program had "
              f"{patience_s} s of patience", flush=True)
    print("\n".join(verdict.lines))
    print(f"{verdict.passed} passed, {verdict.failed} failed")
    return 1 if verdict.failed else 0


if __name__ == "__main__":
    sys.exit(main())
