# SPDX-License-Identifier: MIT
"""KServe's SDK: the v1 protocol, and Open Inference over REST and gRPC."""

import logging
import unittest

import grpc
import httpx
import numpy as np
from kserve import (InferenceGRPCClient, InferenceRESTClient, InferInput, InferRequest, RESTConfig)
from kserve.protocol.grpc import grpc_predict_v2_pb2 as messages
from kserve.protocol.grpc.grpc_predict_v2_pb2_grpc import GRPCInferenceServiceStub
from kserve.protocol.infer_type import RequestedOutput

from clients import ClientTest, golden, grpc_port

# The client logs each refusal with its stack, and asyncio each step that took a moment.
logging.disable(logging.CRITICAL)


class KserveTest(ClientTest, unittest.IsolatedAsyncioTestCase):
    def rest(self, program, protocol):
        """A client, and the address that each of its calls takes."""
        client = InferenceRESTClient(RESTConfig(protocol=protocol, retries=0))
        self.addAsyncCleanup(client.close)
        return client, f"http://127.0.0.1:{program.port}"

    def serve_rest(self, model, protocol):
        return self.rest(self.serve(model), protocol)

    def serve_grpc(self, model):
        return self.grpc(self.serve(model))

    def grpc(self, program):
        client = InferenceGRPCClient(f"127.0.0.1:{grpc_port(program)}", retries=0)
        self.addAsyncCleanup(client.close)
        return client

    async def refused(self, status, call):
        """The client has the text of the refusal."""
        with self.assertRaises(httpx.HTTPStatusError) as context:
            await call
        self.assertEqual(context.exception.response.status_code, status)
        text = context.exception.response.json()["error"]
        self.assertIn(text, str(context.exception))
        return text

    def check(self, model, response, indices=None):
        expected = golden(model)
        rows = list(range(len(expected.rows))) if indices is None else indices
        outputs = {output.name: output.as_numpy() for output in response.outputs}
        expected.check_predictions(outputs["predict"], rows)
        if expected.probabilities is not None:
            expected.check_probabilities(outputs["predict_proba"], rows)


def tensor(name, values, datatype, binary):
    made = InferInput(name, list(values.shape), datatype)
    made.set_data_from_numpy(values, binary_data=binary)
    return made


def request_of(model, indices=None, binary=False, **options):
    expected = golden(model)
    values = expected.array() if indices is None else expected.array()[indices]
    return InferRequest(model, [tensor("input", values, "FP64", binary)], **options)


class V1(KserveTest):
    async def test_health(self):
        client, url = self.serve_rest("iris", "v1")
        self.assertTrue(await client.is_server_live(url))
        self.assertTrue(await client.is_model_ready(url, "iris"))

    async def test_a_model_that_is_not_ready(self):
        client, url = self.rest(self.serve_nothing(), "v1")
        self.assertFalse(await client.is_model_ready(url, "iris"))

    async def test_predictions_are_the_librarys(self):
        for model in ["iris", "species", "truth", "diabetes", "cities"]:
            with self.subTest(model):
                client, url = self.serve_rest(model, "v1")
                expected = golden(model)
                rows = expected.complete()
                data = {"instances": [expected.rows[row] for row in rows]}
                answer = await client.infer(url, data, model_name=model)
                self.assertEqual(list(answer), ["predictions"])
                expected.check_predictions(answer["predictions"], rows)

    async def test_missing_values_are_null(self):
        expected = golden("missing")
        client, url = self.serve_rest("missing", "v1")
        answer = await client.infer(url, {"instances": expected.rows}, model_name="missing")
        expected.check_predictions(answer["predictions"])

    async def test_instances_by_name(self):
        expected = golden("cities")
        client, url = self.serve_rest("cities", "v1")
        data = {"instances": [dict(zip(expected.features, row)) for row in expected.rows]}
        answer = await client.infer(url, data, model_name="cities")
        expected.check_predictions(answer["predictions"])

    async def test_probabilities_by_their_signature(self):
        expected = golden("iris")
        client, url = self.serve_rest("iris", "v1")
        rows = expected.complete()
        data = {"signature_name": "predict_proba",
                "instances": [expected.rows[row] for row in rows]}
        answer = await client.infer(url, data, model_name="iris")
        expected.check_probabilities(answer["predictions"], rows)

    async def test_refusals_have_a_text(self):
        client, url = self.serve_rest("iris", "v1")
        text = await self.refused(404, client.infer(url, {"instances": [[1, 2, 3, 4]]},
                                                    model_name="tulip"))
        self.assertIn("tulip", text)
        for data in [{"instances": [[1, 2, 3, 4, 5]]}, {"instances": 5}, {"rows": []},
                     {"instances": [["a", "b", "c", "d"]]}]:
            await self.refused(400, client.infer(url, data, model_name="iris"))

    async def test_the_list_of_the_models(self):
        program = self.serve("iris")
        self.assertEqual(self.call_json(program, "GET", "/v1/models"), {"models": ["iris"]})


class V2Rest(KserveTest):
    async def test_health(self):
        client, url = self.serve_rest("iris", "v2")
        self.assertIs(await client.is_server_live(url), True)
        self.assertIs(await client.is_server_ready(url), True)
        self.assertTrue(await client.is_model_ready(url, "iris"))
        self.assertFalse(await client.is_model_ready(url, "tulip"))

    async def test_a_server_without_its_model_is_alive_and_not_ready(self):
        client, url = self.rest(self.serve_nothing(), "v2")
        self.assertIs(await client.is_server_live(url), True)
        self.assertFalse(await client.is_model_ready(url, "iris"))
        with self.assertRaises(httpx.HTTPStatusError) as context:
            await client.is_server_ready(url)
        self.assertEqual(context.exception.response.status_code, 503)

    async def test_answers_are_the_librarys(self):
        for model in ["iris", "species", "truth", "diabetes"]:
            rows = golden(model).complete()
            for binary in [False, True]:
                with self.subTest(model, binary=binary):
                    client, url = self.serve_rest(model, "v2")
                    response = await client.infer(url, request_of(model, rows, binary),
                                                  model_name=model)
                    self.check(model, response, rows)
                    self.assertEqual(response.model_name, model)

    async def test_binary_answers(self):
        client, url = self.serve_rest("species", "v2")
        for options in [{"parameters": {"binary_data_output": True}},
                        {"request_outputs": [RequestedOutput(name, {"binary_data": True})
                                             for name in ["predict_proba", "predict"]]}]:
            headers = {}
            response = await client.infer(url, request_of("species", binary=True, **options),
                                          model_name="species", response_headers=headers)
            self.assertIn("inference-header-content-length", headers)
            self.check("species", response)

    async def test_the_id_comes_back(self):
        client, url = self.serve_rest("iris", "v2")
        rows = golden("iris").complete()
        response = await client.infer(url, request_of("iris", rows, request_id="mine"),
                                      model_name="iris")
        self.assertEqual(response.id, "mine")

    async def test_texts_among_the_features(self):
        expected = golden("cities")
        client, url = self.serve_rest("cities", "v2")
        rows = expected.complete()
        for binary in [False, True]:
            inputs = []
            for name, column in zip(expected.features,
                                    zip(*(expected.rows[row] for row in rows))):
                text = isinstance(column[0], str)
                values = np.array(column, np.object_ if text else np.float64).reshape(-1, 1)
                inputs.append(tensor(name, values, "BYTES" if text else "FP64", binary))
            response = await client.infer(url, InferRequest("cities", inputs),
                                          model_name="cities")
            self.check("cities", response, rows)

    async def test_missing_values_of_json_are_null(self):
        """The client writes NaN as null: its JSON library has no other form."""
        expected = golden("missing")
        client, url = self.serve_rest("missing", "v2")
        response = await client.infer(url, request_of("missing"), model_name="missing")
        expected.check_predictions(response.outputs[0].as_numpy())

    async def test_refusals_have_a_text(self):
        client, url = self.serve_rest("iris", "v2")
        rows = golden("iris").complete()
        self.assertIn("tulip", await self.refused(404, client.infer(url, request_of("iris", rows),
                                                                    model_name="tulip")))
        wide = InferRequest("iris", [tensor("input", np.zeros((1, 5)), "FP64", False)])
        await self.refused(400, client.infer(url, wide, model_name="iris"))

    async def test_the_repository(self):
        program = self.serve_repository(
            {"iris": "iris", "species": "species"},
            "--model-control-mode", "explicit", "--load-model", "iris,species")
        listed = self.call_json(program, "GET", "/v2/models")["models"]
        self.assertEqual(set(listed), {"iris", "species"})
        for action, ready in [("unload", False), ("load", True)]:
            status, _, body = self.call(program, "POST", f"/v2/repository/models/iris/{action}")
            self.assertEqual(status, 200, body)
            client, url = self.rest(program, "v2")
            self.assertEqual(await client.is_model_ready(url, "iris"), ready)


class V2Grpc(KserveTest):
    async def test_health(self):
        client = self.serve_grpc("iris")
        self.assertTrue(await client.is_server_live())
        self.assertTrue(await client.is_server_ready())
        self.assertTrue(await client.is_model_ready("iris"))

    async def test_answers_are_the_librarys(self):
        for model in ["iris", "species", "truth", "diabetes", "missing"]:
            for binary in [False, True]:  # typed contents, raw contents
                with self.subTest(model, binary=binary):
                    client = self.serve_grpc(model)
                    response = await client.infer(request_of(model, binary=binary))
                    self.check(model, response)
                    self.assertEqual(response.model_name, model)
                    self.assertEqual(response.model_version, "1")

    async def test_the_id_comes_back(self):
        response = await self.serve_grpc("iris").infer(request_of("iris", request_id="mine"))
        self.assertEqual(response.id, "mine")

    async def test_refusals(self):
        client = self.serve_grpc("iris")
        with self.assertRaises(grpc.RpcError) as context:
            values = tensor("input", np.zeros((1, 4)), "FP64", True)
            await client.infer(InferRequest("tulip", [values]))
        self.assertEqual(context.exception.code(), grpc.StatusCode.NOT_FOUND)
        self.assertIn("tulip", context.exception.details())

    async def test_its_own_form_of_load_and_unload(self):
        """KServe's messages have model_name where Triton's have repository_name."""
        program = self.serve_repository(
            {"iris": "iris"}, "--model-control-mode", "explicit", "--load-model", "iris")
        channel = grpc.aio.insecure_channel(f"127.0.0.1:{grpc_port(program)}")
        self.addAsyncCleanup(channel.close)
        stub = GRPCInferenceServiceStub(channel)
        answer = await stub.RepositoryModelUnload(
            messages.RepositoryModelUnloadRequest(model_name="iris"))
        self.assertEqual((answer.model_name, answer.isUnloaded), ("iris", True))
        answer = await stub.RepositoryModelLoad(
            messages.RepositoryModelLoadRequest(model_name="iris"))
        self.assertEqual((answer.model_name, answer.isLoaded), ("iris", True))


if __name__ == "__main__":
    unittest.main()
