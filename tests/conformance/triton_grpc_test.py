# SPDX-License-Identifier: MIT
"""NVIDIA's tritonclient over gRPC, with its stream."""

import queue
import unittest

import grpc
import numpy as np
import tritonclient.grpc as triton
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from clients import ClientTest, golden, grpc_port
from program import PATIENCE_S


def tensor(name, values):
    """values  a numpy array"""
    made = triton.InferInput(name, list(values.shape), np_to_triton_dtype(values.dtype))
    return made.set_data_from_numpy(values)


def typed_numbers(answer, name):
    """An output of FP64 whose elements are typed, as those of the request were."""
    [output] = [output for output in answer.outputs if output.name == name]
    return np.array(output.contents.fp64_contents).reshape(list(output.shape))


class TritonGrpcTest(ClientTest):
    def client(self, program):
        client = triton.InferenceServerClient(f"127.0.0.1:{grpc_port(program)}")
        self.addCleanup(client.close)
        return client

    def stub(self, program):
        """The service without tritonclient's own calls around it."""
        channel = grpc.insecure_channel(f"127.0.0.1:{grpc_port(program)}")
        self.addCleanup(channel.close)
        return service_pb2_grpc.GRPCInferenceServiceStub(channel)

    def serve_one(self, model, *flags):
        return self.client(self.serve(model, *flags))

    def refused(self, code, call, *arguments, **options):
        """The message of the refusal. code  the name of gRPC's code"""
        with self.assertRaises(InferenceServerException) as context:
            call(*arguments, **options)
        self.assertEqual(context.exception.status(), "StatusCode." + code, context.exception)
        self.assertTrue(context.exception.message())
        return context.exception.message()

    def check(self, model, result, indices=None):
        expected = golden(model)
        rows = list(range(len(expected.rows))) if indices is None else indices
        expected.check_predictions(result.as_numpy("predict"), rows)
        if expected.probabilities is not None:
            expected.check_probabilities(result.as_numpy("predict_proba"), rows)
        if expected.scores is not None:
            expected.check_scores(result.as_numpy("decision_function"), rows)


class Health(TritonGrpcTest):
    def test_a_ready_server(self):
        client = self.serve_one("iris")
        self.assertTrue(client.is_server_live())
        self.assertTrue(client.is_server_ready())
        self.assertTrue(client.is_model_ready("iris"))
        self.assertTrue(client.is_model_ready("iris", "1"))

    def test_an_unknown_model_is_an_error_or_not_ready(self):
        client = self.serve_one("iris")
        try:
            self.assertFalse(client.is_model_ready("tulip"))
        except InferenceServerException as error:
            self.assertEqual(error.status(), "StatusCode.NOT_FOUND")

    def test_a_server_without_its_model_is_alive_and_not_ready(self):
        client = self.client(self.serve_nothing())
        self.assertTrue(client.is_server_live())
        self.assertFalse(client.is_server_ready())
        self.assertFalse(client.is_model_ready("iris"))


class Metadata(TritonGrpcTest):
    def test_the_server(self):
        metadata = self.serve_one("iris").get_server_metadata()
        self.assertTrue(metadata.name)
        self.assertTrue(metadata.version)
        self.assertIn("model_repository", metadata.extensions)

    def test_the_model_as_http_describes_it(self):
        for model in ["iris", "species", "truth", "diabetes", "boosted", "cities"]:
            with self.subTest(model):
                program = self.serve(model)
                metadata = self.client(program).get_model_metadata(model)
                described = self.call_json(program, "GET", f"/v2/models/{model}")
                self.assertEqual(metadata.name, described["name"])
                self.assertEqual(list(metadata.versions), described["versions"])
                self.assertEqual(metadata.platform, described["platform"])
                for field in ["inputs", "outputs"]:
                    self.assertEqual([{"name": part.name, "datatype": part.datatype,
                                       "shape": list(part.shape)}
                                      for part in getattr(metadata, field)], described[field])

    def test_the_configuration(self):
        config = self.serve_one("iris").get_model_config("iris").config
        self.assertEqual(config.name, "iris")
        self.assertEqual([part.name for part in config.input], ["input"])
        self.assertEqual([part.name for part in config.output], ["predict", "predict_proba"])
        self.assertEqual(config.output[1].data_type, 12)  # TYPE_FP64

    def test_an_unknown_model_is_an_error(self):
        client = self.serve_one("iris")
        for call in [client.get_model_metadata, client.get_model_config,
                     client.get_inference_statistics]:
            self.assertIn("tulip", self.refused("NOT_FOUND", call, "tulip"))


class Inference(TritonGrpcTest):
    def test_gives_the_librarys_answers(self):
        for model in ["iris", "species", "truth", "diabetes", "boosted", "missing"]:
            with self.subTest(model):
                client = self.serve_one(model)
                self.check(model, client.infer(model, [tensor("input", golden(model).array())]))

    def test_texts_among_the_features(self):
        expected, client = golden("cities"), self.serve_one("cities")
        rows = expected.complete()
        inputs = []
        for name, column in zip(expected.features, zip(*(expected.rows[row] for row in rows))):
            kind = np.object_ if isinstance(column[0], str) else np.float64
            inputs.append(tensor(name, np.array(column, kind).reshape(-1, 1)))
        self.check("cities", client.infer("cities", inputs), rows)

    def test_each_datatype_of_numbers_is_read(self):
        client = self.serve_one("iris")
        whole = np.array([[1, 0, 1, 0], [1, 1, 1, 1]])
        wanted = client.infer("iris", [tensor("input", whole.astype(np.float64))])
        for kind in [np.float16, np.float32, np.int8, np.int16, np.int32, np.int64, np.uint8,
                     np.uint16, np.uint32, np.uint64, np.bool_]:
            with self.subTest(kind=kind.__name__):
                got = client.infer("iris", [tensor("input", whole.astype(kind))])
                np.testing.assert_array_equal(got.as_numpy("predict_proba"),
                                              wanted.as_numpy("predict_proba"))

    def test_typed_contents_are_read(self):
        expected = golden("iris")
        stub = self.stub(self.serve("iris"))
        request = service_pb2.ModelInferRequest(model_name="iris", id="mine")
        values = expected.array()
        part = request.inputs.add(name="input", datatype="FP64", shape=values.shape)
        part.contents.fp64_contents.extend(values.reshape(-1).tolist())
        expected.check_probabilities(typed_numbers(stub.ModelInfer(request), "predict_proba"))

    def test_typed_contents_of_each_datatype(self):
        stub = self.stub(self.serve("iris"))
        answers = []
        for field, kinds in [("fp64", ["FP64"]), ("fp32", ["FP32"]), ("bool", ["BOOL"]),
                             ("int", ["INT8", "INT16", "INT32"]), ("int64", ["INT64"]),
                             ("uint", ["UINT8", "UINT16", "UINT32"]), ("uint64", ["UINT64"])]:
            for kind in kinds:
                request = service_pb2.ModelInferRequest(model_name="iris")
                part = request.inputs.add(name="input", datatype=kind, shape=[1, 4])
                getattr(part.contents, field + "_contents").extend([1, 0, 1, 0])
                answer = stub.ModelInfer(request)
                answers.append(typed_numbers(answer, "predict_proba").tolist())
        self.assertEqual(answers, [answers[0]] * len(answers))

    def test_only_the_requested_outputs_in_their_order(self):
        client, expected = self.serve_one("iris"), golden("iris")
        outputs = [triton.InferRequestedOutput("predict_proba"),
                   triton.InferRequestedOutput("predict")]
        result = client.infer("iris", [tensor("input", expected.array())], outputs=outputs)
        self.assertEqual([output.name for output in result.get_response().outputs],
                         ["predict_proba", "predict"])
        self.check("iris", result)

    def test_the_id_the_model_and_its_version_come_back(self):
        client = self.serve_one("iris")
        answer = client.infer("iris", [tensor("input", golden("iris").array())],
                              request_id="mine").get_response()
        self.assertEqual((answer.id, answer.model_name, answer.model_version),
                         ("mine", "iris", "1"))

    def test_parameters_and_a_deadline_are_taken(self):
        client = self.serve_one("iris")
        values = [tensor("input", golden("iris").array())]
        self.check("iris", client.infer("iris", values, priority=1, timeout=10_000_000,
                                        client_timeout=PATIENCE_S, headers={"x-team": "red"},
                                        parameters={"team": "red", "size": 1, "share": 0.5,
                                                    "dry": False}))

    def test_compressed_messages(self):
        client = self.serve_one("iris")
        values = [tensor("input", golden("iris").array())]
        for algorithm in ["gzip", "deflate"]:
            with self.subTest(algorithm):
                self.check("iris", client.infer("iris", values, compression_algorithm=algorithm))

    def test_many_rows(self):
        expected = golden("iris")
        rows = [index % len(expected.rows) for index in range(10_000)]
        client = self.serve_one("iris", "--max-body-bytes", "16777216")
        self.check("iris", client.infer("iris", [tensor("input", expected.array()[rows])]), rows)

    def test_many_requests_at_once(self):
        client = self.serve_one("iris")
        values = [tensor("input", golden("iris").array())]
        answers = queue.Queue()
        for _ in range(64):
            client.async_infer("iris", values,
                               lambda result, error: answers.put((result, error)))
        for _ in range(64):
            result, error = answers.get(timeout=PATIENCE_S)
            self.assertIsNone(error)
            self.check("iris", result)

    def test_classification(self):
        client, expected = self.serve_one("species"), golden("species")
        output = triton.InferRequestedOutput("predict_proba", class_count=1)
        result = client.infer("species", [tensor("input", expected.array())], outputs=[output])
        best = [text.decode().split(":") for text in result.as_numpy("predict_proba")[:, 0]]
        self.assertEqual([part[2] for part in best], expected.predictions)


class Stream(TritonGrpcTest):
    def test_answers_come_in_order_and_an_error_ends_nothing(self):
        client, expected = self.serve_one("iris"), golden("iris")
        answers = queue.Queue()
        client.start_stream(lambda result, error: answers.put((result, error)))
        self.addCleanup(client.stop_stream)
        good = [tensor("input", expected.array())]
        wrong = [tensor("input", np.zeros((1, 9)))]
        for name, values in [("a", good), ("b", wrong), ("c", good)]:
            client.async_stream_infer("iris", values, request_id=name)
        for name in ["a", "b", "c"]:
            result, error = answers.get(timeout=PATIENCE_S)
            if name == "b":
                self.assertIsNotNone(error)
                self.assertIn("4", error.message())
            else:
                self.assertIsNone(error)
                self.assertEqual(result.get_response().id, name)
                self.check("iris", result)


class Refusals(TritonGrpcTest):
    def infer_refused(self, code, values, model="iris", **options):
        client = self.serve_one("iris")
        message = self.refused(code, client.infer, model, [tensor("input", values)], **options)
        self.assertTrue(client.is_server_ready())
        return message

    def test_an_unknown_model_or_version(self):
        self.assertIn("tulip", self.infer_refused("NOT_FOUND", np.zeros((1, 4)), "tulip"))
        self.infer_refused("NOT_FOUND", np.zeros((1, 4)), model_version="7")

    def test_a_wrong_width_kind_or_output(self):
        self.infer_refused("INVALID_ARGUMENT", np.zeros((1, 5)))
        self.infer_refused("INVALID_ARGUMENT", np.array([["a"] * 4], np.object_))
        self.infer_refused("INVALID_ARGUMENT", np.zeros((1, 4)),
                           outputs=[triton.InferRequestedOutput("colour")])

    def test_rows_that_the_library_refuses(self):
        client = self.serve_one("iris")
        for row in golden("iris").refused:
            self.refused("INVALID_ARGUMENT", client.infer, "iris",
                         [tensor("input", np.array([row], np.float64))])

    def test_raw_contents_that_do_not_fit(self):
        stub = self.stub(self.serve("iris"))
        for contents in [[b"123"], [b"\0" * 32, b""]]:
            request = service_pb2.ModelInferRequest(model_name="iris",
                                                    raw_input_contents=contents)
            request.inputs.add(name="input", datatype="FP64", shape=[1, 4])
            with self.assertRaises(grpc.RpcError) as context:
                stub.ModelInfer(request)
            self.assertEqual(context.exception.code(), grpc.StatusCode.INVALID_ARGUMENT)

    def test_a_model_that_is_not_ready(self):
        client = self.client(self.serve_nothing())
        self.refused("UNAVAILABLE", client.infer, "iris", [tensor("input", np.zeros((1, 4)))])

    def test_what_is_not_there_is_unimplemented(self):
        client = self.serve_one("iris")
        self.refused("UNIMPLEMENTED", client.register_system_shared_memory, "a", "/a", 8)

    def test_a_message_beyond_the_limit(self):
        client = self.serve_one("iris", "--max-body-bytes", "100000")
        self.refused("RESOURCE_EXHAUSTED", client.infer, "iris",
                     [tensor("input", np.zeros((10_000, 4)))])
        self.assertTrue(client.is_server_ready())


class Repository(TritonGrpcTest):
    def test_index_unload_and_load(self):
        client = self.client(self.serve_repository(
            {"iris": {1: "iris", 2: "iris2"}, "species": "species"},
            "--model-control-mode", "explicit", "--load-model", "iris,species"))
        index = {(entry.name, entry.version): entry.state
                 for entry in client.get_model_repository_index().models}
        self.assertEqual(index.get(("iris", "2")), "READY", index)
        self.assertEqual(index.get(("species", "1")), "READY", index)
        client.unload_model("species")
        self.assertFalse(client.is_model_ready("species"))
        client.load_model("species")
        self.assertTrue(client.is_model_ready("species"))

    def test_what_is_not_there_cannot_be_loaded(self):
        client = self.client(self.serve_repository(
            {"iris": "iris"}, "--model-control-mode", "explicit", "--load-model", "iris"))
        with self.assertRaises(InferenceServerException) as context:
            client.load_model("tulip")
        self.assertIn("tulip", context.exception.message())

    def test_the_statistics_count_rows_and_requests(self):
        client = self.serve_one("iris")
        values = [tensor("input", golden("iris").array())]
        for _ in range(3):
            client.infer("iris", values)
        [stats] = client.get_inference_statistics("iris").model_stats
        self.assertEqual((stats.name, stats.version), ("iris", "1"))
        self.assertEqual(stats.inference_count, 3 * len(golden("iris").rows))
        self.assertEqual(stats.inference_stats.success.count, 3)


if __name__ == "__main__":
    unittest.main()
