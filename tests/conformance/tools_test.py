# SPDX-License-Identifier: MIT
"""grpcurl, which knows our messages by reflection alone, and Kubernetes' grpc-health-probe."""

import json
import os
import subprocess
import unittest
from pathlib import Path

from clients import ClientTest, golden, grpc_port
from program import PATIENCE_S

TOOLS = Path(os.environ.get("TOOLS", "build/conformance/tools"))


def run_tool(name, *arguments):
    return subprocess.run([TOOLS / name, *arguments], capture_output=True, text=True,
                          timeout=PATIENCE_S, check=False)


class Grpcurl(ClientTest):
    def setUp(self):
        self.address = f"127.0.0.1:{grpc_port(self.serve('iris'))}"

    def grpcurl(self, *arguments, before=()):
        done = run_tool("grpcurl", "-plaintext", *before, self.address, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_lists_and_describes(self):
        services = self.grpcurl("list").split()
        self.assertIn("inference.GRPCInferenceService", services)
        self.assertIn("grpc.health.v1.Health", services)
        self.assertIn("inference.GRPCInferenceService.ModelInfer",
                      self.grpcurl("list", "inference.GRPCInferenceService").split())
        for service in services:
            self.assertIn("service", self.grpcurl("describe", service))

    def test_calls(self):
        self.assertEqual(json.loads(self.grpcurl("inference.GRPCInferenceService/ServerLive")),
                         {"live": True})
        request = {"model_name": "iris", "inputs": [
            {"name": "input", "datatype": "FP64", "shape": [1, 4],
             "contents": {"fp64_contents": golden("iris").rows[0]}}]}
        answer = json.loads(self.grpcurl("inference.GRPCInferenceService/ModelInfer",
                                         before=["-d", json.dumps(request)]))
        # The name is that of JSON where the description tells it.
        self.assertEqual(answer.get("modelName", answer.get("model_name")), "iris")

    def test_an_error_has_its_code_and_text(self):
        done = run_tool("grpcurl", "-plaintext", "-d", '{"name": "tulip"}', self.address,
                        "inference.GRPCInferenceService/ModelMetadata")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("NotFound", done.stderr)
        self.assertIn("tulip", done.stderr)


class HealthProbe(ClientTest):
    def probe(self, program, *flags):
        return run_tool("grpc-health-probe", f"-addr=127.0.0.1:{grpc_port(program)}",
                        *flags).returncode

    def test_a_ready_server(self):
        program = self.serve("iris")
        self.assertEqual(self.probe(program), 0)
        self.assertEqual(self.probe(program, "-service=inference.GRPCInferenceService"), 0)

    def test_a_server_without_its_model(self):
        self.assertEqual(self.probe(self.serve_nothing()), 4)


if __name__ == "__main__":
    unittest.main()
