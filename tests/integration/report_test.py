# SPDX-License-Identifier: MIT
"""What train says of its models: cross-validation, the page, and the bar on a terminal."""

import html.parser
import os
import pty
import random
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from program import PATIENCE_S, PROGRAM, environment, iris_csv, run

VOID = {"meta", "br"}


class Page(html.parser.HTMLParser):
    """Reads a page and keeps what is in it; elements that are not closed in order are faults."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.attributes, self.texts = [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open)
        self.open.pop()

    def handle_data(self, data):
        self.texts.append(data)


class Reports(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.rows = self.folder / "rows.csv"
        self.rows.write_text(iris_csv())
        self.page = self.folder / "page.html"

    def train(self, *flags, target="species", env=None):
        return run("train", "--data", str(self.rows), "--target", target, "--trees", "10",
                   "--output", str(self.folder / "model.onnx"), *flags, env=env)

    def test_a_cross_validation_says_how_it_was_made(self):
        done = self.train("--cv", "3")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout,
                         r"\n3-fold cross-validation \(each of the 150 rows scored once, .*\):\n"
                         r"  accuracy: 0\.9\d+ ± 0\.0\d+\n  log loss: 0\.\d+ ± 0\.\d+\n"
                         r"  ROC AUC: 0\.9\d+ ± 0\.0\d+\n")
        self.assertRegex(done.stdout, r"\n  setosa +50 +0 +0\n")
        self.assertEqual(done.stdout, self.train("--cv", "3", "--threads", "1").stdout)
        self.assertNotEqual(done.stdout, self.train("--cv", "3", "--seed", "1").stdout)

    def test_without_other_rows_the_scores_are_those_of_the_training_rows_and_say_so(self):
        self.assertIn("training rows (the 150 rows that the model has learned from",
                      self.train().stdout)

    def test_the_page_is_whole_and_the_same_each_time(self):
        done = self.train("--report", str(self.page))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("5-fold cross-validation", done.stdout)
        self.assertIn(f"\nreport: {self.page}\n", done.stdout)
        first = self.page.read_text()
        page = Page(first)
        self.assertEqual(page.elements.count("svg"), 3)
        for text in ["Confusion matrix", "Learning curve", "Feature importances"]:
            self.assertIn(text, page.texts)
        self.train("--report", str(self.page))
        self.assertEqual(self.page.read_text(), first)

    def test_no_name_becomes_a_part_of_the_page(self):
        names = ["</title><script>alert(1)</script>", '" onload="alert(2)',
                 "'><svg onload=alert(3)>", "</text></svg><img src=x onerror=alert(4)>"]
        header = ",".join('"' + name.replace('"', '""') + '"' for name in names)
        self.rows.write_text(header + "\n" + "".join(
            f"{row},{row % 7},1,{'<script>' if row % 2 else '</style><script>'}\n"
            for row in range(60)))
        done = self.train("--report", str(self.page), target=names[-1])
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        page = Page(self.page.read_text())
        self.assertFalse({"script", "img"} & set(page.elements))
        self.assertFalse([name for name, _ in page.attributes if name.startswith("on")])
        for name in names:
            self.assertIn(name, page.texts)

    def test_a_regression_has_its_own_scores(self):
        self.rows.write_text("a,b\n" + "".join(f"{row},{row * 1.5}\n" for row in range(60)))
        done = self.train("--cv", "4", "--report", str(self.page), target="b")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"\n  R2: 0\.9\d+ ± 0\.\d+\n  RMSE: \d[\d.]* ± \d[\d.]*\n")
        self.assertEqual(Page(self.page.read_text()).elements.count("svg"), 2)

    def test_boosted_trees_are_scored_as_forests_are_and_show_their_losses(self):
        done = run("train", "--data", str(self.rows), "--target", "species", "--estimator",
                   "gradient-boosting", "--max-iter", "20", "--early-stopping", "yes", "--output",
                   str(self.folder / "model.onnx"), "--report", str(self.page))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"\n5-fold cross-validation .*\n  accuracy: 0\.9\d+ ± ")
        self.assertRegex(done.stdout, r"\nloss of the rows set aside: \d[\d.]* after \d+ rounds?\n")
        page = Page(self.page.read_text())
        self.assertEqual(page.elements.count("svg"), 4)
        self.assertIn("Loss by iteration", page.texts)

    def test_files_are_not_written_over(self):
        for flags, words in [(("--report", str(self.rows)), "training data"),
                             (("--report", str(self.folder / "model.onnx")), "model's file"),
                             (("--cv", "51"), "at most 50 folds, as there are 50 rows"),
                             (("--cv", "1"), "2 folds or more")]:
            done = self.train(*flags)
            self.assertEqual(done.returncode, 1, flags)
            self.assertNotIn("task:", done.stdout)
            self.assertRegex(done.stderr, rf"\Aml-inference: [^\n]*{words}[^\n]*\n\Z")
            self.assertEqual(self.rows.read_text(), iris_csv())
        done = self.train(env={"ML_INFERENCE_REPORT": ""})
        self.assertEqual(done.returncode, 2)


class Terminal(unittest.TestCase):
    """stderr is a pseudo-terminal here, which no other test has."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        source = random.Random(1)
        rows = "\n".join(f"{source.random():.6f},{source.random():.6f},{source.random():.6f}"
                         for _ in range(4000))
        (self.folder / "rows.csv").write_text("a,b,y\n" + rows + "\n")

    def train(self, trees, env):
        """What came to the terminal, and how long it took."""
        ours, theirs = pty.openpty()
        shown = []

        def read():
            while True:
                try:
                    shown.append(os.read(ours, 4096))
                except OSError:  # the other end is closed
                    return

        reader = threading.Thread(target=read)
        reader.start()
        begin = time.monotonic()
        done = subprocess.run(
            [PROGRAM, "train", "--data", self.folder / "rows.csv", "--target", "y", "--output",
             self.folder / "model.onnx", "--trees", str(trees)],
            env=environment(env), stdout=subprocess.DEVNULL, stderr=theirs,
            timeout=10 * PATIENCE_S, check=False)
        took_s = time.monotonic() - begin
        os.close(theirs)
        reader.join(PATIENCE_S)
        os.close(ours)
        self.assertEqual(done.returncode, 0, shown)
        return b"".join(shown).decode(), took_s

    def train_long(self, env):
        """However fast the machine: more trees until a training takes long enough for a bar."""
        trees = 100
        while True:
            shown, took_s = self.train(trees, env)
            if took_s > 3:
                return shown, trees
            trees *= 2

    def test_a_bar_shows_long_trainings_and_goes_away(self):
        shown, trees = self.train_long({"TERM": "xterm", "NO_COLOR": ""})
        self.assertRegex(shown, rf"\[\x1b\[32m#*\x1b\[0m-*\] +\d+ %  \d+ of {trees} trees  0:\d\d")
        self.assertTrue(shown.endswith("\r\x1b[K"), shown[-100:])
        plain, _ = self.train(trees, {"TERM": "xterm", "NO_COLOR": "1"})
        self.assertRegex(plain, rf"\[#*-*\] +\d+ %  \d+ of {trees} trees  0:\d\d")
        self.assertNotIn("\x1b[32m", plain)
        self.assertEqual(self.train(trees, {"TERM": "dumb"})[0], "")


if __name__ == "__main__":
    unittest.main()
