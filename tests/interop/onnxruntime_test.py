# SPDX-License-Identifier: MIT
"""A model of `ml-inference train` in onnxruntime: the same answers as `ml-inference predict`.

    onnxruntime_test.py build/release/ml-inference

Labels and their order are equal. A probability is a float32 in onnxruntime, rounded twice (the sum
of the trees, and its division by their number): it is at most two float32 steps from ours. A
prediction is rounded once and equals ours as a float32. Boosted trees answer in float64: labels
are equal, numbers within a relative 1e-12.
"""

import csv
import json
import math
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import onnxruntime

PROGRAM = "build/release/ml-inference"


def run(*arguments):
    command = [PROGRAM, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{arguments[0]} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def write_csv(path, names, rows):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names)
        writer.writerows(rows)


def make_rows(count, seed):
    """Rows of three features with structure and noise, some of them equal in a feature."""
    generator = random.Random(seed)
    return [
        [round(generator.uniform(-3, 3), 2), generator.randint(0, 5), generator.gauss(0, 100)]
        for _ in range(count)
    ]


def kind_of(row):
    score = row[0] + 0.5 * row[1] + row[2] / 100
    return "low" if score < 0.5 else "middle" if score < 2 else "high"


TARGETS = {
    "three_texts": lambda row: kind_of(row),
    "two_texts": lambda row: "low" if kind_of(row) == "low" else "other",
    "two_numbers": lambda row: int(kind_of(row) == "low"),
    "number": lambda row: row[0] * row[1] + row[2] / 7,
}
NAMES = ["width (cm)", "count", "height"]


class Onnxruntime(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def train(self, target, *flags):
        rows = make_rows(400, seed=3)
        data, model = self.folder / "data.csv", self.folder / "model.onnx"
        write_csv(data, [*NAMES, "target"], [[*row, TARGETS[target](row)] for row in rows])
        task = "regression" if target == "number" else "classification"
        where = ["--data", data, "--target", "target", "--output", model]
        run("train", *where, "--task", task, *flags)
        return model

    def answers(self, model):
        """Ours, one object a row, and onnxruntime's outputs by name, for the same new rows."""
        rows = make_rows(500, seed=4)
        table = self.folder / "rows.csv"
        write_csv(table, NAMES, rows)
        ours = [json.loads(line) for line in run("predict", model, table).splitlines()]
        self.assertEqual(len(ours), len(rows))
        session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        names = [output.name for output in session.get_outputs()]
        is_double = session.get_inputs()[0].type == "tensor(double)"
        features = np.array(rows, dtype=np.float64 if is_double else np.float32)
        return ours, dict(zip(names, session.run(None, {"features": features})))

    def compare_classifier(self, target, *flags):
        ours, theirs = self.answers(self.train(target, *flags))
        for index, answer in enumerate(ours):
            with self.subTest(target=target, flags=flags, row=index):
                self.assertEqual(str(answer["prediction"]), str(theirs["label"][index]))
                probabilities = list(answer["probabilities"].values())
                self.assertEqual(len(probabilities), theirs["probabilities"].shape[1])
                for ours_one, theirs_one in zip(probabilities, theirs["probabilities"][index]):
                    step = math.ulp(ours_one) * 2**29  # of a float32
                    self.assertLessEqual(abs(ours_one - float(theirs_one)), 2 * step)

    def test_gives_the_same_labels_and_probabilities(self):
        for target in ("three_texts", "two_texts", "two_numbers"):
            self.compare_classifier(target, "--trees", 30)
            self.compare_classifier(target, "--trees", 7, "--max-depth", 3)

    def test_gives_the_same_predictions_to_the_last_bit_of_a_float32(self):
        for flags in (("--trees", 30), ("--trees", 7, "--max-depth", 3)):
            ours, theirs = self.answers(self.train("number", *flags))
            expected = [np.float32(answer["prediction"]) for answer in ours]
            self.assertEqual(expected, list(theirs["prediction"].reshape(-1)), msg=f"{flags}")

    def test_gives_the_same_answers_of_boosted_trees(self):
        for target in TARGETS:
            flags = ("--estimator", "gradient-boosting", "--max-iter", 40)
            ours, theirs = self.answers(self.train(target, *flags))
            for index, answer in enumerate(ours):
                self.compare_boosted(answer, {name: out[index] for name, out in theirs.items()})

    def test_gives_the_same_answers_of_boosted_trees_on_seconds_since_1970(self):
        data, model = self.folder / "data.csv", self.folder / "model.onnx"
        rows = [[1_700_000_000 + row, row // 20] for row in range(200)]
        write_csv(data, ["second", "y"], rows)
        run("train", "--data", data, "--target", "y", "--output", model, "--task", "regression",
            "--estimator", "gradient-boosting", "--min-samples-leaf", 5)
        ours = [json.loads(line)["prediction"] for line in run("predict", model, data).splitlines()]
        session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        features = np.array([row[:1] for row in rows], dtype=np.float64)
        theirs = np.ravel(session.run(None, {"features": features})[0])
        np.testing.assert_allclose(theirs, ours, rtol=1e-12)
        np.testing.assert_allclose(ours, [row[1] for row in rows], atol=0.01)

    def compare_boosted(self, answer, outputs):
        if "label" not in outputs:
            expected, numbers = [answer["prediction"]], np.ravel(outputs["prediction"])
        else:
            self.assertEqual(str(answer["prediction"]), str(outputs["label"]))
            expected, numbers = answer["probabilities"].values(), outputs["probabilities"]
        np.testing.assert_allclose(numbers, list(expected), rtol=1e-12)

    def test_gives_the_same_answers_of_boosted_trees_with_categories(self):
        generator = random.Random(5)
        worth = {"red": 2, "blue": -1, "": 1, "green": 0}
        rows = [[generator.choice([*worth]), generator.choice(["", generator.gauss(0, 1)]),
                 generator.randint(1, 9)] for _ in range(1000)]
        data, model, table = (self.folder / name for name in ("data.csv", "m.onnx", "rows.csv"))
        write_csv(data, ["colour", "size", "zone", "y"],
                  [[*row, worth[row[0]] + (row[1] or 3.0) + row[2] % 3] for row in rows])
        run("train", "--data", data, "--target", "y", "--output", model, "--task", "regression",
            "--estimator", "gradient-boosting", "--categorical-features", "colour,zone")
        rows = [*rows[:200], ["purple", 1.5, 99], ["red", "", 0], ["", "", ""]]
        write_csv(table, ["colour", "size", "zone"], rows)
        ours = [json.loads(line) for line in run("predict", model, table).splitlines()]
        session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
        colours, *numbers = ([row[column] for row in rows] for column in range(3))
        feed = {"colour": np.array(colours, dtype=object).reshape(-1, 1)}
        for name, column in zip(("size", "zone"), numbers):
            column = [math.nan if value == "" else value for value in column]
            feed[name] = np.array(column, dtype=np.float64).reshape(-1, 1)
        predictions = np.ravel(session.run(["prediction"], feed)[0])
        expected = [answer["prediction"] for answer in ours]
        np.testing.assert_allclose(predictions, expected, rtol=1e-12)


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        PROGRAM = sys.argv.pop(1)
    unittest.main()
