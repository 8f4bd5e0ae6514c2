# SPDX-License-Identifier: MIT
"""The commands from a CSV file to answers, and the page that lists their flags."""

import csv
import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from program import (CLASS_NAMES, FEATURE_NAMES, PATIENCE_S, PROGRAM, ROOT, environment, iris_csv,
                     iris_rows, ready_program, run)


class RoundTrip(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.rows = str(Path(cls.folder.name) / "iris.csv")
        cls.model = str(Path(cls.folder.name) / "iris.onnx")
        Path(cls.rows).write_text(iris_csv())
        cls.trained = run("train", "--data", cls.rows, "--target", "species", "--output", cls.model,
                          "--oob-score")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def predictions(self):
        done = run("predict", self.model, self.rows)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_train_says_what_it_made(self):
        self.assertEqual((self.trained.returncode, self.trained.stderr), (0, ""))
        self.assertIn("task: classification\ntrees: 100\n", self.trained.stdout)
        self.assertRegex(self.trained.stdout,
                         r"\nout-of-bag estimate \(150 of the 150 rows, .*\):\n"
                         r"  accuracy: 0\.9\d+\n  log loss: 0\.\d+\n  ROC AUC: 0\.9\d+\n"
                         r"confusion matrix by out-of-bag estimate .*:\n")
        self.assertTrue(self.trained.stdout.endswith(f"written: {self.model}\n"))

    def test_inspect_says_what_the_file_holds(self):
        done = run("inspect", self.model)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for text in ["classification", *FEATURE_NAMES, *CLASS_NAMES]:
            self.assertIn(text, done.stdout)
        self.assertIn('  - name: "petal width (cm)"\n    type: float32\n', done.stdout)
        # YAML: what lies deeper belongs to a key that has no value of its own.
        lines = done.stdout.splitlines()
        for line, below in zip(lines, lines[1:]):
            if below.startswith("  -") and not line.startswith(" "):
                self.assertRegex(line, r":  # \d+$")
        engine = r'engine: select\nengine_reason: "trees of 256 leaves .*"\nmemory: \d+ bytes\n$'
        self.assertRegex(done.stdout, engine)

    def test_the_forest_knows_the_rows_that_it_was_trained_on(self):
        expected = [name for _, name in iris_rows()]
        self.assertEqual([row["prediction"] for row in self.predictions()], expected)

    def test_a_served_file_answers_as_predict_and_as_the_built_in_model(self):
        expected = self.predictions()
        cells = [[float(cell) for cell in row] for row, _ in iris_rows()]
        for flags in [("--model", self.model), ()]:
            with ready_program(*flags) as program:
                self.assertEqual(program.predict(cells).json(), {"predictions": expected}, flags)

    def test_a_converted_model_answers_the_same(self):
        converted = str(Path(self.folder.name) / "converted.onnx")
        done = run("convert", self.model, converted)
        self.assertEqual((done.returncode, done.stdout), (0, f"written: {converted}\n"))
        again = run("predict", converted, self.rows)
        self.assertEqual([json.loads(line) for line in again.stdout.splitlines()],
                         self.predictions())

    def test_convert_names_what_onnx_has_no_words_for(self):
        model = str(ROOT / "tests/golden/lightgbm/4.7.0/linear.txt")
        done = run("convert", model, str(Path(self.folder.name) / "linear.onnx"))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr, f"ml-inference: {model}: onnx: the model has linear leaves, "
                                      "for which ONNX has no words\n")

    def test_verify_takes_what_predict_prints(self):
        rows, expect = self.model + ".rows", self.model + ".expect"
        Path(rows).write_text("[5.1,3.5,1.4,0.2]\n[5.1,3.5,null,0.2]\n[5.1]\n[7,3,6,true]\n")
        Path(expect).write_text(run("predict", self.model, rows).stdout)
        self.assertEqual(Path(expect).read_text().count("error"), 2)
        done = run("verify", self.model, "--rows", rows, "--expect", expect)
        self.assertEqual((done.returncode, done.stderr, done.stdout),
                         (0, "", "4 rows equal, 2 of them refused as expected, largest "
                                 "difference 0\n"))
        Path(expect).write_text('{"prediction_index":0}\n' * 2 + '{"error":""}\n' * 2)
        done = run("verify", self.model, "--rows", rows, "--expect", expect)
        self.assertEqual(done.returncode, 1)
        self.assertIn("2 rows differ of 4: the first at row 2: expected an answer", done.stderr)
        Path(expect).write_text("{}\n" * 4)
        done = run("verify", self.model, "--rows", rows, "--expect", expect)
        self.assertEqual(done.returncode, 1)
        self.assertIn("line 1: an empty object", done.stderr)

    def test_a_csv_row_of_another_width_is_refused_in_its_place(self):
        rows = self.model + ".csv"
        names = ",".join(f'"{name}"' for name in FEATURE_NAMES)
        Path(rows).write_text(f",{names}\n0,5.1,3.5,1.4,0.2\n1,5.1\n2,5.1,3.5,1.4,0.2\n")
        done = run("predict", self.model, rows)
        self.assertEqual((done.returncode, done.stderr),
                         (0, "ml-inference: warning: a column has no name: ignored\n"))
        first, second, third = map(json.loads, done.stdout.splitlines())
        self.assertEqual(second, {"error": "line 3: expected 5 cells as in the header, got 2"})
        self.assertEqual(first, third)

    def test_the_same_seed_gives_the_same_file_on_any_number_of_threads(self):
        again = self.model + ".again"
        run("train", "--data", self.rows, "--target", "species", "--output", again,
            "--threads", "3")
        self.assertEqual(Path(again).read_bytes(), Path(self.model).read_bytes())

    def test_boosted_trees_are_the_same_on_any_number_of_threads(self):
        files = []
        for threads in ("1", "3"):
            files.append(self.model + ".boosted" + threads)
            done = run("train", "--data", self.rows, "--target", "species", "--output", files[-1],
                       "--estimator", "gradient-boosting", "--max-iter", "20", "--threads", threads)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("task: classification\ntrees: 60\n", done.stdout)
        first, second = (Path(file).read_bytes() for file in files)
        self.assertEqual(first, second)
        answers = run("predict", files[0], self.rows).stdout.splitlines()
        rows = csv.DictReader(Path(self.rows).read_text().splitlines())
        species = [row["species"] for row in rows]
        right = [json.loads(answer)["prediction"] == kind for answer, kind in zip(answers, species)]
        self.assertGreater(sum(right), 145)

    def test_faults_are_one_line_and_status_1(self):
        for arguments in [["predict", self.model, "/nothing.csv"],
                          ["inspect", self.rows],
                          ["train", "--data", self.rows, "--target", "colour", "--output", "x"]]:
            done = run(*arguments)
            self.assertEqual((done.returncode, done.stdout), (1, ""), arguments)
            self.assertRegex(done.stderr, r"\Aml-inference: [^\n]+\n\Z", arguments)


class Files(unittest.TestCase):
    """What a path leads to, and what a table holds."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.rows = self.folder / "rows.csv"
        self.rows.write_text("a,kind\n1,x\n2,z\n3,x\n4,z\n")

    def train(self, output, *flags, env=None):
        return run("train", "--data", str(self.rows), "--target", "kind", "--trees", "3",
                   "--output", str(output), *flags, env=env)

    def assert_refused(self, done, *words):
        """One line on stderr, with these words."""
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r"\Aml-inference: [^\n]+\n\Z")
        for word in words:
            self.assertIn(word, done.stderr)

    def test_the_model_goes_where_a_link_leads(self):
        target, link = self.folder / "model.onnx", self.folder / "link.onnx"
        target.write_text("an older one")
        link.symlink_to(target.name)
        self.assertEqual(self.train(link).returncode, 0)
        self.assertTrue(link.is_symlink())
        self.assertEqual(run("inspect", str(target)).returncode, 0)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()),
                         ["link.onnx", "model.onnx", "rows.csv"])

    def test_a_pipe_gets_the_model_and_stays_a_pipe(self):
        # A device as well, as /dev/null: a test that fails must not take that from the machine.
        pipe, model = self.folder / "pipe", self.folder / "model.onnx"
        os.mkfifo(pipe)
        received = []
        reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()), daemon=True)
        reader.start()
        self.assertEqual(self.train(pipe).returncode, 0)
        self.assertTrue(stat.S_ISFIFO(pipe.stat().st_mode))
        reader.join(PATIENCE_S)
        self.assertEqual(self.train(model).returncode, 0)
        self.assertEqual(received, [model.read_bytes()])

    def test_the_training_data_is_not_written_over(self):
        before = self.rows.read_text()
        self.assert_refused(self.train(self.rows), "rows.csv", "training data")
        self.assertEqual(self.rows.read_text(), before)

    def test_a_folder_is_no_file(self):
        self.assert_refused(self.train(self.folder), "Is a directory")
        self.assert_refused(run("train", "--data", str(self.folder), "--target", "kind",
                                "--output", "x"), "Is a directory")

    def test_outputs_that_cannot_be_written_are_told_before_training(self):
        for flags in [("--report", "/nonexistent/page.html"), ("--report", str(self.folder))]:
            self.assert_refused(self.train(self.folder / "model.onnx", *flags), flags[1],
                                "cannot be written")
        self.assert_refused(self.train("/nonexistent/model.onnx"), "/nonexistent/model.onnx",
                            "cannot be written")
        self.assertEqual(list(self.folder.iterdir()), [self.rows])

    def test_an_empty_name_is_no_output(self):
        done = self.train("")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("--output: is empty, expected a file's name", done.stderr)

    def test_a_hyphen_is_standard_output(self):
        model, page = self.folder / "model.onnx", self.folder / "page.html"
        self.train(model, "--report", str(page))
        train = ["train", "--data", str(self.rows), "--target", "kind", "--trees", "3"]
        for arguments, expected in [
                ([*train, "--output", "-"], model.read_bytes()),
                (["convert", str(model), "-"], None),
                (["predict", str(model), str(self.rows), "--output", "-"],
                 run("predict", str(model), str(self.rows)).stdout.encode())]:
            done = subprocess.run([PROGRAM, *arguments], env=environment(), capture_output=True,
                                  cwd=self.folder, timeout=PATIENCE_S, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            if expected is not None:
                self.assertEqual(done.stdout, expected)
            else:
                self.assertEqual(done.stderr, b"")
                converted = self.folder / "converted.onnx"
                converted.write_bytes(done.stdout)
                self.assertEqual(run("inspect", str(converted)).returncode, 0)
        done = self.train(self.folder / "other.onnx", "--report", "-")
        self.assertTrue(done.stdout.startswith("<!doctype html>"), done.stdout[:100])
        self.assertIn("task: classification\n", done.stderr)
        self.assertEqual(run(*train, "--output", "-", "--report", "-").returncode, 1)
        self.assertFalse((self.folder / "-").exists())

    def test_a_terminal_gets_no_model(self):
        master, terminal = pty.openpty()
        done = subprocess.run([PROGRAM, "train", "--data", str(self.rows), "--target", "kind",
                               "--output", "-"], env=environment(), stdout=terminal,
                              stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S, check=False)
        os.close(master)
        os.close(terminal)
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard output is a terminal", done.stderr)

    def test_messages_name_flags(self):
        for flags, words in [
                (("--max-features", "9"), "--max-features: expected 1 to 1, got 9"),
                (("--class-weight", "1,2,3"), "--class-weight: expected 2, one a class"),
                (("--cv", "3"), "--cv: expected at most 2 folds, as there are 2 rows of the most "
                                "frequent class, got 3")]:
            done = self.train(self.folder / "model.onnx", *flags)
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stderr)

    def test_a_target_that_is_too_large_is_told_with_its_line(self):
        self.rows.write_text("a,kind\n1,2.5\n2,1e200\n")
        self.assert_refused(self.train(self.folder / "model.onnx"), "line 3 column 'kind'", "1e200")

    def test_a_model_without_a_split_is_told(self):
        done = self.boost()
        self.assertEqual(done.returncode, 0)
        self.assertIn("no tree has a split", done.stderr)
        self.assertIn("--min-samples-leaf", done.stderr)

    def test_boosted_trees_are_inspected_by_name_and_copied(self):
        self.rows.write_text("width,kind\n" + "".join(
            f"{number},{'x' if number < 60 else 'z'}\n" for number in range(100)))
        self.assertEqual(self.boost("--max-iter", "3").returncode, 0)
        model, copy = str(self.folder / "model.onnx"), self.folder / "copy.onnx"
        self.assertIn("trees: 3\n", run("inspect", model).stdout)
        self.assertTrue(run("inspect", model, "--tree", "0").stdout.startswith("width <= 59.5"))
        done = run("convert", model, str(copy))
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (0, f"written: {copy}\n", ""))
        self.assertEqual(copy.read_bytes(), Path(model).read_bytes())

    def test_one_class_alone_is_told_with_its_column(self):
        self.rows.write_text("a,kind\n1,x\n2,x\n")
        done = self.train(self.folder / "model.onnx")
        self.assertEqual((done.returncode, done.stdout),
                         (1, "target: kind (classes, 1: x)\n"
                             "features: 1 (numbers: 1, categories: 0)\n"))
        self.assertRegex(done.stderr, r"rows\.csv: column 'kind' holds the class 'x' alone")

    def boost(self, *flags):
        return run("train", "--data", str(self.rows), "--target", "kind", "--estimator",
                   "gradient-boosting", "--output", str(self.folder / "model.onnx"), *flags)

    def test_a_word_for_a_missing_value_makes_no_category(self):
        rows = [f"{number / 7:.3f},{'high' if number > 150 else 'low'}\n" for number in range(300)]
        rows[57] = "N/A,low\n"
        self.rows.write_text("a,kind\n" + "".join(rows))
        done = self.boost()
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("target: kind (classes, 2: high, low)\n"
                      "features: 1 (numbers: 1, categories: 0)\n"
                      "missing values: a (1)\n", done.stdout)
        self.assertIn("  accuracy: 1.0000\n", done.stdout)
        answers = run("predict", str(self.folder / "model.onnx"), str(self.rows)).stdout
        self.assertEqual(answers.count('"prediction"'), 300)

    def test_a_word_that_makes_categories_of_numbers_is_told(self):
        rows = [f"{number % 9},{'high' if number % 9 > 4 else 'low'}\n" for number in range(99)]
        rows[57] = "unknown,low\n"
        self.rows.write_text("a,kind\n" + "".join(rows))
        done = self.boost()
        self.assertEqual(done.returncode, 0)
        self.assertIn("  a (categories, 10: 0, 1, 2, 3, 4, 5, 6, 7, 8, unknown)\n", done.stdout)
        tree = run("inspect", str(self.folder / "model.onnx"), "--tree", "0").stdout
        self.assertTrue(tree.startswith("a in {"), tree)
        self.assertRegex(done.stderr, r"\Aml-inference: warning: [^\n]*rows\.csv: line 59 column "
                         r"'a': 'unknown' is no number, though 98 of 99 values are: [^\n]*\n\Z")

    def test_what_a_file_holds_does_not_steer_the_terminal(self):
        self.rows.write_text('a,kind\n"1\n\x1b[31m",x\n2,z\n')
        self.assert_refused(self.train(self.folder / "model.onnx"), "'1\\n\\u001b[31m'")

    def test_a_stdout_that_takes_no_more_is_status_1(self):
        model = self.folder / "model.onnx"
        self.train(model)
        for arguments in [("inspect", model), ("predict", model, self.rows)]:
            with open("/dev/full", "w") as full:
                done = subprocess.run([PROGRAM, *arguments], env=environment(), stdout=full,
                                      stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S,
                                      check=False)
            self.assertEqual(done.returncode, 1, arguments)
            self.assertIn("stdout takes no more", done.stderr)

    def test_the_out_of_bag_score_has_a_variable(self):
        for value, is_scored in [("yes", True), ("no", False)]:
            done = self.train(self.folder / "model.onnx",
                              env={"ML_INFERENCE_OOB_SCORE": value, "ML_INFERENCE_TREES": "50"})
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual("out-of-bag estimate" in done.stdout, is_scored, value)

    def test_numbers_of_flags_are_digits_in_their_range(self):
        for flag, value in [("--seed", "-1"), ("--seed", "18446744073709551616"),
                            ("--max-depth", "010"), ("--max-depth", "0x10"),
                            ("--min-impurity-decrease", "nan"),
                            ("--min-impurity-decrease", "-1")]:
            done = self.train(self.folder / "model.onnx", flag, value)
            self.assertEqual((done.returncode, done.stdout), (2, ""), (flag, value))
            self.assertRegex(done.stderr,
                             rf"\Aml-inference: {flag}: '{value}' is no [^\n]{{,100}}\n\Z")

    def test_a_tree_is_counted_in_digits(self):
        model = self.folder / "model.onnx"
        self.train(model)
        done = run("inspect", str(model), "--tree", "-1")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("'-1' is no whole number from 0", done.stderr)


class PredictStreams(unittest.TestCase):
    """predict on files, pipes and terminals."""

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.temporary.name)
        table = cls.folder / "iris.csv"
        table.write_text(iris_csv())
        cls.model = str(cls.folder / "iris.onnx")
        run("train", "--data", str(table), "--target", "species", "--output", cls.model,
            "--trees", "10")
        cls.rows = cls.folder / "rows.csv"
        names = ",".join(FEATURE_NAMES)
        cells = "".join(f"{row % 80 / 10},3.5,{row % 70 / 10},0.2\n" for row in range(40_000))
        cls.rows.write_text(f"{names}\n{cells}")
        cls.answers = run("predict", cls.model, str(cls.rows)).stdout

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def broken(self):
        rows = self.folder / "broken.jsonl"
        rows.write_text("[5.1,3.5,1.4,0.2]\n[5.1]\n\n[7,3.2,4.7,oops]\n[5.1,3.5,1.4,0.2]\n")
        return str(rows)

    def test_standard_input_is_read_as_a_file_and_any_number_of_threads_answers_the_same(self):
        self.assertEqual(self.answers.count("\n"), 40_000)
        with open(self.rows) as rows:
            done = subprocess.run([PROGRAM, "predict", self.model, "-", "--threads", "3"],
                                  env=environment(), stdin=rows, capture_output=True, text=True,
                                  timeout=PATIENCE_S, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(done.stdout, self.answers)

    def test_a_row_of_a_pipe_is_answered_before_the_next_one_comes(self):
        with subprocess.Popen([PROGRAM, "predict", self.model, "-"], env=environment(),
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                              bufsize=1) as program:
            for _ in range(3):
                program.stdin.write("[5.1,3.5,1.4,0.2]\n")
                self.assertIn('"prediction":"setosa"', program.stdout.readline())
            program.stdin.close()
            self.assertEqual(program.wait(PATIENCE_S), 0)

    def test_stop_does_not_wait_for_the_rest_of_a_pipe(self):
        with subprocess.Popen([PROGRAM, "predict", self.model, "-", "--on-error", "stop"],
                              env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, bufsize=1) as program:
            program.stdin.write("[1]\n")
            self.assertEqual(program.wait(PATIENCE_S), 1)
            self.assertIn("standard input: line 1: row: ", program.stderr.read())

    def test_the_policy_decides_on_broken_rows(self):
        def predict(policy):
            done = run("predict", self.model, self.broken(), "--on-error", policy,
                       "--output-format", "csv")
            return done.returncode, done.stdout.splitlines()[1:], done.stderr
        status, lines, stderr = predict("report")
        self.assertEqual((status, stderr, len(lines)), (0, "", 4))
        self.assertTrue(lines[1].startswith(',,,,"line 2: row: List should have at least 4 items'))
        self.assertTrue(lines[2].startswith(",,,,line 4: row: no JSON at byte 12: "))
        status, lines, stderr = predict("stop")
        self.assertEqual((status, len(lines)), (1, 1))
        self.assertRegex(stderr, r"\Aml-inference: \S+broken.jsonl: line 2: row: [^\n]+\n\Z")
        status, lines, stderr = predict("skip")
        self.assertEqual((status, len(lines)), (0, 2))
        self.assertIn("warning: 2 of 4 rows left out; the first: line 2: row: List", stderr)
        status, lines, stderr = predict("null")
        self.assertEqual((status, lines[1:3]), (0, [",,,", ",,,"]))
        self.assertIn("warning: 2 of 4 rows without an answer; the first: line 2: ", stderr)

    def test_an_output_file_takes_its_place_when_all_is_done(self):
        output = self.folder / "answers.jsonl"
        output.write_text("before")
        done = run("predict", self.model, self.broken(), "--on-error", "stop", "--output",
                   str(output))
        self.assertEqual((done.returncode, output.read_text()), (1, "before"))
        done = run("predict", self.model, str(self.rows), "--output", str(output))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual(output.read_text(), self.answers)
        self.assertEqual(list(self.folder.glob("*.unfinished")), [])

    def test_a_signal_leaves_no_unfinished_file(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            folder = tempfile.TemporaryDirectory()
            self.addCleanup(folder.cleanup)
            output = Path(folder.name) / "out.csv"
            with subprocess.Popen([PROGRAM, "predict", self.model, "-", "--output", str(output)],
                                  env=environment(), stdin=subprocess.PIPE,
                                  # A shell's background job ignores SIGINT, and so would ours.
                                  preexec_fn=lambda number=number: signal.signal(
                                      number, signal.SIG_DFL)) as process:
                deadline = time.monotonic() + PATIENCE_S
                while not list(output.parent.iterdir()) and time.monotonic() < deadline:
                    os.sched_yield()
                self.assertTrue(list(output.parent.iterdir()))
                process.send_signal(number)
                self.assertEqual(process.wait(PATIENCE_S), -number)
            self.assertEqual(list(output.parent.iterdir()), [])

    def test_an_output_file_leaves_its_neighbours_alone_and_keeps_its_mode(self):
        victim = self.folder / "victim"
        victim.write_text("mine")
        output = self.folder / "kept.jsonl"
        output.write_text("before")
        output.chmod(0o640)
        (self.folder / "kept.jsonl.unfinished").symlink_to(victim)
        done = run("predict", self.model, str(self.rows), "--output", str(output))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(output.read_text(), self.answers)
        self.assertEqual(output.stat().st_mode & 0o777, 0o640)
        self.assertEqual(victim.read_text(), "mine")
        (self.folder / "kept.jsonl.unfinished").unlink()

    def test_rows_are_read_from_a_file_whose_name_is_the_old_one_of_what_is_written(self):
        rows = self.folder / "table.unfinished"
        rows.write_bytes(self.rows.read_bytes())
        done = run("predict", self.model, str(rows), "--output", str(self.folder / "table"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual((self.folder / "table").read_text(), self.answers)
        self.assertEqual(rows.read_bytes(), self.rows.read_bytes())
        rows.unlink()

    def test_standard_input_is_not_written_over(self):
        before = self.rows.read_bytes()
        with open(self.rows, "rb") as rows:
            done = subprocess.run([PROGRAM, "predict", self.model, "-", "--output", self.rows],
                                  stdin=rows, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("is read, expected another file", done.stderr)
        self.assertEqual(self.rows.read_bytes(), before)

    def test_a_closed_standard_input_ends_at_once(self):
        done = subprocess.run(["sh", "-c", '"$0" predict "$1" - <&-', PROGRAM, self.model],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("expected a header row", done.stderr)

    def test_what_is_read_is_not_written_over(self):
        for path in (str(self.rows), self.model):
            before = Path(path).read_bytes()
            done = run("predict", self.model, str(self.rows), "--output", path)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("is read, expected another file", done.stderr)
            self.assertEqual(Path(path).read_bytes(), before)

    def test_a_long_file_takes_no_more_memory_than_a_short_one(self):
        long = self.folder / "long.csv"
        text = self.rows.read_text()
        header, _, cells = text.partition("\n")
        with open(long, "w") as file:
            file.write(header + "\n")
            for _ in range(50):
                file.write(cells)

        def memory_kb(path):
            with subprocess.Popen([PROGRAM, "predict", self.model, str(path), "--threads", "2"],
                                  env=environment(), stdout=subprocess.DEVNULL) as program:
                _, status, usage = os.wait4(program.pid, 0)
                program.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(program.returncode, 0)
            return usage.ru_maxrss
        # Which blocks are in flight at a time is open, and with them a few megabytes.
        self.assertLess(memory_kb(long), memory_kb(self.rows) + 16 * 1024)

    def test_progress_is_shown_on_a_terminal_alone(self):
        self.assertEqual(run("predict", self.model, str(self.rows)).stderr, "")
        leader, follower = pty.openpty()
        with subprocess.Popen([PROGRAM, "predict", self.model, "-"], env=environment(),
                              stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=follower,
                              text=True, bufsize=1) as program:
            os.close(follower)
            seen = b""
            begin = time.monotonic()
            while b"rows/s" not in seen and time.monotonic() < begin + PATIENCE_S:
                program.stdin.write("[5.1,3.5,1.4,0.2]\n")
                if select.select([leader], [], [], 0.05)[0]:
                    seen += os.read(leader, 4096)
            program.stdin.close()
            self.assertEqual(program.wait(PATIENCE_S), 0)
        os.close(leader)
        self.assertRegex(seen, rb"\r\d+ rows, \d+ rows/s")


class Commands(unittest.TestCase):
    def test_a_word_that_is_no_command_is_told(self):
        done = run("bogus")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertEqual(done.stderr, "ml-inference: 'bogus' is no command, expected one of serve, "
                                      "train, predict, inspect, verify, convert, load "
                                      "(see ml-inference --help)\n")


class OperationsPage(unittest.TestCase):
    """docs/operations.md lists each flag of each command, and nothing else."""

    COMMANDS = ["serve", "train", "predict", "inspect", "verify", "convert", "load"]

    @classmethod
    def setUpClass(cls):
        cls.page = (ROOT / "docs/operations.md").read_text()

    def help_flags(self, command):
        """By flag: (variable or "-", default or "-")."""
        flags = {}
        pattern = r"^  (--[a-z0-9-]+)(.*?)(?:\(Env:(\w+)\))?(?: Excludes: \S+)?$"
        for flag, rest, variable in re.findall(pattern, run(command, "--help").stdout, re.M):
            default = re.search(r"=(\S+)(?: Needs: \S+)? *$", rest.split("  ")[0])
            flags[flag] = (variable or "-", default.group(1) if default else "-")
        flags.pop("--version")
        return flags

    def page_flags(self, command):
        row = rf"^\| {command} \| `(--[a-z0-9-]+)` \| `?(\w+|-)`? \| `?([^ |`]+)`? \|"
        found = re.findall(row, self.page, re.M)
        self.assertEqual(len(found), len({flag for flag, _, _ in found}), "a flag stands twice")
        return {flag: (variable, default) for flag, variable, default in found}

    def test_each_flag_stands_in_the_table_with_its_variable_and_default(self):
        for command in self.COMMANDS:
            self.assertEqual(self.page_flags(command), self.help_flags(command), command)

    def test_each_metric_family_stands_in_the_page(self):
        with ready_program() as program:
            text = program.get("/metrics").body.decode()
        for family in re.findall(r"^# TYPE (\w+) ", text, re.M):
            self.assertIn(f"`{family}`", self.page)


if __name__ == "__main__":
    unittest.main()
