# SPDX-License-Identifier: MIT
"""Turns the records of a run into a markdown report: facts, bars, ratios, and every table."""

import operator
from dataclasses import dataclass
from statistics import median
from typing import Callable

OURS, CONSTANT, BARE = "ml-inference", "constant_server", "bare_epoll"
SKLEARN, ONNXRUNTIME = "fastapi_sklearn", "fastapi_onnxruntime"
CLOSED = {"one_cpu": "1 CPU", "half_cpu": "0.5 CPU", "tenth_cpu": "0.1 CPU"}
MEBIBYTE = 1 << 20
OTHERS_SHARE_MAX = 0.03  # an idle cluster or a desktop stays below; a compiler does not


class Records:
    """What was measured: one record for each life of a server, successful or not."""

    def __init__(self, records: list[dict]) -> None:
        self.records = records

    def values(self, workload: str, target: str, value: Callable[[dict], object]) -> list:
        found = (
            value(record["result"])
            for record in self.records
            if (record["workload"], record["target"]) == (workload, target) and "result" in record
        )
        return [number for number in found if number is not None]

    def steps(self, workload: str, target: str, step: str, value: Callable[[dict], object]) -> list:
        return self.values(
            workload,
            target,
            lambda result: value(result["steps"][step]) if step in result["steps"] else None,
        )


HOLDS = {"≤": operator.le, "<": operator.lt, "≥": operator.ge}


@dataclass
class Bar:
    """One promise: what, the bound in the unit, and what it came to (None: not measured)."""

    what: str
    sign: str
    bound: float
    unit: str
    value: float | None

    def verdict(self) -> str:
        if self.value is None:
            return "not measured"
        return "pass" if HOLDS[self.sign](self.value, self.bound) else "**FAIL**"

    def row(self) -> list[str]:
        limit = f"{self.sign} {self.bound:g} {self.unit}".strip()
        return [self.what, limit, text(self.value, self.unit), self.verdict()]


def text(number: float | None, unit: str = "") -> str:
    """In three digits: the spread seldom allows more."""
    if number is None:
        return "–"
    if abs(number) >= 1000:
        shown = f"{number:,.0f}".replace(",", " ")
    else:
        shown = f"{number:.3g}"
    return f"{shown} {unit}".strip()


def spread(values: list[float], unit: str = "") -> str:
    """Median (least – greatest)."""
    if not values:
        return "–"
    if len(values) == 1:
        return text(values[0], unit)
    return f"{text(median(values), unit)} ({text(min(values))} – {text(max(values))})"


def middle(values: list[float]) -> float | None:
    return median(values) if values else None


def ratio(a: float | None, b: float | None) -> float | None:
    return a / b if a and b else None


def per_second(records: Records, workload: str, target: str, step: str = "closed-64"):
    return middle(records.steps(workload, target, step, lambda measured: measured["per_second"]))


def cpu_us(records: Records, target: str):
    return middle(
        records.steps("one_cpu", target, "closed-64", lambda step: step["cpu_us_per_request"])
    )


def bars(records: Records) -> list[Bar]:
    def first_answer(workload):
        return middle(records.values(workload, OURS, lambda result: result["first_answer_ms"]))

    def throughput_to(target):
        ours = per_second(records, "one_cpu", OURS)
        return ratio(ours, per_second(records, "one_cpu", target))

    def cpu_to(target):
        return ratio(cpu_us(records, OURS), cpu_us(records, target))

    def open_loop(value):
        return records.steps("tenth_cpu", OURS, "open-50", value)

    missed = open_loop(not_answered)
    p99_ms = open_loop(lambda step: step["latency_us"]["p99"] / 1000)
    return [
        Bar("first answer, all CPUs", "≤", 20, "ms", first_answer("start")),
        Bar("first answer, 0.1 CPU", "≤", 200, "ms", first_answer("tenth_cpu")),
        Bar("memory after a million predictions", "<", 16, "MiB", memory_after_a_million(records)),
        Bar("CPU a request, to its server room alone", "≤", 1.3, "×", cpu_to(CONSTANT)),
        Bar("CPU a request, to a bare epoll loop", "≤", 1.6, "×", cpu_to(BARE)),
        Bar("throughput, to FastAPI + scikit-learn", "≥", 400, "×", throughput_to(SKLEARN)),
        Bar("throughput, to FastAPI + onnxruntime", "≥", 15, "×", throughput_to(ONNXRUNTIME)),
        Bar("0.1 CPU, 50 requests/s: not answered", "≤", 0, "", sum(missed) if missed else None),
        Bar("0.1 CPU, 50 requests/s: p99", "<", 20, "ms", middle(p99_ms)),
    ]


def memory_after_a_million(records: Records) -> float | None:
    """In MiB; nothing when fewer were answered."""
    answered = records.steps("million", OURS, "million", lambda step: step["answered"])
    memory = records.values("million", OURS, lambda result: result["resident_end_bytes"] / MEBIBYTE)
    return max(memory) if answered and min(answered) >= 1_000_000 else None


def not_answered(step: dict) -> int:
    return step["refused"] + step["lost"] + step["unanswered"]


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


def bars_table(records: Records) -> str:
    return table(["what", "bar", "measured", ""], [bar.row() for bar in bars(records)])


def ratios_table(records: Records, targets: list[str]) -> str:
    """ml-inference beside each other server: throughput, and CPU time a request."""
    steps = [(workload, step) for workload in CLOSED for step in ("closed-1", "closed-64")]
    head = ["ml-inference to"]
    head += [f"requests/s, {CLOSED[w]}, {s.removeprefix('closed-')} conn." for w, s in steps]
    head += ["CPU a request"]
    rows = []
    for target in targets:
        if target == OURS:
            continue
        cells = [
            ratio(per_second(records, w, OURS, step), per_second(records, w, target, step))
            for w, step in steps
        ]
        cells.append(ratio(cpu_us(records, OURS), cpu_us(records, target)))
        rows.append([target, *(text(cell, "×") if cell else "–" for cell in cells)])
    return table(head, rows)


def start_table(records: Records, targets: list[str]) -> str:
    rows = []
    for target in targets:
        starts = [
            spread(records.values(workload, target, lambda result: result["first_answer_ms"]))
            for workload in ("start", "half_cpu", "tenth_cpu")
        ]
        before = records.values("start", target, lambda r: r["resident_start_bytes"] / MEBIBYTE)
        after = records.values("million", target, lambda r: r["resident_end_bytes"] / MEBIBYTE)
        count = records.steps("million", target, "million", lambda step: step["answered"])
        requests = text(float(count[0])) if count else "–"
        rows.append([target, *starts, spread(before), spread(after), requests])
    head = ["server", "all CPUs, ms", "0.5 CPU, ms", "0.1 CPU, ms"]
    head += ["memory at start, MiB", "memory after requests, MiB", "requests"]
    return table(head, rows)


def closed_table(records: Records, workload: str, targets: list[str]) -> str:
    rows = []
    for connections in (1, 8, 64):
        for target in targets:

            def of(value, target=target, connections=connections):
                return records.steps(workload, target, f"closed-{connections}", value)

            rates = of(lambda step: step["per_second"])
            if rates:
                bad = sum(of(not_answered))
                rows.append(
                    [
                        str(connections),
                        target,
                        spread(rates),
                        spread(of(lambda step: step["cpu_us_per_request"])),
                        text(middle(of(lambda step: step["latency_us"]["p50"] / 1000))),
                        spread(of(lambda step: step["latency_us"]["p99"] / 1000)),
                        f"{100 * middle(of(lambda step: step['server_busy'])):.0f} %",
                        str(bad),
                    ]
                )
    head = ["conn.", "server", "requests/s", "CPU a request, µs", "p50, ms", "p99, ms"]
    return table([*head, "server's CPU", "not answered"], rows)


def open_table(records: Records, targets: list[str]) -> str:
    rows = []
    for target in targets:

        def of(value, target=target):
            return records.steps("tenth_cpu", target, "open-50", value)

        asked = sum(of(lambda step: step["answered"] + not_answered(step)))
        if asked:
            answered = sum(of(lambda step: step["answered"]))
            throttled = sum(of(lambda step: step["throttling"]["throttled_periods"]))
            periods = sum(of(lambda step: step["throttling"]["periods"]))
            rows.append(
                [
                    target,
                    f"{answered} of {asked} ({100 * answered / asked:.0f} %)",
                    text(middle(of(lambda step: step["latency_us"]["p50"] / 1000))),
                    spread(of(lambda step: step["latency_us"]["p99"] / 1000)),
                    text(max(of(lambda step: step["latency_us"]["max"] / 1000))),
                    spread(of(lambda step: step["cpu_us_per_request"])),
                    f"{throttled} of {periods}",
                ]
            )
    head = ["server", "answered", "p50, ms", "p99, ms", "longest, ms", "CPU a request, µs"]
    return table([*head, "throttled periods"], rows)


def shares_of_others(records: Records) -> list[float]:
    """How much of the machine other programs used, in each step."""
    return [
        step["others_busy"]
        for record in records.records
        for step in record.get("result", {}).get("steps", {}).values()
    ]


def was_quiet(records: Records) -> bool:
    """Whether the numbers are about the servers rather than about what else ran."""
    shares = shares_of_others(records)
    return bool(shares) and median(shares) <= OTHERS_SHARE_MAX


def disturbance(records: Records) -> str:
    shares = shares_of_others(records)
    if not shares:
        return "nothing was measured"
    said = f"median {100 * median(shares):.1f} %, at most {100 * max(shares):.1f} % of the machine"
    return said + ("" if was_quiet(records) else " — **the machine was not quiet**")


def failures(records: Records) -> str:
    lines = [
        f"- {record['workload']}, {record['target']}: {record['failure']}"
        for record in records.records
        if "failure" in record
    ]
    return "\n".join(sorted(set(lines)))


def report(run: dict) -> str:
    """run: facts, command, quick, seconds, network, versions, targets (name to title),
    server_cpu, load_cpu, records. See bench/run."""
    records, targets, facts = Records(run["records"]), list(run["targets"]), run["facts"]
    lines = ["# Benchmark: ml-inference beside its peers", ""]
    if run["quick"]:
        lines += ["A quick run: few repetitions, short. Not to be quoted.", ""]
    lines += [
        f"- Made by `{run['command']}` in {run['seconds'] / 60:.1f} minutes, {facts['date']}, "
        f"commit {facts['commit']}.",
        f"- Machine: {facts['cpu']}, {facts['cpu_count']} CPUs, "
        f"{facts['memory_bytes'] / (1 << 30):.0f} GiB, {facts['kernel']}, {facts['system']}, "
        f"{facts['compiler']}.",
        f"- Network: {run['network']}.",
        f"- Server pinned to CPU {run['server_cpu']}, load to CPU {run['load_cpu']}, except in the "
        "start on all CPUs. Median (least – greatest) of the repetitions, which take turns.",
        f"- Other programs while measuring: {disturbance(records)}.",
    ]
    for name, title in run["targets"].items():
        versions = run["versions"][name]
        lines.append(f"- {name}: {title}{f' ({versions})' if versions else ''}.")
    lines += ["", "How to read it, and what is fair and what is not: bench/README.md.", ""]
    if failed := failures(records):
        lines += ["## Not measured", "", failed, ""]
    lines += ["## The bars", "", bars_table(records), ""]
    lines += ["## Ratios", "", ratios_table(records, targets), ""]
    lines += ["## Start to first answer, and memory", "", start_table(records, targets), ""]
    for workload, title in CLOSED.items():
        lines += [f"## {title}", "", closed_table(records, workload, targets), ""]
    lines += ["## 0.1 CPU, 50 requests a second, open loop", "", open_table(records, targets), ""]
    return "\n".join(lines)
