# SPDX-License-Identifier: MIT
"""The traces of the whole program, as a receiver of OTLP gets them."""

import contextlib
import json
import time
import unittest

from opentelemetry.proto.trace.v1 import trace_pb2
from program import PATIENCE_S, ROW, SETOSA, Program, parse_metrics, ready_program, request, run
from receiver import Receiver, attributes_of

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER = "00f067aa0ba902b7"
TRACEPARENT = f"traceparent: 00-{TRACE_ID}-{CALLER}-01"
UNSAMPLED = f"traceparent: 00-{TRACE_ID}-{CALLER}-00"
PHASES = ["queue", "compute", "encode"]


@contextlib.contextmanager
def traced(*flags, env=None, **behaviour):
    """A receiver and a program that exports to it."""
    with (Receiver(**behaviour) as receiver,
          ready_program("--otlp-endpoint", receiver.url, "--drain-delay", "0", *flags,
                        env=env) as program):
        yield receiver, program


def dropped(program):
    metrics = parse_metrics(program.get("/metrics").body)
    name = "trace_spans_dropped_total"
    return {labels[len(name + '{reason="'):-2]: count for labels, count in metrics.items()
            if labels.startswith(name)}


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class Spans(unittest.TestCase):
    def test_a_request_is_a_span_with_its_phases_below_the_callers(self):
        with traced() as (receiver, program):
            before_ns = time.time_ns()
            answer = program.predict(ROW, [TRACEPARENT, "tracestate: vendor=a,other=b",
                                           "X-Request-ID: mine"])
            after_ns = time.time_ns()
            self.assertEqual((answer.status, answer.body), (200, SETOSA))
            self.assertNotIn("traceparent", answer.headers)
            server, *phases = receiver.wait_for_spans(4)
            self.assertEqual(receiver.paths[0], ("/v1/traces", "application/x-protobuf"))
            line = program.wait_for(lambda line: line.get("request_id") == "mine")

        self.assertEqual(server.name, "POST /predict")
        self.assertEqual(server.kind, trace_pb2.Span.SPAN_KIND_SERVER)
        self.assertEqual(server.trace_id.hex(), TRACE_ID)
        self.assertEqual(server.parent_span_id.hex(), CALLER)
        self.assertEqual(server.trace_state, "vendor=a,other=b")
        self.assertEqual(server.status.code, trace_pb2.Status.STATUS_CODE_UNSET)
        self.assertEqual(attributes_of(server), {
            "http.request.method": "POST", "http.route": "/predict", "url.path": "/predict",
            "url.scheme": "http", "http.response.status_code": 200,
            "ml_inference.request_id": "mine", "ml_inference.rows": 1})
        self.assertLess(before_ns, server.start_time_unix_nano)
        self.assertLess(server.end_time_unix_nano, after_ns)
        self.assertEqual([phase.name for phase in phases], PHASES)
        moment = server.start_time_unix_nano
        for phase in phases:
            self.assertEqual(phase.parent_span_id, server.span_id)
            self.assertEqual(phase.trace_id, server.trace_id)
            self.assertEqual(phase.start_time_unix_nano, moment, "one begins where another ends")
            self.assertLessEqual(moment, phase.end_time_unix_nano)
            moment = phase.end_time_unix_nano
        self.assertLessEqual(moment, server.end_time_unix_nano)
        self.assertEqual(len({server.span_id, *(phase.span_id for phase in phases)}), 4)
        self.assertEqual((line["trace_id"], line["span_id"]), (TRACE_ID, server.span_id.hex()))

    def test_a_batch_that_a_worker_computes_has_the_same_phases(self):
        with traced("--trace-sample", "1") as (receiver, program):
            self.assertEqual(program.predict([ROW] * 10_000).status, 200)
            server, *phases = receiver.wait_for_spans(4)
        self.assertEqual([phase.name for phase in phases], PHASES)
        self.assertEqual(attributes_of(server)["ml_inference.rows"], 10_000)
        self.assertEqual((server.parent_span_id, server.trace_state), (b"", ""))

    def test_the_resource_names_service_pod_and_node(self):
        env = {"OTEL_SERVICE_NAME": "iris",
               "OTEL_RESOURCE_ATTRIBUTES": "k8s.pod.name=pod-1,k8s.node.name=a%2Cb"}
        with traced(env=env) as (receiver, program):
            program.predict(ROW)
            receiver.wait_for_spans(4)
            version = json.loads(program.get("/").body)["version"]
            self.assertEqual(receiver.resource(), {
                "service.name": "iris", "service.version": version, "k8s.pod.name": "pod-1",
                "k8s.node.name": "a,b"})

    def test_failures_have_spans_and_only_ours_are_errors(self):
        with traced() as (receiver, program):
            program.predict(b"no JSON")
            program.get("/nowhere")
            spans = {span.name: span for span in receiver.wait_for_spans(5)}
        self.assertEqual(spans["POST /predict"].status.code, trace_pb2.Status.STATUS_CODE_UNSET)
        self.assertEqual(attributes_of(spans["POST /predict"])["http.response.status_code"], 422)
        self.assertEqual(attributes_of(spans["GET"])["url.path"], "/nowhere")

    def test_a_model_that_failed_is_an_error(self):
        with (Receiver() as receiver,
              Program("--otlp-endpoint", receiver.url, "--model", "/nothing.onnx",
                      "--on-model-failure", "stay") as program):
            program.wait_for(lambda line: line["message"].startswith("Model failed"))
            wait_until(lambda: program.get("/ready").json()["status"] != "starting")
            self.assertEqual(program.predict(ROW).status, 503)
            (span,) = receiver.wait_for_spans(1)
        self.assertEqual(span.status.code, trace_pb2.Status.STATUS_CODE_ERROR)
        self.assertIn("no such file", span.status.message)
        self.assertEqual(attributes_of(span)["error.type"], "503")


class Sampling(unittest.TestCase):
    def test_the_callers_decision_counts_whatever_the_ratio(self):
        with traced("--trace-sample", "0") as (receiver, program):
            program.predict(ROW)
            program.predict(ROW, [TRACEPARENT])
            receiver.wait_for_spans(4)
            program.terminate()
            self.assertEqual(program.exit_status(), 0)
            self.assertEqual(len(receiver.spans()), 4)
        with traced("--trace-sample", "1") as (receiver, program):
            program.predict(ROW, [UNSAMPLED, "X-Request-ID: mine"])
            line = program.wait_for(lambda line: line.get("request_id") == "mine")
            self.assertNotIn("trace_id", line)
            program.terminate()
            self.assertEqual(program.exit_status(), 0)
            self.assertEqual(receiver.spans(), [])

    def test_a_broken_or_doubled_parent_begins_a_new_trace(self):
        with traced() as (receiver, program):
            program.predict(ROW, [TRACEPARENT.upper()])
            program.predict(ROW, [TRACEPARENT, TRACEPARENT])
            spans = [span for span in receiver.wait_for_spans(8) if span.name == "POST /predict"]
        self.assertEqual([span.parent_span_id for span in spans], [b"", b""])
        self.assertEqual(len({span.trace_id.hex() for span in spans} - {TRACE_ID}), 2)

    def test_probes_and_scrapes_are_not_traced(self):
        with traced() as (receiver, program):
            for path in ("/health", "/ready", "/metrics"):
                program.get(path, headers=[TRACEPARENT])
            program.terminate()
            self.assertEqual(program.exit_status(), 0)
            self.assertEqual(receiver.paths, [])


class Receivers(unittest.TestCase):
    def test_what_waits_goes_out_at_the_end(self):
        with traced() as (receiver, program):
            program.predict(ROW)
            program.terminate()
            self.assertEqual(program.exit_status(), 0)
            self.assertEqual(len(receiver.spans()), 4)
            program.reader.join()
            self.assertIn("Tracing ends: 4 spans sent, 0 lost",
                          [line["message"] for line in program.lines])

    def test_a_busy_receiver_is_asked_again(self):
        busy = [(503, {"Retry-After": "0"}), (429, {"Retry-After": "0"})]
        with traced(answers=busy) as (receiver, program):
            program.predict(ROW)
            receiver.wait_for_spans(4)
            self.assertEqual(len(receiver.paths), 3)
            wait_until(lambda: parse_metrics(program.get("/metrics").body)[
                "trace_spans_exported_total"] == 4)
            program.wait_for(lambda line: line["message"] == "Trace export works again")
            self.assertEqual(set(dropped(program).values()), {0})

    def test_a_refusal_is_final(self):
        with traced(answers=[(400, {})]) as (receiver, program):
            program.predict(ROW)
            wait_until(lambda: dropped(program)["export_failed"] == 4)
            self.assertEqual(len(receiver.paths), 1)

    def test_a_receiver_that_is_gone_costs_nothing_but_spans(self):
        with Receiver() as gone:
            url = gone.url
        with ready_program("--otlp-endpoint", url, "--drain-delay", "0") as program:
            with program.connect() as client:
                for _ in range(4000):
                    answer = client.exchange(request("POST", "/predict", json.dumps(
                        {"features": ROW}).encode()))
                    self.assertEqual(answer.status, 200)
            self.assertGreater(dropped(program)["queue_full"], 0)
            begin = time.monotonic()
            program.terminate()
            self.assertEqual(program.exit_status(), 0)
            self.assertLess(time.monotonic() - begin, 5)

    def test_a_receiver_that_hangs_does_not_hold_up_the_end(self):
        with traced(hang=True) as (receiver, program):
            self.assertEqual(program.predict(ROW).status, 200)
            receiver.wait_for_requests(1)
            self.assertEqual(program.predict(ROW).status, 200)
            begin = time.monotonic()
            program.terminate()
            self.assertEqual(program.exit_status(), 0)
            self.assertLess(time.monotonic() - begin, 6)
            program.reader.join()
            self.assertEqual(program.lines[-2]["message"],
                             "Tracing ends: 0 spans sent, 8 lost: 8 still there at the end")
            self.assertEqual(program.lines[-2]["level"], "WARNING")


class Settings(unittest.TestCase):
    def test_the_standard_variable_names_the_receiver_too(self):
        with (Receiver() as receiver,
              ready_program(env={"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url}) as program):
            program.predict(ROW)
            self.assertEqual(len(receiver.wait_for_spans(4)), 4)

    def test_one_that_makes_no_sense_is_a_warning(self):
        with ready_program(env={"OTEL_EXPORTER_OTLP_ENDPOINT": "https://a:4317"}) as program:
            program.wait_for(lambda line: "nothing is traced" in line["message"])
            self.assertEqual(program.predict(ROW).status, 200)

    def test_what_is_probably_meant_otherwise_is_a_warning(self):
        with (Receiver() as receiver,
              ready_program("--otlp-endpoint", receiver.url + "/v1/traces",
                            env={"OTEL_SERVICE_NAME": "iris-\udcff"}) as program):
            line = program.wait_for(lambda line: "/v1/traces is appended" in line["message"])
            self.assertEqual(line["level"], "WARNING")
            line = program.wait_for(lambda line: "OTEL_SERVICE_NAME is no UTF-8" in line["message"])
            self.assertEqual(line["level"], "WARNING")
            program.predict(ROW)
            receiver.wait_for_spans(4)
            self.assertEqual(receiver.paths[0][0], "/v1/traces/v1/traces")
            self.assertEqual(receiver.resource()["service.name"], "ml-inference")

    def test_a_wrong_flag_ends_the_program(self):
        for flags in (["--otlp-endpoint", "collector:4318"], ["--trace-sample", "1.1"]):
            done = run("serve", "--port", "0", *flags)
            self.assertEqual(done.returncode, 2, flags)
            self.assertIn(f"'{flags[1]}' is no ", done.stderr)


if __name__ == "__main__":
    unittest.main()
