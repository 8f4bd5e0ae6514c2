# SPDX-License-Identifier: MIT
"""A made-up run in which every bar is met, and what becomes of it when one number changes."""

import copy
import unittest

from harness import plan, report


def step(per_second: float, cpu_us: float, answered: int = 1000, p99_ms: float = 1) -> dict:
    return {
        "answered": answered,
        "refused": 0,
        "lost": 0,
        "unanswered": 0,
        "per_second": per_second,
        "cpu_us_per_request": cpu_us,
        "latency_us": {"p50": 100, "p99": p99_ms * 1000, "max": p99_ms * 2000},
        "server_busy": 1.0,
        "others_busy": 0.0,
        "throttling": {"periods": 10, "throttled_periods": 1, "throttled_seconds": 0.1},
    }


def record(workload: str, target: str, first_answer_ms: float = 10, **steps: dict) -> dict:
    result = {
        "first_answer_ms": first_answer_ms,
        "resident_start_bytes": 8 << 20,
        "resident_end_bytes": 9 << 20,
        "steps": {name.replace("_", "-"): value for name, value in steps.items()},
    }
    return {"workload": workload, "target": target, "result": result}


RUN = [
    record("start", "ml-inference"),
    record("one_cpu", "ml-inference", closed_64=step(100_000, 9)),
    record("one_cpu", "constant_server", closed_64=step(120_000, 8)),
    record("one_cpu", "bare_epoll", closed_64=step(130_000, 7)),
    record("one_cpu", "fastapi_sklearn", closed_64=step(160, 6000)),
    record("one_cpu", "fastapi_onnxruntime", closed_64=step(4000, 220)),
    record("million", "ml-inference", million=step(100_000, 9, answered=1_000_000)),
    record("tenth_cpu", "ml-inference", first_answer_ms=100, open_50=step(50, 20)),
]


def verdicts(records: list[dict]) -> dict[str, str]:
    return {bar.what: bar.verdict() for bar in report.bars(report.Records(records))}


class BarsTest(unittest.TestCase):
    def test_all_hold_in_a_run_that_meets_them(self) -> None:
        self.assertEqual(set(verdicts(RUN).values()), {"pass"})

    def test_one_unanswered_request_fails_its_bar_alone(self) -> None:
        records = copy.deepcopy(RUN)
        records[-1]["result"]["steps"]["open-50"]["unanswered"] = 1
        failed = [what for what, verdict in verdicts(records).items() if verdict != "pass"]
        self.assertEqual(len(failed), 1)
        self.assertIn("not answered", failed[0])

    def test_memory_is_not_measured_by_less_than_a_million(self) -> None:
        records = copy.deepcopy(RUN)
        records[-2]["result"]["steps"]["million"]["answered"] = 999_999
        verdict = verdicts(records)["memory after a million predictions"]
        self.assertEqual(verdict, "not measured")

    def test_a_failed_peer_leaves_its_bar_unmeasured(self) -> None:
        records = [r for r in RUN if r["target"] != "fastapi_sklearn"]
        records.append({"workload": "one_cpu", "target": "fastapi_sklearn", "failure": "no"})
        verdict = verdicts(records)["throughput, to FastAPI + scikit-learn"]
        self.assertEqual(verdict, "not measured")

    def test_the_median_of_the_repetitions_counts(self) -> None:
        slow = [record("start", "ml-inference", 30), record("start", "ml-inference", 40)]
        self.assertEqual(verdicts([*RUN, *slow])["first answer, all CPUs"], "**FAIL**")
        self.assertEqual(verdicts([*RUN, slow[0], RUN[0]])["first answer, all CPUs"], "pass")


class QuietTest(unittest.TestCase):
    def test_a_run_beside_a_compiler_is_not_quiet(self) -> None:
        self.assertTrue(report.was_quiet(report.Records(RUN)))
        records = copy.deepcopy(RUN)
        for each in records:
            for measured in each["result"]["steps"].values():
                measured["others_busy"] = 0.5
        self.assertFalse(report.was_quiet(report.Records(records)))
        self.assertIn("not quiet", report.disturbance(report.Records(records)))


class PlanTest(unittest.TestCase):
    def test_the_most_particular_setting_wins(self) -> None:
        settings = {"seconds": 4, "quick_seconds": 3, "peer_seconds": 2, "quick_peer_seconds": 1}
        got = [plan.chosen(settings, "seconds", quick, peer)
               for quick in (False, True) for peer in (False, True)]
        self.assertEqual(got, [4, 2, 3, 1])

    def test_every_workload_file_can_be_read(self) -> None:
        for workload in plan.read_workloads(workload_directory()).values():
            self.assertGreater(workload["repetitions"], 0)
            for each in plan.steps_for(workload, quick=True, peer=True):
                self.assertGreater(each["seconds"], 0)


def workload_directory():
    return plan.Path(report.__file__).parent.parent / "workloads"


if __name__ == "__main__":
    unittest.main()
