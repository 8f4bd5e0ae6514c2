# SPDX-License-Identifier: MIT
"""A folder of models while the program serves: versions come, are replaced, break and go."""

import os
import shutil
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from program import PATIENCE_S, PROGRAM, Program, environment, parse_metrics, predict_request, run


class Repository(unittest.TestCase):
    """Models of one feature that answer their own number."""

    @classmethod
    def setUpClass(cls):
        cls.made = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.made.cleanup)
        cls.models = {}
        for number in (1, 2, 3):
            cls.models[number] = cls.train(number)

    @classmethod
    def train(cls, number):
        """A forest whose answer is `number` whatever x is."""
        folder = Path(cls.made.name)
        rows = folder / "rows.csv"
        rows.write_text("x,y\n" + "".join(f"{x},{number}.5\n" for x in range(20)))
        model = folder / f"{number}.onnx"
        result = run("train", "--data", str(rows), "--target", "y", "--output", str(model),
                     "--trees", "2", "--task", "regression")
        assert result.returncode == 0, result.stderr
        return model

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name) / "models"
        self.root.mkdir()

    def put(self, place, number):
        """A model as a careful operator brings it: copied beside its name, and renamed."""
        path = self.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(".fresh")
        shutil.copyfile(self.models[number], fresh)
        os.replace(fresh, path)

    def serve(self, *flags):
        program = Program("--model-repository", str(self.root), *flags)
        self.addCleanup(program.__exit__)
        return program

    @staticmethod
    def answer(program):
        answer = program.predict([1.0])
        return answer.json()["prediction"] if answer.status == 200 else answer.status

    def expect_answer(self, program, wanted):
        """Asks until the answer is the wanted one."""
        deadline = time.monotonic() + PATIENCE_S
        while (got := self.answer(program)) != wanted:
            self.assertLess(time.monotonic(), deadline, f"{got}, expected {wanted}")

    @staticmethod
    def ready(program):
        program.wait_for(lambda line: line["message"].startswith("Repository ready"))
        return program


class Watching(Repository):
    def test_a_version_comes_is_replaced_breaks_and_goes(self):
        self.put("m/1/model.onnx", 1)
        program = self.ready(self.serve())
        self.assertEqual(self.answer(program), 1.5)
        self.put("m/2/model.onnx", 2)
        self.expect_answer(program, 2.5)
        self.put("m/2/model.onnx", 3)
        self.expect_answer(program, 3.5)
        (self.root / "m/3").mkdir()
        (self.root / "m/3/model.onnx").write_text("no model")
        failed = program.wait_for(
            lambda line: line["message"].startswith("Model failed: m version 3"))
        self.assertEqual(failed["level"], "ERROR")
        self.assertEqual(self.answer(program), 3.5)
        self.assertEqual(program.get("/ready").status, 200)
        metrics = parse_metrics(program.get("/metrics").body)
        self.assertEqual(metrics['model_load_failures_total{model="m"}'], 1)
        self.assertEqual(
            metrics['model_version_state{model="m",state="failed",version="3"}'], 1)
        shutil.rmtree(self.root / "m/3")
        shutil.rmtree(self.root / "m/2")
        self.expect_answer(program, 1.5)
        program.terminate()
        self.assertEqual(program.exit_status(), 0)

    def test_a_mounted_config_map_is_swapped(self):
        for number in (1, 2):
            self.put(f"..{number}/model.onnx", number)
        (self.root / "..data").symlink_to("..1")
        (self.root / "model.onnx").symlink_to("..data/model.onnx")
        program = self.ready(self.serve("--model-name", "iris"))
        self.assertEqual(self.answer(program), 1.5)
        (self.root / "..data_tmp").symlink_to("..2")
        os.replace(self.root / "..data_tmp", self.root / "..data")
        self.expect_answer(program, 2.5)
        self.assertIn(b'model="iris"', program.get("/metrics").body)

    def test_a_volume_without_events_is_looked_at(self):
        self.root.rmdir()
        real = self.root.with_name("real")
        real.mkdir()
        self.root.symlink_to(real)  # its events are the other folder's, as of one that is swapped
        self.put("1/model.onnx", 1)
        program = self.ready(self.serve("--repository-poll", "200ms", "--model-name", "m"))
        other = self.root.with_name("other")
        shutil.copytree(real, other)
        shutil.copyfile(self.models[2], other / "1/model.onnx")
        self.root.with_name("fresh").symlink_to(other)
        os.replace(self.root.with_name("fresh"), self.root)
        self.expect_answer(program, 2.5)

    def test_files_that_grow_are_waited_for(self):
        self.put("m/1/model.onnx", 1)
        program = self.ready(self.serve())
        content = self.models[2].read_bytes()
        (self.root / "m/2").mkdir()
        with (self.root / "m/2/model.onnx").open("wb") as file:
            for at in range(0, len(content), 100):
                file.write(content[at:at + 100])
                file.flush()
                self.assertEqual(self.answer(program), 1.5)
        self.expect_answer(program, 2.5)

    def test_requests_under_way_never_see_the_swap(self):
        self.put("m/1/model.onnx", 1)
        program = self.ready(self.serve())
        faults, done = [], threading.Event()

        def ask():
            with program.connect() as client:
                while not done.is_set():
                    answer = client.exchange(predict_request([[1.0]] * 50))
                    values = {row["prediction"] for row in answer.json()["predictions"]}
                    if answer.status != 200 or len(values) != 1:
                        faults.append(answer)

        clients = [threading.Thread(target=ask) for _ in range(2)]
        for client in clients:
            client.start()
        for version in range(2, 12):
            number = 1 + version % 3
            self.put(f"m/{version}/model.onnx", number)
            self.expect_answer(program, number + 0.5)
            if version > 3:
                shutil.rmtree(self.root / f"m/{version - 2}")
        done.set()
        for client in clients:
            client.join()
        self.assertEqual(faults, [])


class Starting(Repository):
    def test_an_empty_repository_is_ready(self):
        program = self.ready(self.serve())
        self.assertEqual(program.get("/ready").status, 200)
        self.assertEqual(program.predict([1.0]).status, 404)
        self.put("m/1/model.onnx", 1)
        self.expect_answer(program, 1.5)

    def test_a_broken_model_ends_the_program_or_leaves_it_not_ready(self):
        (self.root / "m/1").mkdir(parents=True)
        (self.root / "m/1/model.onnx").write_text("no model")
        result = subprocess.run(
            [PROGRAM, "serve", "--port", "0", "--grpc-port", "0",
             "--model-repository", str(self.root)],
            env=environment(), capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("model 'm' version 1", result.stderr)
        program = self.serve("--on-model-failure", "stay")
        program.wait_for(lambda line: line["message"].startswith("Model failed: "))
        self.assertEqual(program.get("/ready").status, 503)
        self.put("m/1/model.onnx", 1)
        self.expect_answer(program, 1.5)
        self.assertEqual(program.get("/ready").status, 200)

    def test_the_default_model_answers(self):
        self.put("a/1/model.onnx", 1)
        self.put("b/1/model.onnx", 2)
        program = self.ready(self.serve("--default-model", "b"))
        self.assertEqual(self.answer(program), 2.5)

    def test_explicit_mode_loads_what_it_is_told(self):
        self.put("a/1/model.onnx", 1)
        self.put("b/1/model.onnx", 2)
        program = self.ready(self.serve("--model-control-mode", "explicit", "--load-model", "b"))
        self.assertEqual(self.answer(program), 2.5)

    def test_a_model_that_does_not_match_its_digest_is_refused(self):
        self.put("m/1/model.onnx", 1)
        (self.root / "m/1/model.onnx.sha256").write_text("0" * 64)
        program = self.serve("--on-model-failure", "stay")
        failed = program.wait_for(lambda line: line["message"].startswith("Model failed: m"))
        self.assertIn("expected " + "0" * 64, failed["message"])

    def test_flags_that_make_no_sense_are_refused(self):
        for flags in (["--model-repository", ""], ["--version-policy", "newest"],
                      ["--model-control-mode", "push"],
                      ["--model-repository", "a", "--model", "b"]):
            self.assertNotEqual(run("serve", *flags).returncode, 0, flags)


if __name__ == "__main__":
    unittest.main()
