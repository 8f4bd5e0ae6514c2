# SPDX-License-Identifier: MIT
"""What Amazon SageMaker asks of a container: there is no client to install, the calls are plain."""

import json
import shutil
import tempfile
import time
import unittest
from pathlib import Path

from clients import ClientTest, free_port, golden, strict_json
from golden import model_file
from program import PATIENCE_S

CSV = {"Content-Type": "text/csv"}


def csv_of(rows):
    """Without a header, as SageMaker's built-in algorithms take it; nothing is a missing value."""
    return "\n".join(",".join("" if value is None else str(value) for value in row)
                     for row in rows).encode()


class SageMakerTest(ClientTest):
    def invoke(self, program, body, headers, status=200):
        got, names, text = self.call(program, "POST", "/invocations", body, headers)
        self.assertEqual(got, status, text)
        return names, text


class Start(SageMakerTest):
    def test_the_argument_serve_and_the_port_of_the_environment(self):
        port = free_port()
        program = self.start("--model", str(model_file("iris")), port_flag=(),
                             env={"SAGEMAKER_BIND_TO_PORT": str(port)})
        self.assertEqual(program.port, port)
        self.assertEqual(self.call(program, "GET", "/ping")[0], 200)  # nobody reads its body

    def test_the_model_is_where_sagemaker_unpacks_it(self):
        """A repository may be the folder that /opt/ml/model is: one file that is a model."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.pkl"
            path.write_bytes(model_file("iris").read_bytes())
            program = self.start("--model-repository", folder)
            self.assertEqual(self.call(program, "GET", "/ping")[0], 200)

    def test_a_container_that_is_told_to_stop_ends_in_time(self):
        program = self.serve("iris", "--drain-delay", "0")
        program.terminate()
        self.assertEqual(program.exit_status(), 0)


class Ping(SageMakerTest):
    def test_answers_within_two_seconds(self):
        program = self.serve("iris")
        begin = time.monotonic()
        self.assertEqual(self.call(program, "GET", "/ping")[0], 200)  # nobody reads its body
        self.assertLess(time.monotonic() - begin, 2)

    def test_is_no_200_without_a_model(self):
        self.assertNotEqual(self.call(self.serve_nothing(), "GET", "/ping")[0], 200)


class Invocations(SageMakerTest):
    def test_csv_without_a_header(self):
        for model in ["iris", "species", "truth", "diabetes", "boosted", "missing", "cities"]:
            with self.subTest(model):
                expected = golden(model)
                names, body = self.invoke(self.serve(model), csv_of(expected.rows), CSV)
                self.assertEqual(names["content-type"], "application/json")
                answer = strict_json(body)
                self.assertEqual(list(answer), ["predictions"])
                expected.check_predictions(answer["predictions"])

    def test_the_last_line_may_end_or_not(self):
        program, expected = self.serve("iris"), golden("iris")
        body = csv_of(expected.rows[:3])
        for ending in [b"", b"\n", b"\r\n"]:
            _, text = self.invoke(program, body + ending, CSV)
            self.assertEqual(len(strict_json(text)["predictions"]), 3)

    def test_one_row(self):
        _, text = self.invoke(self.serve("iris"), b"5.1,3.5,1.4,0.2", CSV)
        golden("iris").check_predictions(strict_json(text)["predictions"], [0])

    def test_the_answer_as_csv(self):
        for model in ["iris", "species", "diabetes"]:
            with self.subTest(model):
                expected = golden(model)
                names, body = self.invoke(self.serve(model), csv_of(expected.rows),
                                          CSV | {"Accept": "text/csv"})
                self.assertTrue(names["content-type"].startswith("text/csv"))
                lines = body.decode().split("\n")
                lines = lines[:-1] if lines[-1] == "" else lines
                kind = type(expected.predictions[0])
                expected.check_predictions([kind(line) for line in lines])

    def test_json(self):
        expected, program = golden("iris"), self.serve("iris")
        rows = [expected.rows[row] for row in expected.complete()]
        for accept in [{}, {"Accept": "application/json"}, {"Accept": "*/*"}]:
            body = json.dumps({"instances": rows}).encode()
            _, text = self.invoke(program, body, {"Content-Type": "application/json"} | accept)
            expected.check_predictions(strict_json(text)["predictions"], expected.complete())

    def test_the_headers_that_sagemaker_adds_change_nothing(self):
        self.invoke(self.serve("iris"), b"5.1,3.5,1.4,0.2",
                    CSV | {"X-Amzn-SageMaker-Custom-Attributes": "a=b",
                           "X-Amzn-SageMaker-Target-Variant": "blue",
                           "X-Amzn-SageMaker-Inference-Id": "1", "X-Amzn-Trace-Id": "Root=1"})

    def test_what_is_wrong_is_the_clients_fault(self):
        program = self.serve("iris")
        for body in [b"", b"1,2,3,4,5", b"1,2", b"1,2,x,4", b'"1']:
            with self.subTest(body=body):
                _, text = self.invoke(program, body, CSV, 400)
                strict_json(text)

    def test_a_header_is_recognised_where_it_names_the_features(self):
        expected, program = golden("missing"), self.serve("missing")
        body = ",".join(expected.features).encode() + b"\n" + csv_of(expected.rows)
        _, text = self.invoke(program, body, CSV)
        expected.check_predictions(strict_json(text)["predictions"])


class MultiModel(SageMakerTest):
    """A container with `SAGEMAKER_MULTI_MODEL` loads and unloads what it is told."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for model in ["iris", "species"]:
            (self.folder / model).mkdir()
            shutil.copyfile(model_file(model), self.folder / model / "model.pkl")
        self.program = self.start("--model-repository", str(self.folder), ready=False,
                                  env={"SAGEMAKER_MULTI_MODEL": "true"})

    def load(self, name, url=None, status=200):
        return self.call_json(self.program, "POST", "/models",
                              {"model_name": name, "url": str(url or self.folder / name)},
                              status=status)

    def test_the_container_is_well_without_a_model(self):
        deadline = time.monotonic() + PATIENCE_S
        while self.call(self.program, "GET", "/ping")[0] != 200:  # it has to look at the folder
            self.assertLess(time.monotonic(), deadline)

    def test_load_list_invoke_unload(self):
        self.assertEqual(self.call_json(self.program, "GET", "/models"), {"models": []})
        self.load("iris")
        self.load("species")
        listed = self.call_json(self.program, "GET", "/models")["models"]
        self.assertEqual({entry["modelName"] for entry in listed}, {"iris", "species"})
        self.assertEqual({entry["modelUrl"] for entry in listed},
                         {str(self.folder / "iris"), str(self.folder / "species")})
        described = self.call_json(self.program, "GET", "/models/iris")
        self.assertEqual(described["modelName"], "iris")
        status, _, text = self.call(self.program, "POST", "/models/iris/invoke",
                                    csv_of(golden("iris").rows), CSV)
        self.assertEqual(status, 200, text)
        golden("iris").check_predictions(strict_json(text)["predictions"])
        self.assertEqual(self.call(self.program, "DELETE", "/models/iris")[0], 200)
        self.assertEqual(self.call(self.program, "POST", "/models/iris/invoke", b"1,2,3,4",
                                   CSV)[0], 404)

    def test_the_statuses_that_sagemaker_knows(self):
        self.load("iris")
        self.load("iris", status=409)  # it is loaded already
        self.load("tulip", status=404)  # no such folder
        self.load("tulip", self.folder.parent, status=400)  # not below the operator's
        self.load("tulip", f"{self.folder}/../{self.folder.name}/iris", status=400)
        for method, path in [("GET", "/models/tulip"), ("DELETE", "/models/tulip")]:
            self.assertEqual(self.call(self.program, method, path)[0], 404)


if __name__ == "__main__":
    unittest.main()
