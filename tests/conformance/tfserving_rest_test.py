# SPDX-License-Identifier: MIT
"""TensorFlow Serving's REST API, whose clients are curl and requests: by hand."""

import json
import math
import unittest

import numpy as np

from clients import ALL_VERSIONS, ClientTest, golden


class RestTest(ClientTest):
    def post(self, program, path, body, status=200):
        return self.call_json(program, "POST", path, body, status=status)

    def complete(self, model):
        """(rows without missing values, their places)"""
        rows = golden(model).complete()
        return [golden(model).rows[row] for row in rows], rows


class Rows(RestTest):
    def test_predictions_are_the_librarys(self):
        for model in ["iris", "species", "truth", "diabetes", "boosted", "cities"]:
            with self.subTest(model):
                rows, places = self.complete(model)
                answer = self.post(self.serve(model), f"/v1/models/{model}:predict",
                                   {"instances": rows})
                self.assertEqual(list(answer), ["predictions"])
                golden(model).check_predictions(answer["predictions"], places)

    def test_the_signature_chooses_the_output(self):
        program, expected = self.serve("boosted"), golden("boosted")
        rows, places = self.complete("boosted")
        path = "/v1/models/boosted:predict"
        for signature, check in [("serving_default", expected.check_predictions),
                                 ("predict_proba", expected.check_probabilities),
                                 ("decision_function", expected.check_scores)]:
            answer = self.post(program, path, {"signature_name": signature, "instances": rows})
            check(answer["predictions"], places)

    def test_rows_by_name(self):
        for model in ["cities", "missing"]:
            program, expected = self.serve(model), golden(model)
            rows = [dict(zip(expected.features, row)) for row in expected.rows]
            answer = self.post(program, f"/v1/models/{model}:predict", {"instances": rows})
            expected.check_predictions(answer["predictions"])
            wrapped = [{name: [value] for name, value in row.items()} for row in rows]
            answer = self.post(program, f"/v1/models/{model}:predict", {"instances": wrapped})
            expected.check_predictions(answer["predictions"])

    def test_texts_as_base64(self):
        """{"b64": ...} is a text of bytes."""
        import base64
        program, expected = self.serve("cities"), golden("cities")
        rows, places = self.complete("cities")
        coded = [[{"b64": base64.b64encode(value.encode()).decode()}
                  if isinstance(value, str) else value for value in row] for row in rows]
        answer = self.post(program, "/v1/models/cities:predict", {"instances": coded})
        expected.check_predictions(answer["predictions"], places)

    def test_nan_and_infinity_are_words(self):
        program, expected = self.serve("missing"), golden("missing")
        rows = [[math.nan if value is None else value for value in row] for row in expected.rows]
        body = json.dumps({"instances": rows}).encode()
        self.assertIn(b"NaN", body)
        answer = self.call_json(program, "POST", "/v1/models/missing:predict", body,
                                {"Content-Type": "application/json"})
        expected.check_predictions(answer["predictions"])

    def test_curl_names_no_json(self):
        """`curl -d '{...}'` says application/x-www-form-urlencoded, as in all the examples."""
        answer = self.call_json(self.serve("iris"), "POST", "/v1/models/iris:predict",
                                b'{"instances": [[5.1, 3.5, 1.4, 0.2]]}',
                                {"Content-Type": "application/x-www-form-urlencoded"})
        golden("iris").check_predictions(answer["predictions"], [0])


class Columns(RestTest):
    def test_inputs_give_outputs(self):
        program, expected = self.serve("iris"), golden("iris")
        rows, places = self.complete("iris")
        for inputs in [rows, {"input": rows}]:
            answer = self.post(program, "/v1/models/iris:predict", {"inputs": inputs})
            self.assertEqual(list(answer), ["outputs"])
            expected.check_predictions(answer["outputs"], places)

    def test_a_column_for_each_feature(self):
        program, expected = self.serve("cities"), golden("cities")
        columns = {name: [row[place] for row in expected.rows]
                   for place, name in enumerate(expected.features)}
        answer = self.post(program, "/v1/models/cities:predict", {"inputs": columns})
        expected.check_predictions(answer["outputs"])
        nested = {name: [[value] for value in column] for name, column in columns.items()}
        answer = self.post(program, "/v1/models/cities:predict",
                           {"inputs": nested, "signature_name": "predict_proba"})
        expected.check_probabilities(answer["outputs"])


class Examples(RestTest):
    def examples(self, model):
        expected = golden(model)
        return [{name: [value] if place % 2 else value
                 for place, (name, value) in enumerate(zip(expected.names(), row))
                 if value is not None} for row in expected.rows]

    def test_classify(self):
        for model in ["missing", "cities"]:
            with self.subTest(model):
                expected = golden(model)
                answer = self.post(self.serve(model), f"/v1/models/{model}:classify",
                                   {"examples": self.examples(model)})
                results = answer["results"]
                for row, shares in zip(results, expected.probabilities):
                    self.assertEqual([label for label, _ in row], expected.labels)
                    np.testing.assert_allclose([score for _, score in row], shares, rtol=1e-6,
                                               atol=1e-12)
                self.assertEqual(len(results), len(expected.rows))

    def test_regress(self):
        expected = golden("diabetes")
        answer = self.post(self.serve("diabetes"), "/v1/models/diabetes:regress",
                           {"examples": self.examples("diabetes")})
        np.testing.assert_allclose(answer["results"], expected.predictions, rtol=1e-6)

    def test_the_context_stands_for_all_examples(self):
        expected, program = golden("missing"), self.serve("missing")
        first = dict(zip(expected.features, expected.rows[0]))
        context = {name: first.pop(name) for name in expected.features[:2]}
        answer = self.post(program, "/v1/models/missing:classify",
                           {"context": context, "examples": [first, first]})
        for row in answer["results"]:
            np.testing.assert_allclose([score for _, score in row], expected.probabilities[0],
                                       rtol=1e-6)

    def test_classify_and_regress_are_not_for_the_other_kind(self):
        for model, verb in [("diabetes", "classify"), ("iris", "regress")]:
            self.assert_error(self.serve(model), "POST", f"/v1/models/{model}:{verb}", 400,
                              {"examples": self.examples(model)})


class Status(RestTest):
    def test_of_a_model(self):
        program = self.serve("iris")
        for path in ["/v1/models/iris", "/v1/models/iris/versions/1"]:
            document = self.call_json(program, "GET", path)
            self.assertEqual(document["model_version_status"], [
                {"version": "1", "state": "AVAILABLE",
                 "status": {"error_code": "OK", "error_message": ""}}])

    def test_of_a_model_with_versions(self):
        program = self.serve_repository({"iris": {1: "iris", 2: "iris2"}}, *ALL_VERSIONS)
        versions = self.call_json(program, "GET", "/v1/models/iris")["model_version_status"]
        self.assertEqual([entry["version"] for entry in versions], ["2", "1"])

    def test_metadata_has_the_signatures(self):
        document = self.call_json(self.serve("boosted"), "GET", "/v1/models/boosted/metadata")
        self.assertEqual(document["model_spec"]["name"], "boosted")
        self.assertEqual(document["model_spec"]["version"], "1")
        signatures = document["metadata"]["signature_def"]["signature_def"]
        self.assertLessEqual({"serving_default", "predict_proba", "decision_function"},
                             set(signatures))
        default = signatures["serving_default"]
        self.assertEqual(default["method_name"], "tensorflow/serving/predict")
        [described] = default["inputs"].values()
        self.assertIn(described["dtype"], ["DT_FLOAT", "DT_DOUBLE"])
        self.assertEqual([dimension["size"] for dimension in described["tensor_shape"]["dim"]],
                         ["-1", "4"])

    def test_what_is_not_there(self):
        program = self.serve("iris")
        for method, path in [("GET", "/v1/models/tulip"), ("GET", "/v1/models/iris/versions/7"),
                             ("GET", "/v1/models/tulip/metadata"),
                             ("POST", "/v1/models/tulip:predict"),
                             ("POST", "/v1/models/iris/versions/7:predict"),
                             ("POST", "/v1/models/iris/labels/none:predict")]:
            body = {"instances": [[1, 2, 3, 4]]} if method == "POST" else None
            self.assert_error(program, method, path, 404, body)


class Versions(RestTest):
    def test_each_version_has_its_path_and_the_newest_is_the_default(self):
        program = self.serve_repository({"iris": {1: "iris", 2: "iris2"}}, *ALL_VERSIONS)
        rows, places = self.complete("iris")
        for path, model in [("/v1/models/iris/versions/1:predict", "iris"),
                            ("/v1/models/iris/versions/2:predict", "iris2"),
                            ("/v1/models/iris:predict", "iris2")]:
            answer = self.post(program, path, {"instances": rows,
                                               "signature_name": "predict_proba"})
            with self.subTest(path):
                rows_of = {tuple(row): place for place, row in enumerate(golden(model).rows)}
                known = [(rows_of[tuple(row)], got)
                         for row, got in zip(rows, answer["predictions"]) if tuple(row) in rows_of]
                self.assertGreater(len(known), 5)
                golden(model).check_probabilities([got for _, got in known],
                                                  [place for place, _ in known])


class Refusals(RestTest):
    def test_broken_bodies(self):
        program = self.serve("iris")
        rows = [[1, 2, 3, 4]]
        for body in [b"{", {}, {"instances": []}, {"instances": rows, "inputs": rows},
                     {"instances": 5}, {"instances": [[1, 2, 3]]},
                     {"instances": [["a", "b", "c", "d"]]},
                     {"instances": rows, "signature_name": "dream"}]:
            with self.subTest(body):
                self.assert_error(program, "POST", "/v1/models/iris:predict", 400, body)

    def test_an_unknown_verb(self):
        status, _, body = self.call(self.serve("iris"), "POST", "/v1/models/iris:dream", {})
        self.assertIn(status, [400, 404])  # TensorFlow Serving says 400, a path is not found
        self.assertTrue(json.loads(body))


if __name__ == "__main__":
    unittest.main()
