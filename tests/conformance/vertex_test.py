# SPDX-License-Identifier: MIT
"""What Vertex AI asks of a custom container, as its documentation and Triton's own test tell it."""

import unittest

from clients import ClientTest, free_port, golden
from golden import model_file

HEALTH = "/v1/endpoints/7/deployedModels/9"
PREDICT = HEALTH + ":predict"


class VertexTest(ClientTest):
    def serve_by_environment(self, model, **environment):
        port = free_port()
        program = self.start("--model", str(model_file(model)), port_flag=(),
                             env={"AIP_HTTP_PORT": str(port), **environment})
        self.assertEqual(program.port, port)
        return program

    def serve_routes(self, model):
        return self.serve_by_environment(model, AIP_HEALTH_ROUTE="/fine", AIP_MODE="PREDICTION",
                                         AIP_PREDICT_ROUTE="/guess")

    def test_the_routes_are_those_of_the_environment(self):
        program, expected = self.serve_routes("iris"), golden("iris")
        self.assertEqual(self.call(program, "GET", "/fine")[0], 200)
        rows = expected.complete()
        answer = self.call_json(program, "POST", "/guess",
                                {"instances": [expected.rows[row] for row in rows]})
        self.assertEqual(len(answer["predictions"]), len(rows))
        expected.check_predictions(answer["predictions"], rows)

    def test_without_routes_they_are_made_of_endpoint_and_model(self):
        program = self.serve_by_environment("species", AIP_ENDPOINT_ID="7",
                                            AIP_DEPLOYED_MODEL_ID="9")
        self.assertEqual(self.call(program, "GET", HEALTH)[0], 200)
        answer = self.call_json(program, "POST", PREDICT,
                                {"instances": [golden("species").rows[0]]})
        golden("species").check_predictions(answer["predictions"], [0])

    def test_instances_by_name_and_with_missing_values(self):
        for model in ["cities", "missing"]:
            expected, program = golden(model), self.serve_routes(model)
            for instances in [expected.rows,
                              [dict(zip(expected.features, row)) for row in expected.rows]]:
                answer = self.call_json(program, "POST", "/guess", {"instances": instances})
                expected.check_predictions(answer["predictions"])

    def test_parameters_are_taken(self):
        program = self.serve_routes("diabetes")
        expected = golden("diabetes")
        answer = self.call_json(program, "POST", "/guess", {"instances": [expected.rows[0]],
                                                            "parameters": {"confidence": 0.5}})
        expected.check_predictions(answer["predictions"], [0])

    def test_no_instances_are_refused(self):
        status = self.call(self.serve_routes("iris"), "POST", "/guess", b'{"instances": []}')[0]
        self.assertEqual(status, 400)

    def test_refusals(self):
        program = self.serve_routes("iris")
        for body in [{}, {"instances": 5}, {"instances": [[1, 2]]}]:
            self.assert_error(program, "POST", "/guess", 400, body)

    def test_a_container_without_its_model_is_not_healthy(self):
        program = self.start("--model", "/nothing.pkl", "--on-model-failure", "stay", ready=False,
                             env={"AIP_HEALTH_ROUTE": "/fine"})
        program.wait_for(lambda line: line["message"].startswith("Model failed: "))
        self.assertEqual(self.call(program, "GET", "/fine")[0], 503)


if __name__ == "__main__":
    unittest.main()
