# SPDX-License-Identifier: MIT
"""gRPC's own health service, as Kubernetes' gRPC probes and balancers ask it."""

import queue
import threading
import unittest

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from clients import ClientTest, grpc_port
from program import PATIENCE_S

Status = health_pb2.HealthCheckResponse
SERVICES = ["", "inference.GRPCInferenceService", "tensorflow.serving.PredictionService"]


class HealthTest(ClientTest):
    def channel(self, program):
        channel = grpc.insecure_channel(f"127.0.0.1:{grpc_port(program)}")
        self.addCleanup(channel.close)
        return channel

    def stub(self, program):
        return health_pb2_grpc.HealthStub(self.channel(program))

    def check(self, stub, service=""):
        return stub.Check(health_pb2.HealthCheckRequest(service=service)).status

    def watch(self, stub, service=""):
        """The states as they come, in a queue, None behind the last one."""
        states = queue.Queue()

        def follow():
            try:
                for state in stub.Watch(health_pb2.HealthCheckRequest(service=service)):
                    states.put(state.status)
            except grpc.RpcError:
                pass
            states.put(None)

        follower = threading.Thread(target=follow, daemon=True)
        follower.start()
        return states


class Check(HealthTest):
    def test_a_ready_server_serves_each_service(self):
        stub = self.stub(self.serve("iris"))
        for service in SERVICES:
            with self.subTest(service):
                self.assertEqual(self.check(stub, service), Status.SERVING)

    def test_a_server_without_its_model_does_not_serve(self):
        self.assertEqual(self.check(self.stub(self.serve_nothing())),
                         Status.NOT_SERVING)

    def test_an_unknown_service_is_not_found(self):
        stub = self.stub(self.serve("iris"))
        with self.assertRaises(grpc.RpcError) as context:
            self.check(stub, "no.such.Service")
        self.assertEqual(context.exception.code(), grpc.StatusCode.NOT_FOUND)

    def test_an_unknown_method_or_service_is_unimplemented(self):
        channel = self.channel(self.serve("iris"))
        for method in ["/grpc.health.v1.Health/Dream", "/no.such.Service/Call"]:
            with self.assertRaises(grpc.RpcError) as context:
                channel.unary_unary(method)(b"")
            self.assertEqual(context.exception.code(), grpc.StatusCode.UNIMPLEMENTED)


class Watch(HealthTest):
    def test_tells_the_state_and_the_drain(self):
        program = self.serve("iris")
        states = self.watch(self.stub(program))
        self.assertEqual(states.get(timeout=PATIENCE_S), Status.SERVING)
        program.terminate()
        self.assertEqual(states.get(timeout=PATIENCE_S), Status.NOT_SERVING)

    def test_an_unknown_service_is_a_state(self):
        states = self.watch(self.stub(self.serve("iris")), "no.such.Service")
        self.assertEqual(states.get(timeout=PATIENCE_S), Status.SERVICE_UNKNOWN)

    def test_calls_are_answered_in_the_drain(self):
        program = self.serve("iris")
        stub = self.stub(program)
        self.assertEqual(self.check(stub), Status.SERVING)
        program.terminate()
        self.assertEqual(self.check(stub), Status.NOT_SERVING)

    def test_a_watch_does_not_hold_the_program(self):
        program = self.serve("iris", "--drain-delay", "0")
        states = self.watch(self.stub(program))
        states.get(timeout=PATIENCE_S)
        program.terminate()
        self.assertEqual(program.exit_status(), 0)


class Deadline(HealthTest):
    def test_a_deadline_in_the_past_or_present_is_the_clients(self):
        stub = self.stub(self.serve("iris"))
        with self.assertRaises(grpc.RpcError) as context:
            stub.Check(health_pb2.HealthCheckRequest(), timeout=0)
        self.assertEqual(context.exception.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
        self.assertEqual(self.check(stub), Status.SERVING)


if __name__ == "__main__":
    unittest.main()
