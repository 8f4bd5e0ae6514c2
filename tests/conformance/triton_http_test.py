# SPDX-License-Identifier: MIT
"""NVIDIA's tritonclient over HTTP: JSON, binary tensors, and Triton's extensions."""

import gzip
import json
import unittest
import zlib

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from clients import ClientTest, golden, strict_json

OUTPUTS = ["predict", "predict_proba", "decision_function"]


def tensor(name, values, binary=True):
    """values  a numpy array"""
    made = triton.InferInput(name, list(values.shape), np_to_triton_dtype(values.dtype))
    return made.set_data_from_numpy(values, binary_data=binary)


class TritonHttpTest(ClientTest):
    def client(self, program):
        client = triton.InferenceServerClient(f"127.0.0.1:{program.port}")
        self.addCleanup(client.close)
        return client

    def serve_one(self, model, *flags):
        return self.client(self.serve(model, *flags))

    def refused(self, status, call, *arguments, **options):
        """The message of the refusal."""
        with self.assertRaises(InferenceServerException) as context:
            call(*arguments, **options)
        self.assertEqual(context.exception.status(), str(status), context.exception)
        self.assertNotIn("exception occurred in the client", context.exception.message())
        return context.exception.message()


class Health(TritonHttpTest):
    def test_a_ready_server(self):
        client = self.serve_one("iris")
        self.assertTrue(client.is_server_live())
        self.assertTrue(client.is_server_ready())
        self.assertTrue(client.is_model_ready("iris"))
        self.assertTrue(client.is_model_ready("iris", "1"))

    def test_an_unknown_model_or_version_is_not_ready(self):
        client = self.serve_one("iris")
        self.assertFalse(client.is_model_ready("tulip"))
        self.assertFalse(client.is_model_ready("iris", "7"))

    def test_a_server_without_its_model_is_alive_and_not_ready(self):
        client = self.client(self.serve_nothing())
        self.assertTrue(client.is_server_live())
        self.assertFalse(client.is_server_ready())
        self.assertFalse(client.is_model_ready("iris"))


class Metadata(TritonHttpTest):
    def test_the_server_names_its_extensions(self):
        metadata = self.serve_one("iris").get_server_metadata()
        self.assertTrue(metadata["name"])
        self.assertTrue(metadata["version"])
        for extension in ["binary_tensor_data", "model_repository", "statistics",
                          "classification"]:
            self.assertIn(extension, metadata["extensions"])

    def test_numbers_are_one_input(self):
        metadata = self.serve_one("iris").get_model_metadata("iris")
        self.assertEqual(metadata["name"], "iris")
        self.assertEqual(metadata["versions"], ["1"])
        self.assertTrue(metadata["platform"])
        [described] = metadata["inputs"]
        self.assertEqual((described["name"], described["shape"]), ("input", [-1, 4]))
        self.assertIn(described["datatype"], ["FP32", "FP64"])
        outputs = {output["name"]: output for output in metadata["outputs"]}
        self.assertEqual(list(outputs), ["predict", "predict_proba"])
        self.assertEqual(outputs["predict"]["datatype"], "INT64")
        self.assertEqual(outputs["predict_proba"]["datatype"], "FP64")
        self.assertEqual(outputs["predict_proba"]["shape"], [-1, 3])

    def test_the_kind_of_the_labels_is_that_of_the_output(self):
        for model, datatype in [("species", "BYTES"), ("truth", "BOOL"), ("diabetes", "FP64"),
                                ("boosted", "INT64")]:
            with self.subTest(model):
                outputs = self.serve_one(model).get_model_metadata(model, "1")["outputs"]
                self.assertEqual(outputs[0]["name"], "predict")
                self.assertEqual(outputs[0]["datatype"], datatype)

    def test_scores_and_regressions(self):
        names = [output["name"]
                 for output in self.serve_one("boosted").get_model_metadata("boosted")["outputs"]]
        self.assertEqual(names, OUTPUTS)
        outputs = self.serve_one("diabetes").get_model_metadata("diabetes")["outputs"]
        self.assertEqual([output["name"] for output in outputs], ["predict"])

    def test_texts_are_an_input_each(self):
        inputs = self.serve_one("cities").get_model_metadata("cities")["inputs"]
        self.assertEqual([part["name"] for part in inputs], golden("cities").features)
        self.assertEqual([part["datatype"] for part in inputs], ["FP64", "BYTES", "FP64"])
        self.assertEqual({tuple(part["shape"]) for part in inputs}, {(-1, 1)})

    def test_the_configuration(self):
        config = self.serve_one("iris").get_model_config("iris")
        self.assertEqual(config["name"], "iris")
        self.assertEqual([part["name"] for part in config["input"]], ["input"])
        self.assertIn(config["input"][0]["data_type"], ["TYPE_FP32", "TYPE_FP64"])
        self.assertEqual([part["name"] for part in config["output"]],
                         ["predict", "predict_proba"])
        self.assertGreaterEqual(config["max_batch_size"], 0)

    def test_an_unknown_model_is_an_error(self):
        client = self.serve_one("iris")
        for call in [client.get_model_metadata, client.get_model_config,
                     client.get_inference_statistics]:
            self.assertIn("tulip", self.refused(404, call, "tulip"))


class Inference(TritonHttpTest):
    def check(self, model, result, indices=None):
        """The outputs are the library's answers to these rows, all of them if not given."""
        expected = golden(model)
        rows = list(range(len(expected.rows))) if indices is None else indices
        expected.check_predictions(result.as_numpy("predict"), rows)
        if expected.probabilities is not None:
            expected.check_probabilities(result.as_numpy("predict_proba"), rows)
        if expected.scores is not None:
            expected.check_scores(result.as_numpy("decision_function"), rows)

    def test_binary_tensors_give_the_librarys_answers(self):
        for model in ["iris", "species", "truth", "diabetes", "boosted", "missing"]:
            with self.subTest(model):
                client = self.serve_one(model)
                self.check(model, client.infer(model, [tensor("input", golden(model).array())]))

    def test_json_gives_the_librarys_answers(self):
        for model in ["iris", "species", "truth", "diabetes", "boosted"]:
            with self.subTest(model):
                client, expected = self.serve_one(model), golden(model)
                outputs = [triton.InferRequestedOutput(name, binary_data=False)
                           for name in self.outputs_of(expected)]
                rows = expected.complete()
                values = tensor("input", expected.array()[rows], binary=False)
                self.check(model, client.infer(model, [values], outputs=outputs), rows)

    def outputs_of(self, expected):
        kept = [True, expected.probabilities is not None, expected.scores is not None]
        return [name for name, keep in zip(OUTPUTS, kept) if keep]

    def test_missing_values_in_json_are_nan_as_the_client_writes_it(self):
        expected, client = golden("missing"), self.serve_one("missing")
        values = tensor("input", expected.array(), binary=False)
        self.check("missing", client.infer("missing", [values]))

    def test_any_name_of_the_one_input(self):
        client, expected = self.serve_one("iris"), golden("iris")
        for name in ["X", "input__0", "float_input"]:
            self.check("iris", client.infer("iris", [tensor(name, expected.array())]))

    def test_a_tensor_for_each_feature(self):
        expected = golden("missing")
        columns = expected.array().T
        client = self.serve_one("missing")
        for shape in [(-1,), (-1, 1)]:
            inputs = [tensor(name, np.ascontiguousarray(column).reshape(shape))
                      for name, column in zip(expected.features, columns)]
            self.check("missing", client.infer("missing", inputs[::-1]))

    def test_texts_among_the_features(self):
        expected, client = golden("cities"), self.serve_one("cities")
        rows = expected.complete()
        columns = list(zip(*(expected.rows[row] for row in rows)))
        for binary in [True, False]:
            inputs = []
            for name, column in zip(expected.features, columns):
                kind = np.object_ if isinstance(column[0], str) else np.float64
                inputs.append(tensor(name, np.array(column, kind).reshape(-1, 1), binary))
            self.check("cities", client.infer("cities", inputs), rows)

    def test_each_datatype_of_numbers_is_read(self):
        client = self.serve_one("iris")
        whole = np.array([[5, 3, 1, 0], [7, 3, 5, 2], [6, 3, 4, 1]])
        wanted = client.infer("iris", [tensor("input", whole.astype(np.float64))])
        for kind in [np.float16, np.float32, np.int8, np.int16, np.int32, np.int64, np.uint8,
                     np.uint16, np.uint32, np.uint64]:
            for binary in [True, False]:
                if kind is np.float16 and not binary:
                    continue  # the client sends it, but JSON has no form of it
                with self.subTest(kind=kind.__name__, binary=binary):
                    got = client.infer("iris", [tensor("input", whole.astype(kind), binary)])
                    np.testing.assert_array_equal(got.as_numpy("predict_proba"),
                                                  wanted.as_numpy("predict_proba"))

    def test_truth_values_are_zero_and_one(self):
        client = self.serve_one("iris")
        truths = np.array([[True, False, True, True], [False, False, True, False]])
        wanted = client.infer("iris", [tensor("input", truths.astype(np.float64))])
        for binary in [True, False]:
            got = client.infer("iris", [tensor("input", truths, binary)])
            np.testing.assert_array_equal(got.as_numpy("predict_proba"),
                                          wanted.as_numpy("predict_proba"))

    def test_float32_has_the_librarys_answers_where_the_rows_fit(self):
        expected, client = golden("missing"), self.serve_one("missing")
        self.check("missing", client.infer("missing", [tensor("input",
                                                              expected.array(np.float32))]))

    def test_many_rows(self):
        expected = golden("iris")
        rows = [index % len(expected.rows) for index in range(10_000)]
        values = expected.array()[rows]
        client = self.serve_one("iris", "--max-body-bytes", "16777216")
        self.check("iris", client.infer("iris", [tensor("input", values)]), rows)

    def test_no_rows(self):
        result = self.serve_one("iris").infer("iris", [tensor("input", np.zeros((0, 4)))])
        self.assertEqual(result.as_numpy("predict_proba").shape, (0, 3))

    def test_only_the_requested_outputs_in_their_order(self):
        client, expected = self.serve_one("iris"), golden("iris")
        outputs = [triton.InferRequestedOutput("predict_proba", binary_data=True),
                   triton.InferRequestedOutput("predict", binary_data=False)]
        result = client.infer("iris", [tensor("input", expected.array())], outputs=outputs)
        names = [output["name"] for output in result.get_response()["outputs"]]
        self.assertEqual(names, ["predict_proba", "predict"])
        self.assertIn("data", result.get_output("predict"))
        self.assertIn("binary_data_size", result.get_output("predict_proba")["parameters"])
        self.check("iris", result)

    def test_the_id_the_model_and_its_version_come_back(self):
        client = self.serve_one("iris")
        values = [tensor("input", golden("iris").array())]
        answer = client.infer("iris", values, request_id="mine").get_response()
        self.assertEqual(answer["id"], "mine")
        self.assertEqual(answer["model_name"], "iris")
        self.assertEqual(answer["model_version"], "1")
        self.assertNotIn("id", client.infer("iris", values).get_response())

    def test_parameters_are_taken(self):
        client = self.serve_one("iris")
        values = [tensor("input", golden("iris").array())]
        self.check("iris", client.infer("iris", values, priority=1, timeout=10_000_000,
                                        parameters={"team": "red", "size": 1, "share": 0.5,
                                                    "dry": False}))

    def test_compression_both_ways(self):
        client = self.serve_one("iris")
        values = [tensor("input", golden("iris").array())]
        for algorithm in ["gzip", "deflate"]:
            with self.subTest(algorithm):
                self.check("iris", client.infer("iris", values,
                                                request_compression_algorithm=algorithm,
                                                response_compression_algorithm=algorithm))

    def test_many_requests_at_once(self):
        client = triton.InferenceServerClient(f"127.0.0.1:{self.serve('iris').port}",
                                              concurrency=8)
        self.addCleanup(client.close)
        values = [tensor("input", golden("iris").array())]
        pending = [client.async_infer("iris", values) for _ in range(64)]
        for request in pending:
            self.check("iris", request.get_result())


class Classification(TritonHttpTest):
    def test_the_best_classes_are_texts(self):
        client, expected = self.serve_one("species"), golden("species")
        output = triton.InferRequestedOutput("predict_proba", class_count=2)
        result = client.infer("species", [tensor("input", expected.array())], outputs=[output])
        best = result.as_numpy("predict_proba")
        self.assertEqual(best.shape, (len(expected.rows), 2))
        for row, shares in zip(best, expected.probabilities):
            parts = [text.decode().split(":") for text in row]
            order = sorted(range(3), key=lambda index: (-shares[index], index))
            self.assertEqual([int(part[1]) for part in parts], order[:2])
            self.assertEqual([part[2] for part in parts],
                             [expected.labels[index] for index in order[:2]])
            np.testing.assert_allclose([float(part[0]) for part in parts],
                                       [shares[index] for index in order[:2]], atol=1e-6)

    def test_more_classes_than_there_are(self):
        client = self.serve_one("species")
        output = triton.InferRequestedOutput("predict_proba", class_count=9, binary_data=False)
        result = client.infer("species", [tensor("input", golden("species").array())],
                              outputs=[output])
        self.assertEqual(result.as_numpy("predict_proba").shape[1], 3)


class Refusals(TritonHttpTest):
    def infer_refused(self, status, values, model="iris", **options):
        client = self.serve_one("iris")
        message = self.refused(status, client.infer, model, [tensor("input", values)], **options)
        self.assertTrue(client.is_server_ready())
        return message

    def test_an_unknown_model_or_version(self):
        self.assertIn("tulip", self.infer_refused(404, np.zeros((1, 4)), "tulip"))
        self.infer_refused(404, np.zeros((1, 4)), model_version="7")

    def test_a_wrong_width_is_told_with_both_widths(self):
        message = self.infer_refused(400, np.zeros((1, 5)))
        self.assertIn("4", message)
        self.assertIn("5", message)

    def test_texts_where_numbers_are_expected(self):
        self.infer_refused(400, np.array([["a", "b", "c", "d"]], np.object_))

    def test_an_unknown_output(self):
        message = self.infer_refused(400, np.zeros((1, 4)),
                                     outputs=[triton.InferRequestedOutput("colour")])
        self.assertIn("colour", message)

    def test_rows_that_the_library_refuses(self):
        expected, client = golden("iris"), self.serve_one("iris")
        for row in expected.refused:
            values = np.array([row], np.float64)
            self.refused(400, client.infer, "iris", [tensor("input", values)])

    def test_shared_memory_is_not_there(self):
        client = self.serve_one("iris")
        values = triton.InferInput("input", [1, 4], "FP64")
        values.set_shared_memory("region", 32)
        self.refused(400, client.infer, "iris", [values])

    def test_a_model_that_is_not_ready(self):
        client = self.client(self.serve_nothing())
        values = [tensor("input", np.zeros((1, 4)))]
        self.refused(503, client.infer, "iris", values)


class Repository(TritonHttpTest):
    def test_the_index_lists_every_version(self):
        client = self.client(self.serve_repository({"iris": {1: "iris", 2: "iris2"},
                                                    "species": "species"}))
        index = {(entry["name"], entry["version"]): entry["state"]
                 for entry in client.get_model_repository_index()}
        for entry in [("iris", "2"), ("species", "1")]:
            self.assertEqual(index.get(entry), "READY", index)

    def test_the_newest_version_answers_without_a_version(self):
        program = self.serve_repository({"iris": {1: "iris", 2: "iris2"}})
        client = self.client(program)
        values = [tensor("input", golden("iris2").array())]
        result = client.infer("iris", values)
        self.assertEqual(result.get_response()["model_version"], "2")
        golden("iris2").check_probabilities(result.as_numpy("predict_proba"))

    def test_unload_and_load(self):
        client = self.client(self.serve_repository(
            {"iris": "iris", "species": "species"},
            "--model-control-mode", "explicit", "--load-model", "iris,species"))
        client.unload_model("iris")
        self.assertFalse(client.is_model_ready("iris"))
        self.assertTrue(client.is_model_ready("species"))
        client.load_model("iris")
        self.assertTrue(client.is_model_ready("iris"))
        result = client.infer("iris", [tensor("input", golden("iris").array())])
        golden("iris").check_probabilities(result.as_numpy("predict_proba"))

    def test_what_is_not_there_cannot_be_loaded(self):
        client = self.client(self.serve_repository({"iris": "iris"}))
        with self.assertRaises(InferenceServerException) as context:
            client.load_model("tulip")
        self.assertIn("tulip", context.exception.message())


class Statistics(TritonHttpTest):
    def test_they_count_requests_and_rows(self):
        client = self.serve_one("iris")
        values = [tensor("input", golden("iris").array())]
        for _ in range(3):
            client.infer("iris", values)
        with self.assertRaises(InferenceServerException):
            client.infer("iris", [tensor("input", np.zeros((1, 9)))])
        [stats] = client.get_inference_statistics("iris")["model_stats"]
        self.assertEqual((stats["name"], stats["version"]), ("iris", "1"))
        self.assertEqual(stats["inference_count"], 3 * len(golden("iris").rows))
        self.assertEqual(stats["inference_stats"]["success"]["count"], 3)
        self.assertEqual(stats["inference_stats"]["fail"]["count"], 1)
        self.assertGreater(stats["last_inference"], 0)
        for part in ["success", "fail", "queue", "compute_input", "compute_infer",
                     "compute_output"]:
            self.assertEqual(set(stats["inference_stats"][part]), {"count", "ns"})

    def test_without_a_name_all_models(self):
        client = self.client(self.serve_repository({"iris": "iris", "species": "species"}))
        names = {stats["name"] for stats in client.get_inference_statistics()["model_stats"]}
        self.assertEqual(names, {"iris", "species"})


class ByHand(TritonHttpTest):
    """Requests that tritonclient does not make."""

    PATH = "/v2/models/iris/infer"

    def test_a_raw_request_is_tensor_bytes_alone(self):
        program = self.serve("iris")
        [described] = self.client(program).get_model_metadata("iris")["inputs"]
        kind = {"FP32": np.float32, "FP64": np.float64}[described["datatype"]]
        values = golden("iris").array()[:1].astype(kind)
        status, names, body = self.call(program, "POST", self.PATH, values.tobytes(),
                                        {"Inference-Header-Content-Length": "0",
                                         "Content-Type": "application/octet-stream"})
        self.assertEqual(status, 200, body)
        size = int(names["inference-header-content-length"])
        outputs = strict_json(body[:size])["outputs"]
        rest = body[size:]
        self.assertEqual(sum(output["parameters"]["binary_data_size"] for output in outputs),
                         len(rest))
        golden("iris").check_predictions(np.frombuffer(rest[:8], np.int64), [0])
        golden("iris").check_probabilities(np.frombuffer(rest[8:], np.float64), 0)

    def test_nested_and_flat_data_are_the_same(self):
        program, expected = self.serve("iris"), golden("iris")
        rows = expected.complete()[:5]
        nested = [expected.rows[row] for row in rows]
        answers = []
        for data in [nested, sum(nested, [])]:
            body = {"id": "a", "inputs": [{"name": "input", "shape": [5, 4], "datatype": "FP64",
                                           "data": data}]}
            answers.append(self.call_json(program, "POST", self.PATH, body))
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(answers[0]["id"], "a")
        outputs = {output["name"]: output for output in answers[0]["outputs"]}
        self.assertEqual(outputs["predict_proba"]["shape"], [5, 3])
        expected.check_predictions(outputs["predict"]["data"], rows)
        expected.check_probabilities(np.reshape(outputs["predict_proba"]["data"], (5, 3)), rows)

    def test_compressed_json(self):
        body = json.dumps({"inputs": [{"name": "input", "shape": [1, 4], "datatype": "FP64",
                                       "data": golden("iris").rows[0]}]}).encode()
        program = self.serve("iris")
        for encoding, packed in [("gzip", gzip.compress(body)), ("deflate", zlib.compress(body))]:
            answer = self.call_json(program, "POST", self.PATH, packed,
                                    {"Content-Encoding": encoding,
                                     "Content-Type": "application/json"})
            self.assertEqual(answer["model_name"], "iris")

    def test_broken_requests_are_refused_in_the_dialects_form(self):
        program = self.serve("iris")
        good = {"name": "input", "shape": [1, 4], "datatype": "FP64", "data": [1, 2, 3, 4]}
        for fault in [b"{", {}, {"inputs": []}, {"inputs": [good | {"shape": [1, 5]}]},
                      {"inputs": [good | {"datatype": "FP128"}]}, {"inputs": [good | {"data": []}]},
                      {"inputs": [good | {"shape": [-1, 4]}]}, {"inputs": "a"},
                      {"inputs": [good | {"parameters": {"binary_data_size": 32}}]}]:
            with self.subTest(fault=fault):
                self.assert_error(program, "POST", self.PATH, 400, fault,
                                  {"Content-Type": "application/json"})


if __name__ == "__main__":
    unittest.main()
