# SPDX-License-Identifier: MIT
"""Each answer that the program gives, error or not, is the one that /openapi.json describes."""

import unittest

import jsonschema
import referencing
from referencing.jsonschema import DRAFT202012

from program import ROW, predict_request, request
from served import MODELS, served, without_model

# Answers that have no operation to stand under: to another path, by another method.
SHARED = {404: "NotFound", 405: "MethodNotAllowed"}


class Description:
    """What one program's /openapi.json says of answers."""

    def __init__(self, program):
        self.document = program.get("/openapi.json").json()
        self.met = set()  # (path, method, status) that check() has seen
        resource = referencing.Resource(contents=self.document, specification=DRAFT202012)
        self.registry = referencing.Registry().with_resource("urn:document", resource)

    def resolved(self, part):
        while "$ref" in part:
            target = self.document
            for key in part["$ref"].removeprefix("#/").split("/"):
                target = target[key]
            part = target
        return part

    def validator(self, *keys):
        """Validates by the schema at these keys of the document."""
        pointer = "/".join(key.replace("~", "~0").replace("/", "~1") for key in keys)
        return jsonschema.Draft202012Validator({"$ref": f"urn:document#/{pointer}"},
                                               registry=self.registry)

    def response_keys(self, path, method, status):
        """Where the document describes the answer; fails where it does not."""
        if status in SHARED:
            return ["components", "responses", SHARED[status]]
        keys = ["paths", path, method.lower(), "responses", str(status)]
        part = self.document
        for key in keys:
            if key not in part:
                raise AssertionError(f"no {key} in {'/'.join(keys)}")
            part = part[key]
        return part["$ref"].removeprefix("#/").split("/") if "$ref" in part else keys

    def check(self, path, method, answer):
        """Raises where the answer is not as described."""
        self.met.add((path, method, answer.status))
        keys = self.response_keys(path, method, answer.status)
        described = self.document
        for key in keys:
            described = described[key]
        self.check_headers(described, answer)
        if method == "HEAD":
            assert "content" not in described and not answer.body, keys
            return
        media = answer.headers["content-type"].split(";")[0]
        assert media in described["content"], (keys, media)
        body = answer.json() if media == "application/json" else answer.body.decode()
        self.validator(*keys, "content", media, "schema").validate(body)

    def check_headers(self, described, answer):
        for name, reference in described["headers"].items():
            header = self.resolved(reference)
            value = answer.headers.get(name.lower())
            assert value is not None, f"{answer.status} lacks {name}"
            if header["schema"]["type"] == "integer":
                value = int(value)
            jsonschema.Draft202012Validator(header["schema"]).validate(value)
        for name in ("allow", "retry-after"):
            promised = name in {key.lower() for key in described["headers"]}
            assert promised or name not in answer.headers, f"{answer.status} has {name}"


# By status: a message that is refused before an endpoint sees it, given REFUSING_FLAGS.
REFUSED = {
    400: lambda method, path: f"{method} {path} HTTP/1.1\r\n\r\n".encode(),
    408: lambda method, path: f"{method} {path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n"
                              .encode(),
    413: lambda method, path: request(method, path, headers=["Content-Length: 100001"]),
    415: lambda method, path: request(method, path, headers=["Content-Encoding: br"]),
    417: lambda method, path: request(method, path, headers=["Expect: nothing"]),
    431: lambda method, path: request(method, path, headers=["X-Long: " + "a" * 9000]),
    501: lambda method, path: request(method, path, headers=["Transfer-Encoding: gzip"]),
    503: lambda method, path: request(method, path, headers=["Content-Length: 20000"]) + b"{",
    505: lambda method, path: f"{method} {path} HTTP/2.0\r\nHost: a\r\n\r\n".encode(),
}
REFUSING_FLAGS = ["--request-timeout", "200ms", "--max-body-bytes", "100000",
                  "--body-budget-bytes", "10000"]

# By type: a body with that fault, for the built-in model.
FAULTY = {
    "json_invalid": b'{"features":[1,2,3,NaN]}',
    "missing": b'{"features":{"sepal length (cm)":5.1}}',
    "model_attributes_type": b"[]",
    "extra_forbidden": b'{"features":[1,2,3,4],"x":{"a":[null]}}',
    "duplicate_key": b'{"features":[1,2,3,4],"features":[1,2,3,4]}',
    "list_type": b'{"features":5}',
    "too_short": b'{"features":[1,2,3]}',
    "too_long": b'{"features":[[1,2,3,4,5]]}',
    "float_type": b'{"features":[1,2,3,"4"]}',
    "finite_number": b'{"features":[1,2,3,1e39]}',
    "too_many_faults": b'{"features":[' + b",".join([b"[true]"] * 101) + b"]}",
}


class Answers(unittest.TestCase):
    def exchange(self, description, program, message, path, method):
        with program.connect() as client:
            client.send(message)
            answer = client.receive(has_body=method != "HEAD")
        with self.subTest(path=path, method=method, status=answer.status):
            description.check(path, method, answer)
        return answer

    def operations(self, description):
        for path, operations in description.document["paths"].items():
            for method in operations:
                yield path, method.upper()

    def test_every_operation_answers_as_described(self):
        for kind in MODELS:
            with self.subTest(kind), served(kind) as program:
                description = Description(program)
                for path, method in self.operations(description):
                    if method == "POST":
                        continue
                    answer = self.exchange(description, program, request(method, path), path,
                                           method)
                    self.assertEqual(answer.status, 200, (path, method))

    def test_metrics_as_openmetrics_are_described(self):
        with served("texts") as program:
            message = request("GET", "/metrics", headers=["Accept: application/openmetrics-text"])
            self.exchange(Description(program), program, message, "/metrics", "GET")

    def test_a_program_without_a_model_answers_as_described(self):
        with without_model() as program:
            description = Description(program)
            for path, method in self.operations(description):
                body = b'{"features":[1]}' if method == "POST" else None
                self.exchange(description, program, request(method, path, body), path, method)
            for met in [("/predict", "POST", 503), ("/ready", "GET", 503), ("/ready", "HEAD", 503)]:
                self.assertIn(met, description.met)

    def test_each_form_of_features_is_described_and_so_is_its_answer(self):
        for kind in MODELS:
            with self.subTest(kind), served(kind) as program:
                description = Description(program)
                schemas = description.document["components"]["schemas"]
                names = schemas["NamedRow"]["required"]
                named = {name: 1.5 for name in reversed(names)}
                row = [1.5] * len(names)
                for features in [row, named, [row], [named, row, named]]:
                    description.validator("components", "schemas", "PredictRequest").validate(
                        {"features": features})
                    answer = self.exchange(description, program, predict_request(features),
                                           "/predict", "POST")
                    self.assertEqual(answer.status, 200, features)

    def test_null_is_described_where_the_model_takes_it(self):
        for kind in MODELS:
            with self.subTest(kind), served(kind) as program:
                description = Description(program)
                schemas = description.document["components"]["schemas"]
                body = {"features": [None] * len(schemas["NamedRow"]["required"])}
                valid = description.validator("components", "schemas",
                                              "PredictRequest").is_valid(body)
                answer = self.exchange(description, program, predict_request(body["features"]),
                                       "/predict", "POST")
                self.assertEqual(answer.status, 200 if valid else 422)

    def test_each_type_of_fault_is_described(self):
        with served("texts") as program:
            description = Description(program)
            fault = description.document["components"]["schemas"]["HTTPValidationError"]
            types = fault["properties"]["detail"]["items"]["properties"]["type"]["enum"]
            self.assertEqual(set(types), set(FAULTY))
            for kind, body in FAULTY.items():
                answer = self.exchange(description, program, predict_request(body), "/predict",
                                       "POST")
                self.assertEqual(answer.status, 422)
                self.assertIn(kind, [entry["type"] for entry in answer.json()["detail"]])

    def test_another_path_method_or_type_is_described(self):
        with served("texts") as program:
            description = Description(program)
            for path, method in [("/nothing", "GET"), ("/predict", "GET"), ("/health", "POST"),
                                 ("/health", "OPTIONS"), ("/", "BREW")]:
                answer = self.exchange(description, program, request(method, path), path, method)
                self.assertIn(answer.status, SHARED)
            message = request("POST", "/predict", b"1", ["Content-Type: text/csv"])
            answer = self.exchange(description, program, message, "/predict", "POST")
            self.assertEqual(answer.status, 415)

    def test_each_refusal_is_described_for_each_operation_and_no_other_is(self):
        with served("texts", *REFUSING_FLAGS) as program:
            description = Description(program)
            for path, method in self.operations(description):
                for status, message in REFUSED.items():
                    answer = self.exchange(description, program, message(method, path), path,
                                           method)
                    self.assertEqual(answer.status, status, (path, method, answer.body))
                responses = description.document["paths"][path][method.lower()]["responses"]
                own = {"200", "422"} if method == "POST" else {"200"}
                self.assertEqual(set(responses), own | {str(status) for status in REFUSED})

    def test_the_header_of_a_refusal_that_is_too_slow_is_described(self):
        with served("texts", "--header-timeout", "100ms") as program:
            answer = self.exchange(Description(program), program, b"GET /health HTTP/1.1\r\n",
                                   "/health", "GET")
            self.assertEqual(answer.status, 408)

    def test_the_judge_finds_each_lie(self):
        with served("texts") as program:
            description = Description(program)
            document = description.document
            good = program.predict(ROW)
            description.check("/predict", "POST", good)
            schemas = document["components"]["schemas"]
            schemas["Prediction"]["properties"]["prediction"] = {"enum": ["tulip"]}
            del document["paths"]["/predict"]["post"]["responses"]["422"]
            with self.assertRaises(jsonschema.ValidationError):
                description.check("/predict", "POST", good)
            with self.assertRaisesRegex(AssertionError, "no 422"):
                description.check("/predict", "POST", program.predict(b"{"))
            document["components"]["headers"]["X-Request-ID"]["schema"]["pattern"] = "^id$"
            with self.assertRaises(jsonschema.ValidationError):
                description.check("/health", "GET", program.get("/health"))


if __name__ == "__main__":
    unittest.main()
