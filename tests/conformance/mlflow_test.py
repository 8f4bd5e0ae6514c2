# SPDX-License-Identifier: MIT
"""MLflow's scoring protocol, by its own client where that has the call."""

import json
import unittest

import numpy as np
import pandas as pd
from mlflow.pyfunc.scoring_server.client import ScoringServerClient

from clients import ClientTest, golden, strict_json

JSON = {"Content-Type": "application/json"}
CSV = {"Content-Type": "text/csv"}


def frame(model, indices=None):
    """The rows as a data frame; a missing value is NaN or None as pandas has it."""
    expected = golden(model)
    rows = expected.rows if indices is None else [expected.rows[index] for index in indices]
    return pd.DataFrame(rows, columns=expected.names())


class MlflowTest(ClientTest):
    def client(self, program):
        return ScoringServerClient("127.0.0.1", program.port)

    def serve_one(self, model):
        return self.client(self.serve(model))

    def invoke(self, program, body, headers=None, status=200):
        """The JSON of the answer to a body of bytes or of JSON."""
        return self.call_json(program, "POST", "/invocations", body, headers, status)

    def refused(self, program, body, headers=None):
        """MLflow's form of an error; the message."""
        document = self.invoke(program, body, headers, 400)
        self.assertEqual(document["error_code"], "BAD_REQUEST")
        self.assertTrue(document["message"])
        return document["message"]


class Probes(MlflowTest):
    def test_the_clients_wait_ends(self):
        client = self.serve_one("iris")
        client.wait_server_ready(timeout=5)
        client.ping()
        self.assertRegex(client.get_version(), r"^\d+\.\d+")

    def test_health_is_ping(self):
        program = self.serve("iris")
        for path in ["/ping", "/health"]:
            self.assertEqual(self.call(program, "GET", path)[0], 200)

    def test_ping_fails_without_a_model(self):
        client = self.client(self.serve_nothing())
        with self.assertRaisesRegex(Exception, "ping failed"):
            client.ping()


class Invocations(MlflowTest):
    def test_a_data_frame(self):
        for model in ["iris", "species", "truth", "diabetes", "boosted", "missing", "cities"]:
            with self.subTest(model):
                answer = self.serve_one(model).invoke(frame(model))
                golden(model).check_predictions(answer.get_predictions("ndarray"))

    def test_columns_by_name_in_another_order(self):
        for model in ["cities", "missing"]:
            shuffled = frame(model)[golden(model).names()[::-1]]
            answer = self.serve_one(model).invoke(shuffled)
            golden(model).check_predictions(answer["predictions"])

    def test_a_data_frame_without_names_for_a_model_without_names(self):
        expected = golden("iris")
        answer = self.serve_one("iris").invoke(pd.DataFrame(expected.array()))  # columns 0 to 3
        expected.check_predictions(answer["predictions"])

    def test_an_array_and_a_list(self):
        expected, client = golden("missing"), self.serve_one("missing")
        for data in [expected.array(), expected.rows]:
            expected.check_predictions(client.invoke(data)["predictions"])

    def test_probabilities_and_scores_by_a_parameter(self):
        expected, client = golden("boosted"), self.serve_one("boosted")
        answer = client.invoke(frame("boosted"), {"predict_method": "predict_proba"})
        expected.check_probabilities(np.array(answer["predictions"]))
        answer = client.invoke(frame("boosted"), {"predict_method": "decision_function"})
        expected.check_scores(answer["predictions"])
        answer = client.invoke(frame("boosted"), {"predict_method": "predict"})
        expected.check_predictions(answer["predictions"])

    def test_an_answer_is_a_data_frame_for_the_client(self):
        table = self.serve_one("species").invoke(frame("species")).get_predictions()
        golden("species").check_predictions(table[0].to_numpy())

    def test_the_four_forms_of_json(self):
        expected, program = golden("cities"), self.serve("cities")
        table = frame("cities")
        records = [dict(zip(expected.features, row)) for row in expected.rows]
        columns = {name: [row[place] for row in expected.rows]
                   for place, name in enumerate(expected.features)}
        split = {"columns": expected.features, "data": expected.rows}
        for body in [{"dataframe_split": split},
                     {"dataframe_split": split | {"index": list(range(len(table)))}},
                     {"dataframe_records": records},
                     {"instances": expected.rows}, {"instances": records},
                     {"inputs": columns}, {"inputs": expected.rows},
                     {"params": {}, "inputs": columns}]:
            with self.subTest(list(body)):
                answer = self.invoke(program, body)
                self.assertEqual(list(answer), ["predictions"])
                expected.check_predictions(answer["predictions"])

    def test_csv_has_a_header(self):
        for model in ["missing", "cities"]:
            with self.subTest(model):
                table = frame(model)
                for headers in [CSV, {"Content-Type": "text/csv; charset=UTF-8"}]:
                    answer = self.invoke(self.serve(model), table.to_csv(index=False).encode(),
                                         headers)
                    golden(model).check_predictions(answer["predictions"])

    def test_the_content_type_may_name_its_character_set(self):
        program = self.serve("iris")
        body = json.dumps({"instances": [[5.1, 3.5, 1.4, 0.2]]}).encode()
        for kind in ["application/json", "application/json; charset=utf-8",
                     "application/json;charset=UTF-8"]:
            self.invoke(program, body, {"Content-Type": kind})

    def test_nan_and_infinity_as_python_writes_them(self):
        expected, program = golden("missing"), self.serve("missing")
        body = json.dumps({"inputs": expected.array().tolist()}).encode()
        self.assertIn(b"NaN", body)
        expected.check_predictions(self.invoke(program, body, JSON)["predictions"])


class Refusals(MlflowTest):
    def test_a_list_alone_is_refused_with_a_hint(self):
        message = self.refused(self.serve("iris"), [[1, 2, 3, 4]])
        for form in ["dataframe_split", "dataframe_records", "instances", "inputs"]:
            self.assertIn(form, message)

    def test_not_exactly_one_form(self):
        program = self.serve("iris")
        rows = [[1, 2, 3, 4]]
        self.refused(program, {})
        self.refused(program, {"rows": rows})
        self.refused(program, {"instances": rows, "inputs": rows})

    def test_broken_bodies(self):
        program = self.serve("iris")
        self.refused(program, b"{", JSON)
        self.refused(program, {"instances": [[1, 2, 3, 4, 5]]})
        self.refused(program, {"instances": [["a", "b", "c", "d"]]})
        self.refused(program, {"dataframe_split": {"columns": ["a"], "data": [[1]]}})
        self.refused(program, {"dataframe_split": {"data": 1}})
        self.refused(program, {"inputs": [[1, 2, 3, 4]], "params": {"predict_method": "dream"}})
        self.refused(program, {"inputs": [[1, 2, 3, 4]], "params": 5})

    def test_rows_that_the_library_refuses(self):
        program = self.serve("iris")
        for row in golden("iris").refused:
            body = json.dumps({"instances": [row]}).encode()
            self.refused(program, body, JSON)

    def test_another_content_type_is_told_in_plain_text(self):
        program = self.serve("iris")
        for kind in ["text/xml", "application/vnd.apache.parquet",
                     "application/json; charset=latin-1", "application/json; format=pandas-split"]:
            with self.subTest(kind):
                status, headers, body = self.call(program, "POST", "/invocations", b"{}",
                                                  {"Content-Type": kind})
                self.assertEqual(status, 415, body)
                self.assertTrue(headers["content-type"].startswith("text/plain"))
                self.assertTrue(body)

    def test_the_client_shows_the_text(self):
        client = self.serve_one("iris")
        with self.assertRaisesRegex(Exception, r"error code 400.*BAD_REQUEST"):
            client.invoke([[1, 2]])

    def test_answers_are_json_whatever_comes(self):
        status, headers, body = self.call(self.serve("iris"), "POST", "/invocations", b"\xff",
                                          JSON)
        self.assertEqual(status, 400)
        self.assertEqual(headers["content-type"], "application/json")
        strict_json(body)


if __name__ == "__main__":
    unittest.main()
