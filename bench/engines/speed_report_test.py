# SPDX-License-Identifier: MIT
"""A made-up run in which every bar is met, and what becomes of it when one number changes."""

import copy
import unittest

from engines import instructions, plan, speed_report
from engines.speed_report import AVX2, OURS
from harness import machine

FACTS = {
    "entries": ["served"],
    "engine": "wide",
    "memory_bytes": 1 << 20,
    "difference": 0.0,
    "read_seconds": 1.0,
    "first_answer_seconds": 1.5,
}


def record(model: str, name: str, batch: int, ns: float, entry: str = "served") -> dict:
    measured = {"entry": entry, "batch": batch, "ns_per_row": ns, "others_busy": 0.0}
    return {"model": model, "participant": name, "measured": measured}


def met() -> list[dict]:
    """Peers take 1000 ns a row, ours as little as is promised and a little less."""
    records = []
    for model in plan.MODELS:
        for name in (OURS, AVX2, "peer", "slow peer"):
            records.append({"model": model, "participant": name, "facts": dict(FACTS)})
        for batch in plan.BATCHES:
            bound = plan.BARS.get((model, batch), plan.BARS[model, 1])
            ns = 990 / max(bound, plan.BARS[model, 1])
            records.append(record(model, OURS, batch, ns))
            records.append(record(model, AVX2, batch, 2 * ns))
            records.append(record(model, "peer", batch, 1000))
            records.append(record(model, "slow peer", batch, 9000))
    return records


def verdicts(records: list[dict]) -> dict[str, str]:
    return {bar.what: bar.verdict() for bar in speed_report.bars(speed_report.Records(records))}


def ours_at(records: list[dict], model: str, batch: int) -> dict:
    return next(
        record["measured"]
        for record in records
        if (record["model"], record["participant"]) == (model, OURS)
        and record.get("measured", {}).get("batch") == batch
    )


class BarsTest(unittest.TestCase):
    def test_all_hold_in_a_run_that_meets_them(self) -> None:
        self.assertEqual(set(verdicts(met()).values()), {"pass"})

    def test_a_slow_cell_fails_its_bar_alone(self) -> None:
        records = met()
        ours_at(records, "xgb1000", 10_000)["ns_per_row"] = 1000
        failed = [what for what, verdict in verdicts(records).items() if verdict != "pass"]
        self.assertEqual(failed, ["xgb1000, batch 10000: to its fastest peer"])

    def test_the_fastest_peer_counts_and_the_faster_of_our_entries(self) -> None:
        records = met() + [record("iris", OURS, 1, 10, "float32")]
        found = speed_report.Records(records)
        self.assertEqual(speed_report.ratio_to_peers(found, "iris", 1), 100)
        self.assertIn("float32 rows", speed_report.cells_table(found))

    def test_batches_of_64_may_not_cost_more_a_row_at_any_entry(self) -> None:
        records = met()
        records += [record("iris", OURS, 1, 500, "float32")]
        records += [record("iris", OURS, 64, 550, "float32")]
        verdict = verdicts(records)["iris, batch 64: time a row to batch 1's"]
        self.assertEqual(verdict, "**FAIL**")

    def test_a_target_that_was_not_there_leaves_its_bars_unmeasured(self) -> None:
        records = [each for each in met() if each["participant"] != AVX2]
        self.assertEqual(verdicts(records)["iris, batch 1, AVX2 alone"], "not measured")
        self.assertEqual(verdicts(records)["iris, batch 1: to its fastest peer"], "pass")

    def test_the_median_of_the_repetitions_counts(self) -> None:
        records = met() + [record("iris", OURS, 1, 5000)]
        self.assertEqual(verdicts(records)["iris, batch 1: to its fastest peer"], "**FAIL**")
        records += [record("iris", OURS, 1, 100)]
        self.assertEqual(verdicts(records)["iris, batch 1: to its fastest peer"], "pass")

    def test_loading_is_compared_with_reading_twice(self) -> None:
        records = copy.deepcopy(met())
        for each in records:
            each.get("facts", {})["first_answer_seconds"] = 2.5
        self.assertEqual(list(verdicts(records).values())[-1], "**FAIL**")


class ReportTest(unittest.TestCase):
    RUN = {
        "facts": {
            "date": "today", "commit": "abc", "cpu": "a CPU", "cpu_count": 2,
            "memory_bytes": 1 << 30, "kernel": "Linux", "system": "Debian", "compiler": "g++",
            "simd": "avx2", "governor": "performance", "load": 0.1,
        },
        "command": "bench/engines/run", "quick": True, "repetitions": 2, "seconds": 60,
        "versions": {"peer": "peer 1.0"},
    }

    def test_names_what_was_not_measured_and_why(self) -> None:
        failed = {"model": "iris", "participant": "lleaves", "failure": "reads other models"}
        text = speed_report.report({**self.RUN, "records": [*met(), failed]})
        self.assertIn("- iris, lleaves: reads other models", text)
        self.assertIn("Not to be quoted", text)
        self.assertIn("SIMD: avx2; governor: performance; load at the start: 0.1", text)

    def test_says_of_a_forest_of_its_own_that_answers_cannot_be_compared(self) -> None:
        facts = {"entries": ["served"], "own_forest_nodes": 1234, "difference": None}
        ours = "ml-inference, oneDAL's forest"
        engine = {"entries": ["served"], "difference": None, "nodes": 1234, "engine": "walk",
                  "memory_bytes": 1 << 20}
        own = [{"model": "iris", "participant": "oneDAL", "facts": facts},
               record("iris", "oneDAL", 1, 100),
               {"model": "iris", "participant": ours, "facts": engine},
               record("iris", ours, 1, 1)]
        records = speed_report.Records(met() + own)
        text = speed_report.model_table(records, "iris")
        self.assertIn("another forest | 1 234 nodes", text)
        self.assertIn("another forest | 1 234 nodes, engine walk", text)
        without = speed_report.Records(met() + own[:2])
        self.assertEqual(speed_report.ratio_to_peers(records, "iris", 1),
                         speed_report.ratio_to_peers(without, "iris", 1))

    def test_puts_instructions_beside_times(self) -> None:
        counted = {"entry": "served", "batch": 64, "per_row": 1234.5}
        records = [*met(), {"model": "iris", "participant": "callgrind", "counted": counted}]
        self.assertIn("; 1 234 instructions", speed_report.report({**self.RUN, "records": records}))

    def test_a_run_beside_a_compiler_is_not_quiet(self) -> None:
        records = met()
        self.assertTrue(speed_report.was_quiet(records))
        for each in records:
            each.get("measured", {})["others_busy"] = 0.5
        self.assertFalse(speed_report.was_quiet(records))
        self.assertIn("not quiet", speed_report.disturbance(records))


class PlanTest(unittest.TestCase):
    def test_chooses_by_name_and_refuses_what_it_does_not_know(self) -> None:
        self.assertEqual(list(plan.chosen(plan.MODELS, "lgb500,iris")), ["iris", "lgb500"])
        self.assertEqual(plan.chosen(plan.MODELS, None), plan.MODELS)
        with self.assertRaisesRegex(ValueError, "unknown: rose; known: iris"):
            plan.chosen(plan.MODELS, "rose")

    def test_every_bar_is_about_a_model_and_a_batch_that_are_measured(self) -> None:
        for model, batch in plan.BARS:
            self.assertIn(model, plan.MODELS)
            self.assertIn(batch, plan.BATCHES)

    def test_every_peer_has_its_file(self) -> None:
        folder = machine.Path(plan.__file__).parent / "peers"
        for peer in plan.PEERS.values():
            self.assertTrue((folder / f"{peer.module}.py").exists(), peer.module)

    def test_every_package_of_a_peer_is_pinned(self) -> None:
        pins = (machine.Path(plan.__file__).parent / "requirements.txt").read_text()
        for peer in plan.PEERS.values():
            for package in peer.packages:
                self.assertIn(f"{package}==", pins)


class MachineTest(unittest.TestCase):
    def test_finds_the_simd_flags_of_the_processor(self) -> None:
        self.assertEqual(machine.simd("model\t: x\nflags\t\t: fpu avx2 avx512f sse4_1\n"),
                         "sse4_1 avx2 avx512f")
        self.assertEqual(machine.simd("Features\t: fp asimd\n"), "asimd")
        self.assertEqual(machine.simd(""), "none")


class InstructionsTest(unittest.TestCase):
    def test_reads_the_total_of_a_file_of_callgrind(self) -> None:
        self.assertEqual(instructions.total("version: 1\nevents: Ir\n1 2\ntotals: 12345\n"), 12345)
        with self.assertRaises(ValueError):
            instructions.total("events: Ir\n")


if __name__ == "__main__":
    unittest.main()
