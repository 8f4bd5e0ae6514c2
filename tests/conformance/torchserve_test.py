# SPDX-License-Identifier: MIT
"""TorchServe's inference and management paths. Its project is closed and has no client: by hand."""

import json
import unittest

from clients import ALL_VERSIONS, ClientTest, golden, strict_json


class TorchServeTest(ClientTest):
    def predict(self, program, path, body, headers=None, status=200):
        got, _, text = self.call(program, "POST", path, body, headers)
        self.assertEqual(got, status, text)
        return strict_json(text)


class Inference(TorchServeTest):
    def test_ping(self):
        """/ping is also MLflow's and SageMaker's: the status counts."""
        self.assertEqual(self.call(self.serve("iris"), "GET", "/ping")[0], 200)
        self.assertNotEqual(self.call(self.serve_nothing(), "GET", "/ping")[0], 200)

    def test_a_list_of_rows_or_its_object(self):
        expected, program = golden("iris"), self.serve("iris")
        rows = [expected.rows[row] for row in expected.complete()]
        for path in ["/predictions/iris", "/predictions/iris/1", "/predictions/iris/1.0"]:
            for body in [rows, {"instances": rows}]:
                answer = self.predict(program, path, body)
                answer = answer["predictions"] if isinstance(answer, dict) else answer
                expected.check_predictions(answer, expected.complete())

    def test_the_kserve_path(self):
        answer = self.predict(self.serve("species"), "/v1/models/species:predict",
                              {"instances": [golden("species").rows[0]]})
        golden("species").check_predictions(answer["predictions"], [0])

    def test_curl_names_no_json(self):
        """`curl -T row.json` has no content type, `curl -d @row.json` that of a form."""
        body = json.dumps([golden("iris").rows[0]])
        for headers in [{}, {"Content-Type": "application/x-www-form-urlencoded"}]:
            self.predict(self.serve("iris"), "/predictions/iris", body, headers)

    def test_refusals_have_code_type_and_message(self):
        program = self.serve("iris")
        for path, body, status in [("/predictions/tulip", [[1, 2, 3, 4]], 404),
                                   ("/predictions/iris/7", [[1, 2, 3, 4]], 404),
                                   ("/predictions/iris", [[1, 2]], 400)]:
            document = self.predict(program, path, body, status=status)
            self.assertEqual(document["code"], status)
            self.assertTrue(document["type"].endswith("Exception"), document)
            self.assertTrue(document["message"])


class Management(TorchServeTest):
    def serve_two(self):
        return self.serve_repository({"iris": {1: "iris", 2: "iris2"}, "species": "species"},
                                     *ALL_VERSIONS)

    def test_the_list_of_the_models(self):
        listed = self.call_json(self.serve_two(), "GET", "/models?limit=100")["models"]
        self.assertEqual({entry["modelName"] for entry in listed}, {"iris", "species"})
        self.assertTrue(all(entry["modelUrl"] for entry in listed))

    def test_pages_of_the_list(self):
        program = self.serve_two()
        first = self.call_json(program, "GET", "/models?limit=1")
        token = first["nextPageToken"]
        rest = self.call_json(program, "GET", f"/models?limit=1&next_page_token={token}")
        names = [entry["modelName"] for entry in first["models"] + rest["models"]]
        self.assertEqual(sorted(names), ["iris", "species"])
        self.assertNotIn("nextPageToken", rest)

    def test_one_model(self):
        program = self.serve_two()
        [described] = self.call_json(program, "GET", "/models/iris/2")
        self.assertEqual(described["modelName"], "iris")
        self.assertEqual(described["modelVersion"], "2")
        versions = self.call_json(program, "GET", "/models/iris/all")
        self.assertEqual({entry["modelVersion"] for entry in versions}, {"1", "2"})
        status, _, text = self.call(program, "GET", "/models/tulip")
        self.assertEqual(status, 404, text)

    def test_another_default_version(self):
        program = self.serve_two()
        self.call_json(program, "PUT", "/models/iris/1/set-default")
        [described] = self.call_json(program, "GET", "/models/iris")
        self.assertEqual(described["modelVersion"], "1")

    def test_unregister(self):
        program = self.serve_repository({"iris": "iris", "species": "species"},
                                        "--model-control-mode", "explicit",
                                        "--load-model", "iris,species")
        self.assertEqual(self.call(program, "DELETE", "/models/iris")[0], 200)
        self.assertEqual(self.call(program, "POST", "/predictions/iris", b"[1,2,3,4]")[0], 404)
        self.assertEqual(self.call(program, "GET", "/models/species")[0], 200)


if __name__ == "__main__":
    unittest.main()
