# SPDX-License-Identifier: MIT
"""The real Jaeger takes our spans, and shows one trace by its API."""

import json
import os
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

from program import PATIENCE_S, ROW, SETOSA, parse_metrics, ready_program

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"
TRACEPARENT = f"traceparent: 00-{TRACE_ID}-{CALLER}-01"
RESOURCE = {"k8s.pod.name": "iris-1", "k8s.namespace.name": "ml-platform", "k8s.node.name": "n,1"}


def free_ports(count):
    """Jaeger does not tell which port it took for a 0."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [taken.getsockname()[1] for taken in sockets]
    for taken in sockets:
        taken.close()
    return ports


class Jaeger:
    """All in one, in memory, on the loopback. Use it in a `with`."""

    FLAGS = ["collector.otlp.http", "query.http-server", "admin.http", "collector.otlp.grpc",
             "collector.grpc-server", "collector.http-server", "query.grpc-server"]

    def __init__(self):
        ports = free_ports(len(self.FLAGS))
        self.url, self.api, self.admin = (f"http://127.0.0.1:{port}" for port in ports[:3])
        flags = [f"--{flag}.host-port=127.0.0.1:{port}" for flag, port in zip(self.FLAGS, ports)]
        self.output = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [Path(os.environ["JAEGER"]).resolve(), *flags], stdout=self.output,
            stderr=subprocess.STDOUT, env={**os.environ, "SPAN_STORAGE_TYPE": "memory"})

    def __enter__(self):
        self.wait_for(self.admin, lambda status: status.get("status") == "Server available")
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.output.close()

    def get(self, path):
        return self.wait_for(self.api + path, lambda answer: answer["data"])["data"]

    def wait_for(self, url, wanted):
        """The JSON at the URL as soon as it is what is wanted."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(url, timeout=PATIENCE_S) as answer:
                    found = json.load(answer)
                if wanted(found):
                    return found
            except (urllib.error.URLError, ConnectionError):
                pass
            time.sleep(0.05)
        self.output.seek(0)
        raise TimeoutError(f"{url}: {self.output.read()[-2000:]}")


def tags(items):
    return {item["key"]: item["value"] for item in items}


class RealJaeger(unittest.TestCase):
    def test_jaeger_shows_the_trace_as_the_caller_would_look_for_it(self):
        text = ",".join(f"{key}={value.replace(',', '%2C')}" for key, value in RESOURCE.items())
        env = {"OTEL_SERVICE_NAME": "iris", "OTEL_RESOURCE_ATTRIBUTES": text}
        with (Jaeger() as jaeger,
              ready_program("--otlp-endpoint", jaeger.url, "--trace-sample", "0",
                            "--drain-delay", "0", env=env) as program):
            self.assertEqual(program.predict(ROW, [TRACEPARENT]).body, SETOSA)
            (trace,) = jaeger.get(f"/api/traces/{TRACE_ID}")
            self.assertIn("iris", jaeger.get("/api/services"))
            (found,) = jaeger.get("/api/traces?service=iris&operation=POST%20%2Fpredict")
            self.assertEqual(found["traceID"], TRACE_ID)
            metrics = parse_metrics(program.get("/metrics").body)
            self.assertEqual(metrics["trace_spans_exported_total"], 4)
            line = program.wait_for(lambda line: line.get("trace_id") == TRACE_ID)
        self.check(trace, line)

    def check(self, trace, line):
        spans = {span["operationName"]: span for span in trace["spans"]}
        self.assertEqual(sorted(spans), ["POST /predict", "compute", "encode", "queue"])
        server = spans.pop("POST /predict")
        self.assertEqual(server["spanID"], line["span_id"])
        self.assertEqual([reference["spanID"] for reference in server["references"]], [CALLER])
        found = tags(server["tags"])
        self.assertEqual(found["span.kind"], "server")
        self.assertEqual(found["http.response.status_code"], 200)
        self.assertEqual(found["http.route"], "/predict")
        for name, span in spans.items():
            parents = [(item["refType"], item["spanID"]) for item in span["references"]]
            self.assertEqual(parents, [("CHILD_OF", server["spanID"])], name)
            self.assertGreaterEqual(span["startTime"], server["startTime"])
            # Jaeger counts whole microseconds, and rounds both ends.
            self.assertLessEqual(span["startTime"] + span["duration"],
                                 server["startTime"] + server["duration"] + 1)
            self.assertNotIn("warnings", {key for key, value in span.items() if value})
        (process,) = trace["processes"].values()
        self.assertEqual(process["serviceName"], "iris")
        self.assertEqual({key: tags(process["tags"])[key] for key in RESOURCE}, RESOURCE)


if __name__ == "__main__":
    unittest.main()
