# SPDX-License-Identifier: MIT
"""The API and the transport, as clients see them."""

import gzip
import json
import re
import unittest

from program import ROW, SETOSA, parse_metrics, predict_request, ready_program, request

LOG_KEYS = ["timestamp", "level", "logger", "message", "request_id", "route", "status",
            "duration_ms"]


class ServedTest(unittest.TestCase):
    """Tests that share one program."""

    @classmethod
    def setUpClass(cls):
        cls.program = ready_program("--max-body-bytes", "100000")

    @classmethod
    def tearDownClass(cls):
        cls.program.__exit__()

    def assert_detail(self, answer, status, detail):
        self.assertEqual((answer.status, answer.json()), (status, {"detail": detail}))


class Endpoints(ServedTest):
    def test_a_prediction_is_the_references_answer_to_the_byte(self):
        answer = self.program.predict(ROW)
        self.assertEqual((answer.status, answer.body), (200, SETOSA))
        self.assertEqual(answer.headers["content-type"], "application/json")

    def test_a_row_by_name_and_a_list_of_rows_give_the_same_answer(self):
        names = ["sepal width (cm)", "sepal length (cm)", "petal length (cm)", "petal width (cm)"]
        named = dict(zip(names, [3.5, 5.1, 1.4, 0.2]))
        self.assertEqual(self.program.predict(named).body, SETOSA)
        self.assertEqual(self.program.predict([ROW, named]).body,
                         b'{"predictions":[' + SETOSA + b"," + SETOSA + b"]}")

    def test_ten_thousand_rows_go_to_a_worker_and_come_back_in_order(self):
        # A program of its own, which takes a body of this size.
        with ready_program() as program:
            answer = program.predict([ROW, [6.7, 3.0, 5.2, 2.3]] * 5000)
        names = [row["prediction"] for row in answer.json()["predictions"]]
        self.assertEqual(names, ["setosa", "virginica"] * 5000)

    def test_health_and_ready_say_so(self):
        self.assertEqual(self.program.get("/health").body, b'{"status":"healthy"}')
        self.assertEqual(self.program.get("/ready").body, b'{"status":"ready"}')

    def test_the_index_names_every_endpoint(self):
        index = self.program.get("/").json()
        paths = [entry["path"] for entry in index["endpoints"]]
        for path in ["/", "/predict", "/health", "/ready", "/metrics", "/openapi.json",
                     "/models/{model}/predict", "/v2/models/{model}/infer"]:
            self.assertIn(path, paths)
        for entry in index["endpoints"]:
            if "GET" in entry["methods"]:
                path = entry["path"].replace("{model}", "iris").replace("{version}", "1")
                self.assertEqual(self.program.get(path).status, 200, entry)

    def test_the_openapi_document_describes_the_models_rows(self):
        document = self.program.get("/openapi.json").json()
        self.assertEqual(document["openapi"], "3.1.0")
        self.assertIn("post", document["paths"]["/predict"])
        self.assertEqual(document["components"]["schemas"]["iris.v1.Row"]["minItems"], 4)

    def test_the_page_shows_the_document_by_files_of_its_own(self):
        page = self.program.get("/docs")
        self.assertEqual(page.status, 200)
        self.assertEqual(page.headers["content-type"], "text/html; charset=utf-8")
        self.assertIn("default-src 'none'", page.headers["content-security-policy"])
        for path in re.findall(r'(?:href|src)="(docs/[^"]*)"', page.body.decode()):
            with self.subTest(path):
                coded = self.program.get("/" + path, headers=["Accept-Encoding: gzip"])
                self.assertEqual(coded.headers["content-encoding"], "gzip")
                plain = self.program.get("/" + path)
                self.assertNotIn("content-encoding", plain.headers)
                self.assertEqual(gzip.decompress(coded.body), plain.body)
                known = [f"If-None-Match: {plain.headers['etag']}"]
                again = self.program.get("/" + path, "HEAD", headers=known)
                self.assertEqual(again.status, 304)
                self.assertNotIn("content-length", again.headers)

    def test_metrics_count_requests_and_rows(self):
        def counts():
            metrics = parse_metrics(self.program.get("/metrics").body)
            requests = 'http_requests_total{method="POST",route="/predict",status="200"}'
            return metrics["predictions_total"], metrics.get(requests, 0)

        before = counts()
        self.program.predict([ROW] * 3)
        self.assertEqual(counts(), (before[0] + 3, before[1] + 1))

    def test_metrics_come_as_openmetrics_when_asked_for(self):
        accept = ["Accept: application/openmetrics-text; version=1.0.0"]
        answer = self.program.get("/metrics", headers=accept)
        self.assertTrue(answer.headers["content-type"].startswith("application/openmetrics-text"))
        self.assertTrue(answer.body.endswith(b"# EOF\n"))

    def test_head_is_get_without_the_body(self):
        with self.program.connect() as client:
            for path in ["/", "/health", "/ready", "/openapi.json"]:
                head = client.exchange(request("HEAD", path))
                get = client.exchange(request("GET", path))
                self.assertEqual(head.headers["content-length"], str(len(get.body)), path)


class Refusals(ServedTest):
    def assert_faults(self, body, *expected):
        """expected  (type, location) of each."""
        answer = self.program.predict(body)
        faults = [(fault["type"], fault["loc"]) for fault in answer.json()["detail"]]
        self.assertEqual((answer.status, faults), (422, list(expected)), body)

    def test_what_is_no_json_is_told_with_the_place(self):
        self.assert_faults(b"{", ("json_invalid", ["body", 1]))
        self.assert_faults(b'{"features":[1,2,3,NaN]}', ("json_invalid", ["body", 19]))
        self.assert_faults(b"", ("missing", ["body"]))

    def test_another_shape_is_told_with_the_place(self):
        features = ["body", "features"]
        self.assert_faults(b"[]", ("model_attributes_type", ["body"]))
        self.assert_faults(b"{}", ("missing", features))
        self.assert_faults(b'{"features":5}', ("list_type", features))
        self.assert_faults([1, 2, 3], ("too_short", features))
        self.assert_faults([[1, 2, 3, 4, 5]], ("too_long", [*features, 0]))
        self.assert_faults({"features": 1}, ("extra_forbidden", [*features, "features"]),
                           *[("missing", [*features, f"{part} {size} (cm)"])
                             for part in ["sepal", "petal"] for size in ["length", "width"]])
        self.assert_faults(b'{"features":[1,2,3,4],"features":[1,2,3,4]}',
                           ("duplicate_key", features))

    def test_every_faulty_cell_is_told(self):
        self.assert_faults([1, "2", None, True], *[("float_type", ["body", "features", cell])
                                                   for cell in (1, 2, 3)])
        self.assert_faults(b'{"features":[1,2,1e39,1e400]}',
                           *[("finite_number", ["body", "features", cell]) for cell in (2, 3)])

    def test_an_unknown_path_is_404(self):
        self.assert_detail(self.program.get("/nothing"), 404, "Not Found")

    def test_another_method_is_405_with_the_right_ones(self):
        answer = self.program.get("/predict")
        self.assert_detail(answer, 405, "Method Not Allowed")
        self.assertEqual(answer.headers["allow"], "POST")
        self.assertEqual(self.program.get("/health", "POST").headers["allow"], "GET, HEAD")

    def test_another_content_type_is_415(self):
        with self.program.connect() as client:
            answer = client.exchange(request("POST", "/predict", b"{}", ["Content-Type: text/csv"]))
        self.assert_detail(answer, 415, "Content-Type is 'text/csv', expected application/json")

    def test_a_body_over_the_limit_is_413_before_it_comes(self):
        with self.program.connect() as client:
            client.send(b"POST /predict HTTP/1.1\r\nHost: test\r\nContent-Length: 100001\r\n\r\n")
            answer = client.receive()
        self.assert_detail(answer, 413, "the body is over the limit of 100000 bytes")
        self.assertTrue(answer.closes())

    def test_a_header_over_the_limit_is_431(self):
        answer = self.program.get("/health", headers=["X-Long: " + "a" * 9000])
        self.assert_detail(answer, 431, "the request header is over the limit of 8192 bytes")
        self.assertTrue(answer.closes())

    def test_what_is_not_http_is_400(self):
        for message in [b"HELLO\r\n\r\n", b"GET /health HTTP/1.1\r\n\r\n",
                        b"GET /health HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"]:
            with self.program.connect() as client:
                answer = client.exchange(message)
                self.assertEqual(answer.status, 400, message)
                self.assertTrue(answer.closes() and client.is_at_end(), message)


class Transport(ServedTest):
    def test_one_connection_serves_many_requests_also_after_a_fault(self):
        with self.program.connect() as client:
            for _ in range(20):
                self.assertEqual(client.exchange(predict_request(ROW)).body, SETOSA)
                self.assertEqual(client.exchange(predict_request(b"{")).status, 422)

    def test_connection_close_is_obeyed(self):
        with self.program.connect() as client:
            answer = client.exchange(request("GET", "/health", headers=["Connection: close"]))
            self.assertTrue(answer.closes() and client.is_at_end())

    def test_requests_sent_ahead_are_answered_in_order(self):
        with self.program.connect() as client:
            client.send(b"".join([request("GET", "/health"), predict_request(ROW),
                                  request("GET", "/nothing"), request("GET", "/ready")] * 10))
            for _ in range(10):
                answers = [client.receive() for _ in range(4)]
                self.assertEqual([answer.status for answer in answers], [200, 200, 404, 200])
                self.assertEqual(answers[1].body, SETOSA)

    def test_a_request_in_pieces_is_one_request(self):
        with self.program.connect() as client:
            message = predict_request(ROW)
            for at in range(len(message)):
                client.send(message[at:at + 1])
            self.assertEqual(client.receive().body, SETOSA)

    def test_a_chunked_body_is_put_together(self):
        body = json.dumps({"features": ROW}).encode()
        pieces = [body[:7], body[7:20], body[20:]]
        chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
        head = request("POST", "/predict", headers=["Transfer-Encoding: chunked"])
        with self.program.connect() as client:
            self.assertEqual(client.exchange(head + chunks + b"0\r\n\r\n").body, SETOSA)

    def test_expect_is_answered_before_the_body(self):
        message = predict_request(ROW, ["Expect: 100-continue"])
        head, body = message.split(b"\r\n\r\n")
        with self.program.connect() as client:
            self.assertEqual(client.exchange(head + b"\r\n\r\n").status, 100)
            self.assertEqual(client.exchange(body).body, SETOSA)


class Log(ServedTest):
    def line_of(self, request_id):
        return self.program.wait_for(lambda line: line.get("request_id") == request_id)

    def test_a_request_id_stands_in_the_answer_and_in_the_log_line(self):
        answer = self.program.predict(ROW, ["X-Request-ID: from-the-client"])
        self.assertEqual(answer.headers["x-request-id"], "from-the-client")
        line = self.line_of("from-the-client")
        self.assertEqual(list(line), LOG_KEYS)
        self.assertEqual([line[key] for key in ("level", "message", "route", "status")],
                         ["INFO", "Prediction successful: setosa", "/predict", 200])

    def test_a_request_without_an_id_gets_one(self):
        made = self.program.predict(ROW).headers["x-request-id"]
        self.assertRegex(made, "^[0-9a-f]{32}$")
        self.line_of(made)

    def test_a_fault_is_logged_as_a_warning_that_says_what(self):
        self.program.predict(b"{}", ["X-Request-ID: faulty"])
        line = self.line_of("faulty")
        self.assertEqual(list(line), LOG_KEYS)
        self.assertEqual((line["level"], line["message"]),
                         ("WARNING", "Prediction failed: body.features: Field required"))

    def test_probes_do_not_fill_the_log(self):
        self.program.get("/health", headers=["X-Request-ID: probe"])
        self.program.predict(ROW, ["X-Request-ID: behind-the-probe"])
        self.line_of("behind-the-probe")
        self.assertNotIn("probe", [line.get("request_id") for line in self.program.lines])


if __name__ == "__main__":
    unittest.main()
