# SPDX-License-Identifier: MIT
"""Turns the records of a run of bench/engines into a markdown report."""

from statistics import median

from engines.plan import BARS, MODELS, OURS, OURS_BY_TARGET, PEERS, ours_with_the_forest_of
from harness.report import OTHERS_SHARE_MAX, Bar, ratio, spread, table, text

OURS_NAMES = (*OURS_BY_TARGET.values(), *map(ours_with_the_forest_of, PEERS))
AVX2 = OURS_BY_TARGET["avx2"]
LOAD_MODEL = "forest54"  # the one whose loading has a bar
SAME_SPEED = 1.05  # no slower: within what a median moves from run to run


class Records:
    """See measure.Run: a model, a participant, and one of facts, measured, counted, failure."""

    def __init__(self, records: list[dict]) -> None:
        self.records = records

    def of(self, model: str, kind: str) -> list[tuple[str, dict]]:
        """(participant, what it said), in the order of the run."""
        return [
            (record["participant"], record[kind])
            for record in self.records
            if record["model"] == model and kind in record
        ]

    def models(self) -> list[str]:
        present = {record["model"] for record in self.records}
        return [name for name in MODELS if name in present]

    def batches(self) -> list[int]:
        found = {record["measured"]["batch"] for record in self.records if "measured" in record}
        return sorted(found)

    def facts(self, model: str) -> dict[str, dict]:
        return dict(self.of(model, "facts"))

    def doors(self, model: str) -> list[tuple[str, str]]:
        """(participant, entry): a line of a table each."""
        pairs = ((name, measured["entry"]) for name, measured in self.of(model, "measured"))
        return list(dict.fromkeys(pairs))

    def ns(self, model: str, participant: str, entry: str, batch: int) -> list[float]:
        return [
            measured["ns_per_row"]
            for name, measured in self.of(model, "measured")
            if (name, measured["entry"], measured["batch"]) == (participant, entry, batch)
        ]

    def fastest(self, model: str, batch: int, names) -> tuple[float, str] | None:
        """(median ns, who) of those participants whose name `names` accepts."""
        found = [
            (median(values), title(name, entry))
            for name, entry in self.doors(model)
            if names(name) and (values := self.ns(model, name, entry, batch))
        ]
        return min(found, default=None)


def title(participant: str, entry: str) -> str:
    if participant not in OURS_NAMES:
        return participant
    return f"{participant}, {'float32 rows' if entry == 'float32' else 'as served'}"


def is_peer(name: str) -> bool:
    return name not in OURS_NAMES


def ratio_to_peers(records: Records, model: str, batch: int, ours: str = OURS) -> float | None:
    """How many times as fast as the fastest peer; None where one of the two was not measured."""
    mine = records.fastest(model, batch, lambda name: name == ours)
    theirs = records.fastest(model, batch, is_peer)
    return ratio(theirs[0], mine[0]) if mine and theirs else None


def bars(records: Records) -> list[Bar]:
    found = []
    for (model, batch), bound in BARS.items():
        value = ratio_to_peers(records, model, batch)
        found.append(Bar(f"{model}, batch {batch}: to its fastest peer", "≥", bound, "×", value))
    for (model, batch), bound in BARS.items():
        value = ratio_to_peers(records, model, batch, AVX2)
        found.append(Bar(f"{model}, batch {batch}, AVX2 alone", "≥", bound / 2, "×", value))
    for model in MODELS:
        value = batch_64_to_1(records, model)
        what = f"{model}, batch 64: time a row to batch 1's"
        found.append(Bar(what, "≤", SAME_SPEED, "×", value))
    what = f"{LOAD_MODEL}: load to first answer, to reading the file twice"
    found.append(Bar(what, "≤", 1, "×", load_to_reading_twice(records)))
    return found


def batch_64_to_1(records: Records, model: str) -> float | None:
    """The worse of our entries, since each is promised."""
    ratios = [
        median(many) / median(one)
        for name, entry in records.doors(model)
        if name == OURS
        and (one := records.ns(model, name, entry, 1))
        and (many := records.ns(model, name, entry, 64))
    ]
    return max(ratios, default=None)


def load_to_reading_twice(records: Records) -> float | None:
    ours = records.facts(LOAD_MODEL).get(OURS)
    return ratio(ours["first_answer_seconds"], 2 * ours["read_seconds"]) if ours else None


def cells_table(records: Records) -> str:
    rows = []
    for model in records.models():
        for batch in records.batches():
            mine = records.fastest(model, batch, lambda name: name == OURS)
            theirs = records.fastest(model, batch, is_peer)
            rows.append([
                MODELS[model].title,
                str(batch),
                *(_cell(found) for found in (mine, theirs)),
                text(ratio_to_peers(records, model, batch), "×"),
                text(BARS.get((model, batch)), "×"),
            ])
    head = ["model", "batch", "ours, ns a row", "fastest peer, ns a row", "ratio", "bar"]
    return table(head, rows)


def _cell(found: tuple[float, str] | None) -> str:
    return f"{text(found[0])} ({found[1].removeprefix(OURS + ', ')})" if found else "–"


def model_table(records: Records, model: str) -> str:
    facts = records.facts(model)
    rows = []
    for name, entry in records.doors(model):
        cells = [_times(records, model, name, entry, batch) for batch in records.batches()]
        rows.append([title(name, entry), *cells, _difference(facts[name]), _remark(facts[name])])
    head = ["", *(f"batch {batch}, ns a row" for batch in records.batches())]
    return table([*head, "largest difference", ""], rows)


def _times(records: Records, model: str, name: str, entry: str, batch: int) -> str:
    """With the instructions that callgrind has counted, for ours."""
    counts = [
        f"; {text(counted['per_row'])} instructions"
        for _, counted in records.of(model, "counted")
        if (name, entry, batch) == (OURS, counted["entry"], counted["batch"])
    ]
    return spread(records.ns(model, name, entry, batch)) + "".join(counts)


def _difference(facts: dict) -> str:
    difference = facts.get("difference")
    return "another forest" if difference is None else f"{difference:.2g}"


def _remark(facts: dict) -> str:
    if "compile_seconds" in facts:
        return f"compiled in {facts['compile_seconds']} s"
    if "own_forest_nodes" in facts:
        return f"{text(float(facts['own_forest_nodes']))} nodes"
    if "engine" in facts:
        nodes = f"{text(float(facts['nodes']))} nodes, " if facts.get("difference") is None else ""
        return f"{nodes}engine {facts['engine']}, {facts['memory_bytes'] / (1 << 20):.3g} MiB"
    return ""


def shares_of_others(records: list[dict]) -> list[float]:
    return [record["measured"]["others_busy"] for record in records if "measured" in record]


def was_quiet(records: list[dict]) -> bool:
    shares = shares_of_others(records)
    return bool(shares) and median(shares) <= OTHERS_SHARE_MAX


def disturbance(records: list[dict]) -> str:
    shares = shares_of_others(records)
    if not shares:
        return "nothing was measured"
    said = f"median {100 * median(shares):.1f} %, at most {100 * max(shares):.1f} % of the machine"
    return said + ("" if was_quiet(records) else " — **the machine was not quiet**")


def failures(records: Records) -> str:
    lines = [
        f"- {model}, {name}: {failure}"
        for model in records.models()
        for name, failure in records.of(model, "failure")
    ]
    return "\n".join(lines)


def head(run: dict) -> list[str]:
    facts = run["facts"]
    lines = ["# Benchmark: engines beside other people's, one thread", ""]
    if run["quick"]:
        lines += ["A quick run: few repetitions, short. Not to be quoted.", ""]
    return lines + [
        f"- Made by `{run['command']}` in {run['seconds'] / 60:.1f} minutes, {facts['date']}, "
        f"commit {facts['commit']}.",
        f"- Machine: {facts['cpu']}, {facts['cpu_count']} CPUs, "
        f"{facts['memory_bytes'] / (1 << 30):.0f} GiB, {facts['kernel']}, {facts['system']}, "
        f"{facts['compiler']}.",
        f"- SIMD: {facts['simd']}; governor: {facts['governor']}; load at the start: "
        f"{facts['load']:.1f}.",
        f"- Other programs while measuring: {disturbance(run['records'])}.",
        f"- CPU time of the process (user and system); median (least – greatest) of up to "
        f"{run['repetitions']} repetitions, in which all take turns. Instructions, where they were "
        "counted, are those of the AVX2 engines: Valgrind has no AVX-512.",
        *(f"- {name}: {versions}." for name, versions in run["versions"].items()),
        "",
        "How to read it, and what is fair and what is not: bench/README.md.",
        "",
    ]


def report(run: dict) -> str:
    """run: facts, command, quick, seconds, repetitions, versions, records. See measure.main()."""
    records = Records(run["records"])
    lines = [*head(run), "## Bars", ""]
    lines += [table(["what", "bar", "measured", ""], [bar.row() for bar in bars(records)]), ""]
    lines += ["## Ours beside the fastest peer", "", cells_table(records), ""]
    for model in records.models():
        lines += [f"## {MODELS[model].title}", "", model_table(records, model), ""]
    if failed := failures(records):
        lines += ["## Not measured", "", failed, ""]
    return "\n".join(lines)
