# SPDX-License-Identifier: MIT
"""Each answer that the program gives, error or not, in whichever dialect, is the one that
/openapi.json describes."""

import contextlib
import json
import tempfile
import unittest

import jsonschema
import referencing
from referencing.jsonschema import DRAFT202012

from program import ROW, predict_request, request
from served import MODELS, served, served_repository, without_model

# Answers that have no operation to stand under: to another path, by another method.
SHARED = {404: "NotFound", 405: "MethodNotAllowed"}

# Whose errors a dialect's are, by the tag of its operations and by the beginning of other paths.
PREFIXES = {"ml-inference": "", "Open Inference Protocol v2": "oip.",
            "KServe v1, TensorFlow Serving, Vertex AI": "v1.", "MLflow, SageMaker": "scoring.",
            "TorchServe": "torchserve."}
BEGINNINGS = {"/v2": "oip.", "/v1/": "v1."}


class Description:
    """What one program's /openapi.json says of answers."""

    def __init__(self, program, document=None):
        self.document = document or program.get("/openapi.json").json()
        self.met = set()  # (path, method, status) that check() has seen
        resource = referencing.Resource(contents=self.document, specification=DRAFT202012)
        self.registry = referencing.Registry().with_resource("urn:document", resource)

    def part(self, name):
        """The name of a schema of the model that answers /predict."""
        content = self.document["paths"]["/predict"]["post"]["requestBody"]["content"]
        reference = content["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
        return reference.removesuffix("PredictRequest") + name

    def model(self):
        """What a model is called; of none anything will do."""
        names = self.document["components"]["parameters"]["ModelName"]["schema"].get("enum")
        return names[0] if names else "iris"

    def row(self):
        """A row that /predict is shown with."""
        content = self.document["paths"]["/predict"]["post"]["requestBody"]["content"]
        return content["application/json"]["example"]["features"]

    def names(self):
        """Those of its features; of a model that looks at none, any."""
        named = self.document["components"]["schemas"][self.part("NamedRow")]
        return named.get("required", ["x0"])

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

    def prefix(self, path):
        """How the names of the components of the path's dialect begin."""
        for operation in self.document["paths"].get(path, {}).values():
            return PREFIXES[operation["tags"][0]]
        return next((prefix for start, prefix in BEGINNINGS.items() if path.startswith(start)), "")

    def response_keys(self, path, method, status):
        """Where the document describes the answer, HEAD as GET; fails where it does not."""
        method = "get" if method == "HEAD" else method.lower()
        keys = ["paths", path, method, "responses", str(status)]
        if status in SHARED:
            described = self.document["paths"].get(path, {}).get(method, {}).get("responses", {})
            if str(status) not in described:
                return ["components", "responses", self.prefix(path) + SHARED[status]]
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
            assert not answer.body, keys
            return
        media = answer.headers["content-type"].split(";")[0]
        assert media in described["content"], (keys, media)
        if media == "application/octet-stream":
            return
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
    505: lambda method, path: f"{method} {path} HTTP/2.0\r\nHost: a\r\n\r\n".encode(),
}
REFUSING_FLAGS = ["--request-timeout", "200ms", "--max-body-bytes", "100000"]

# More than half of the memory for bodies, given FULL_FLAGS: another one has no room beside it.
LARGE = ["Content-Length: 60000"]
FULL_FLAGS = ["--body-budget-bytes", "100000"]

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

# By type, those that other models find: the kind of model and what makes its example's row wrong.
FAULTY_ELSEWHERE = {
    "enum": ("colours", lambda row: ["none of them" if isinstance(cell, str) else cell
                                    for cell in row]),
    "value_error": ("masked", lambda row: ["Infinity" for _ in row]),
}

# The answers that a client may ask for by Accept, by the tag of operations.
ACCEPTED = {"MLflow, SageMaker": ["application/json", "text/csv", "application/jsonlines"]}


class Answers(unittest.TestCase):
    def exchange(self, description, program, message, path, method):
        with program.connect() as client:
            client.send(message)
            answer = client.receive(has_body=method != "HEAD")
        with self.subTest(path=path, method=method, status=answer.status):
            description.check(path, method, answer)
        return answer

    def operations(self, description):
        """The path as described, as it is asked for, and the method."""
        for path, operations in description.document["paths"].items():
            asked = path.replace("{model_name}", description.model()).replace("{version}", "1")
            for method in operations:
                yield path, asked.replace("{label}", "stable"), method.upper()

    def examples(self, description, path):
        """What an operation is shown with: type and body."""
        body = description.document["paths"][path]["post"].get("requestBody", {"content": {}})
        for media, content in body["content"].items():
            if "example" in content:
                example = content["example"]
                yield media, (json.dumps(example) if media == "application/json"
                              else example).encode()

    def test_every_reading_operation_answers_as_described(self):
        for kind in MODELS:
            with self.subTest(kind), served(kind) as program:
                description = Description(program)
                for path, asked, method in self.operations(description):
                    if method != "GET":
                        continue
                    for method in ("GET", "HEAD"):
                        answer = self.exchange(description, program, request(method, asked), path,
                                               method)
                        self.assertEqual(answer.status, 200, (path, method))

    def test_every_prediction_answers_its_example_as_described(self):
        for kind in MODELS:
            with self.subTest(kind), served(kind) as program:
                self.check_examples(program, 9)

    def test_a_repository_answers_as_described(self):
        with tempfile.TemporaryDirectory() as folder, served_repository(folder) as program:
            self.check_examples(program, 20)
            description = Description(program)
            labelled = "/v1/models/{model_name}/labels/{label}"
            message = request("GET", "/v1/models/price/labels/stable")
            answer = self.exchange(description, program, message, labelled, "GET")
            self.assertEqual(answer.status, 200)
            load = "/v2/repository/models/{model_name}/load"
            for name, status in [("price", 200), ("nothing", 404)]:
                message = request("POST", load.replace("{model_name}", name), b"{}")
                answer = self.exchange(description, program, message, load, "POST")
                self.assertEqual(answer.status, status)

    def check_examples(self, program, count_min):
        description = Description(program)
        count = 0
        for path, asked, method in self.operations(description):
            if method != "POST":
                continue
            tag = description.document["paths"][path]["post"]["tags"][0]
            for media, body in self.examples(description, path):
                for accept in ACCEPTED.get(tag, ["application/json"]):
                    headers = [f"Content-Type: {media}", f"Accept: {accept}"]
                    answer = self.exchange(description, program,
                                           request("POST", asked, body, headers), path, "POST")
                    self.assertEqual(answer.status, 200, (path, media, answer.body))
                    count += 1
            # What is no request is refused in the dialect's form.
            answer = self.exchange(description, program,
                                   request("POST", asked, b"[", ["Content-Type: application/json"]),
                                   path, "POST")
            self.assertIn(answer.status, (400, 422), path)
        self.assertGreaterEqual(count, count_min)

    def test_metrics_as_openmetrics_are_described(self):
        with served("texts") as program:
            message = request("GET", "/metrics", headers=["Accept: application/openmetrics-text"])
            self.exchange(Description(program), program, message, "/metrics", "GET")

    def test_a_program_without_a_model_answers_as_described(self):
        with without_model() as program:
            description = Description(program)
            for path, asked, method in self.operations(description):
                if method == "GET":
                    self.exchange(description, program, request(method, asked), path, method)
            for met in [("/ready", "GET", 503), ("/ping", "GET", 503),
                        ("/v2/health/ready", "GET", 503), ("/v2/models/{model_name}", "GET", 503)]:
                self.assertIn(met, description.met)

    def test_each_form_of_features_is_described_and_so_is_its_answer(self):
        for kind in MODELS:
            with self.subTest(kind), served(kind) as program:
                description = Description(program)
                row = description.row()
                named = dict(zip(reversed(description.names()), reversed(row)))
                for features in [row, named, [row], [named, row, named]]:
                    description.validator("components", "schemas", description.part(
                        "PredictRequest")).validate({"features": features})
                    answer = self.exchange(description, program, predict_request(features),
                                           "/predict", "POST")
                    self.assertEqual(answer.status, 200, features)

    def test_null_is_described_where_the_model_takes_it(self):
        for kind in MODELS:
            with self.subTest(kind), served(kind) as program:
                description = Description(program)
                body = {"features": [None for _ in description.row()]}
                valid = description.validator("components", "schemas",
                                              description.part("PredictRequest")).is_valid(body)
                answer = self.exchange(description, program, predict_request(body["features"]),
                                       "/predict", "POST")
                self.assertEqual(answer.status, 200 if valid else 422)

    def test_each_type_of_fault_is_described(self):
        with served("texts") as program:
            description = Description(program)
            fault = description.document["components"]["schemas"]["HTTPValidationError"]
            types = fault["properties"]["detail"]["items"]["properties"]["type"]["enum"]
            self.assertEqual(set(types), set(FAULTY) | set(FAULTY_ELSEWHERE))
            for kind, body in FAULTY.items():
                answer = self.exchange(description, program, predict_request(body), "/predict",
                                       "POST")
                self.assertEqual(answer.status, 422)
                self.assertIn(kind, [entry["type"] for entry in answer.json()["detail"]])

    def test_faults_that_some_models_find_are_described(self):
        for fault, (kind, spoil) in FAULTY_ELSEWHERE.items():
            with self.subTest(fault), served(kind) as program:
                description = Description(program)
                message = predict_request([spoil(description.row())])
                answer = self.exchange(description, program, message, "/predict", "POST")
                self.assertEqual(answer.status, 422, answer.body)
                self.assertIn(fault, [entry["type"] for entry in answer.json()["detail"]])

    def test_another_path_method_or_type_is_described(self):
        with served("texts") as program:
            description = Description(program)
            for path, method in [("/nothing", "GET"), ("/predict", "GET"), ("/health", "POST"),
                                 ("/health", "OPTIONS"), ("/", "BREW"),
                                 ("/v2/nothing", "GET"), ("/v1/nothing", "GET"),
                                 ("/v2", "POST"), ("/v1/models", "POST"), ("/ping", "POST"),
                                 ("/models", "DELETE"), ("/models", "POST")]:
                answer = self.exchange(description, program, request(method, path), path, method)
                self.assertIn(answer.status, SHARED)
            message = request("POST", "/predict", b"1", ["Content-Type: text/csv"])
            answer = self.exchange(description, program, message, "/predict", "POST")
            self.assertEqual(answer.status, 415)
            message = request("POST", "/invocations", b"1", ["Content-Type: image/png"])
            answer = self.exchange(description, program, message, "/invocations", "POST")
            self.assertEqual(answer.status, 415)

    def test_each_refusal_is_described_for_each_operation_and_no_other_is(self):
        with served("texts") as program:
            document = program.get("/openapi.json").json()
        with served("texts", *REFUSING_FLAGS) as program:
            description = Description(program, document)
            for path, asked, method in self.operations(description):
                for status, message in REFUSED.items():
                    answer = self.exchange(description, program, message(method, asked), path,
                                           method)
                    self.assertEqual(answer.status, status, (path, method, answer.body))
                responses = set(document["paths"][path][method.lower()]["responses"])
                others = responses - {"200"} - {str(status) for status in REFUSED}
                self.assertLessEqual(others, {"404", "422", "429", "503", "504"}, (path, method))

    def test_the_lack_of_memory_is_described_for_each_operation(self):
        with served("texts") as program:
            document = program.get("/openapi.json").json()
        with served("texts", *FULL_FLAGS) as program, contextlib.ExitStack() as holders:
            description = Description(program, document)
            body = b"{" * 60_000
            for _ in range(1_000):  # until one that waits for the rest of its body came first
                first = holders.enter_context(program.connect())
                first.send(request("POST", "/predict", headers=LARGE) + b"{")
                with program.connect() as other:
                    if other.exchange(request("POST", "/predict", body)).status == 503:
                        break
            for path, asked, method in self.operations(description):
                answer = self.exchange(description, program, request(method, asked, body), path,
                                       method)
                self.assertEqual(answer.status, 503, (path, method, answer.body))

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
            schemas["iris.v1.Prediction"]["properties"]["prediction"] = {"enum": ["tulip"]}
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
