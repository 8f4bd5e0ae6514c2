# SPDX-License-Identifier: MIT
"""gRPC's reflection service, by a client that knows no message before it asks."""

import unittest

import grpc
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase)

from clients import ClientTest, golden, grpc_port

SERVICES = {"inference.GRPCInferenceService", "tensorflow.serving.PredictionService",
            "tensorflow.serving.ModelService", "grpc.health.v1.Health"}


class Reflection(ClientTest):
    def setUp(self):
        self.program = self.serve("iris")
        self.channel = grpc.insecure_channel(f"127.0.0.1:{grpc_port(self.program)}")
        self.addCleanup(self.channel.close)
        self.database = ProtoReflectionDescriptorDatabase(self.channel)
        self.pool = DescriptorPool(self.database)

    def call(self, method, request):
        """The answer to a call as a dictionary, by what reflection says of it."""
        service, _, name = method.rpartition("/")
        described = self.pool.FindServiceByName(service).FindMethodByName(name)
        message = message_factory.GetMessageClass(described.input_type)
        answer = message_factory.GetMessageClass(described.output_type)
        call = self.channel.unary_unary("/" + method, message.SerializeToString,
                                        answer.FromString)
        return json_format.MessageToDict(call(json_format.ParseDict(request, message())),
                                         preserving_proto_field_name=True)

    def ask(self, **request):
        stub = reflection_pb2_grpc.ServerReflectionStub(self.channel)
        return next(stub.ServerReflectionInfo(iter([
            reflection_pb2.ServerReflectionRequest(**request)])))

    def test_lists_the_services(self):
        services = set(self.database.get_services())
        self.assertLessEqual(SERVICES, services)
        self.assertTrue({"grpc.reflection.v1.ServerReflection",
                         "grpc.reflection.v1alpha.ServerReflection"} & services)

    def test_each_service_is_described_with_all_it_needs(self):
        for name in SERVICES:
            with self.subTest(name):
                for method in self.pool.FindServiceByName(name).methods:
                    self.assertTrue(method.input_type.full_name)
                    self.assertTrue(method.output_type.full_name)

    def test_predicts_by_what_reflection_says(self):
        expected = golden("iris")
        values = expected.array()[expected.complete()]
        answer = self.call("inference.GRPCInferenceService/ModelInfer", {
            "model_name": "iris", "inputs": [{
                "name": "input", "datatype": "FP64", "shape": list(values.shape),
                "contents": {"fp64_contents": values.reshape(-1).tolist()}}]})
        self.assertEqual(answer["model_name"], "iris")
        self.assertEqual([output["name"] for output in answer["outputs"]],
                         ["predict", "predict_proba"])

    def test_asks_for_readiness(self):
        self.assertEqual(self.call("inference.GRPCInferenceService/ServerReady", {}),
                         {"ready": True})
        self.assertEqual(self.call("grpc.health.v1.Health/Check", {}), {"status": "SERVING"})

    def test_the_files_and_symbols_are_found(self):
        found = self.ask(file_containing_symbol="inference.ModelInferRequest")
        self.assertTrue(found.file_descriptor_response.file_descriptor_proto)
        found = self.ask(file_containing_symbol="inference.GRPCInferenceService.ModelInfer")
        self.assertTrue(found.file_descriptor_response.file_descriptor_proto)

    def test_what_is_unknown_is_an_error_in_the_answer(self):
        for request in [{"file_containing_symbol": "no.such.Thing"},
                        {"file_by_filename": "no_such.proto"}]:
            answer = self.ask(**request)
            self.assertEqual(answer.error_response.error_code,
                             grpc.StatusCode.NOT_FOUND.value[0], answer)

    def test_more_questions_on_one_stream(self):
        stub = reflection_pb2_grpc.ServerReflectionStub(self.channel)
        questions = [reflection_pb2.ServerReflectionRequest(list_services=""),
                     reflection_pb2.ServerReflectionRequest(file_containing_symbol="no.Thing"),
                     reflection_pb2.ServerReflectionRequest(list_services="")]
        kinds = [answer.WhichOneof("message_response")
                 for answer in stub.ServerReflectionInfo(iter(questions))]
        self.assertEqual(kinds, ["list_services_response", "error_response",
                                 "list_services_response"])


if __name__ == "__main__":
    unittest.main()
