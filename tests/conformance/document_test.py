# SPDX-License-Identifier: MIT
"""/openapi.json is an OpenAPI document, whatever is served."""

import tempfile
import unittest

import jsonschema
import openapi_spec_validator
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

from served import MODELS, served, served_repository, without_model


def document_of(program):
    return program.get("/openapi.json").json()


class Document(unittest.TestCase):
    def assert_valid(self, document):
        openapi_spec_validator.OpenAPIV31SpecValidator(document).validate()
        for name, schema in document["components"]["schemas"].items():
            with self.subTest(schema=name):
                jsonschema.Draft202012Validator.check_schema(schema)

    def test_is_valid_for_every_kind_of_model(self):
        for kind in MODELS:
            with self.subTest(kind), served(kind) as program:
                self.assert_valid(document_of(program))

    def test_is_valid_for_a_repository(self):
        with tempfile.TemporaryDirectory() as folder, served_repository(folder) as program:
            self.assert_valid(document_of(program))

    def test_is_valid_without_a_model(self):
        with without_model() as program:
            self.assert_valid(document_of(program))

    def test_the_judge_finds_a_fault(self):
        with served("texts") as program:
            document = document_of(program)
        document["paths"]["/health"]["get"]["operationId"] = "predict"
        with self.assertRaises(OpenAPIValidationError):
            self.assert_valid(document)


if __name__ == "__main__":
    unittest.main()
