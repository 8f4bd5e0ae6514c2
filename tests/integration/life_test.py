# SPDX-License-Identifier: MIT
"""The life of the process: start, ready, drain, end."""

import contextlib
import re
import signal
import socket
import threading
import time
import unittest
from pathlib import Path

from program import (PATIENCE_S, ROW, SETOSA, Program, parse_metrics, predict_request,
                     ready_program, request, run)

# A delay that no test waits for: whoever ends sooner has skipped it.
LONG = ("--drain-delay", "3m", "--drain-limit", "4m")

MEBIBYTE = 1024 * 1024
ROWS_MAX = 10_000


def peak_bytes(program):
    """The most memory that the program has had in RAM at one time."""
    status = Path(f"/proc/{program.process.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status).group(1)) * 1024


def forget_peak(program):
    Path(f"/proc/{program.process.pid}/clear_refs").write_text("5")  # proc(5)


def resident_bytes(program):
    return parse_metrics(program.get("/metrics").body)["process_resident_memory_bytes"]


class Leaving(unittest.TestCase):
    def test_a_draining_program_answers_and_ends_each_connection(self):
        with ready_program(*LONG) as program, program.connect() as kept:
            self.assertEqual(kept.exchange(request("GET", "/ready")).status, 200)
            program.terminate()
            answer = kept.exchange(request("GET", "/ready"))
            self.assertEqual((answer.status, answer.json()), (503, {"status": "draining"}))
            self.assertTrue(answer.closes() and kept.is_at_end())
            answer = program.get("/health")
            self.assertEqual((answer.status, answer.json()), (200, {"status": "healthy"}))
            self.assertTrue(answer.closes())
            answer = program.predict(ROW)
            self.assertEqual((answer.status, answer.body), (200, SETOSA))
            self.assertTrue(answer.closes())

    def test_the_delay_passes_and_the_program_ends_well(self):
        with ready_program("--drain-delay", "300ms") as program:
            begin = time.monotonic()
            program.terminate()
            self.assertEqual(program.exit_status(), 0)
            self.assertGreaterEqual(time.monotonic() - begin, 0.3)
            program.reader.join()
            self.assertEqual(program.lines[-1]["message"], "Stopped: all requests are answered")
            self.assertEqual(program.stderr(), "")
            with self.assertRaises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", program.port), PATIENCE_S)

    def test_a_request_under_way_is_answered(self):
        with ready_program("--drain-delay", "0") as program, program.connect() as client:
            head, body = predict_request(ROW, ["Expect: 100-continue"]).split(b"\r\n\r\n")
            self.assertEqual(client.exchange(head + b"\r\n\r\n").status, 100)
            program.terminate()
            answer = client.exchange(body)
            self.assertEqual((answer.status, answer.body), (200, SETOSA))
            self.assertTrue(answer.closes())
            self.assertEqual(program.exit_status(), 0)

    def test_an_idle_connection_does_not_hold_up_the_end(self):
        with ready_program("--drain-delay", "0") as program, program.connect() as client:
            client.exchange(request("GET", "/health"))
            program.terminate()
            self.assertTrue(client.is_at_end())
            client.socket.close()
            self.assertEqual(program.exit_status(), 0)

    def test_a_request_that_never_ends_is_cancelled_at_the_limit(self):
        flags = ("--drain-delay", "0", "--drain-limit", "200ms")
        with ready_program(*flags) as program, program.connect() as client:
            head = predict_request(ROW, ["Expect: 100-continue"]).split(b"\r\n\r\n")[0]
            self.assertEqual(client.exchange(head + b"\r\n\r\n").status, 100)
            program.terminate()
            answer = client.receive()
            self.assertEqual((answer.status, answer.json()),
                             (503, {"detail": "the server is shutting down"}))
            self.assertEqual(program.exit_status(), 0)

    def test_sigint_skips_the_delay(self):
        with ready_program(*LONG) as program:
            program.terminate(signal.SIGINT)
            self.assertEqual(program.exit_status(), 0)

    def test_a_second_sigterm_hurries(self):
        with ready_program(*LONG) as program:
            program.terminate()
            program.process.send_signal(signal.SIGTERM)
            self.assertEqual(program.exit_status(), 0)


class Starting(unittest.TestCase):
    def test_a_taken_port_is_one_line_and_status_1(self):
        with ready_program() as program:
            port = str(program.port)
            second = run("serve", "--port", port)
        self.assertEqual((second.returncode, second.stdout), (1, ""))
        self.assertEqual(second.stderr, f"ml-inference: cannot listen on 0.0.0.0 port {port}: "
                                        "Address already in use\n")

    def test_a_model_that_cannot_be_read_ends_the_program(self):
        done = run("serve", "--port", "0", "--model", "/nothing.onnx")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr,
                         "ml-inference: /nothing.onnx: no such file, expected a model\n")

    def test_or_the_program_stays_and_says_why_it_is_not_ready(self):
        with Program("--model", "/nothing.onnx", "--on-model-failure", "stay",
                     "--drain-delay", "0") as program:
            program.wait_for(lambda line: line["message"].startswith("Model failed: "))
            deadline = time.monotonic() + PATIENCE_S
            while (answer := program.get("/ready")).json() == {"status": "starting"}:
                self.assertLess(time.monotonic(), deadline)
            reason = "model failed: /nothing.onnx: no such file, expected a model"
            self.assertEqual((answer.status, answer.json()), (503, {"status": reason}))
            self.assertEqual(program.get("/health").status, 200)
            answer = program.predict(ROW)
            self.assertEqual((answer.status, answer.json()), (503, {"detail": reason}))
            self.assertIn("retry-after", answer.headers)
            program.terminate()
            self.assertEqual(program.exit_status(), 0)

    def test_a_flag_that_does_not_exist_is_status_2(self):
        done = run("serve", "--colour", "red")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertEqual(done.stderr.count("\n"), 1)
        self.assertIn("--colour", done.stderr)

    def test_a_value_out_of_range_is_status_2_from_a_flag_or_a_variable(self):
        for arguments, env in [(["--port", "65536"], {}), ([], {"ML_INFERENCE_PORT": "http"}),
                               (["--drain-delay", "soon"], {}),
                               ([], {"ML_INFERENCE_LOG_LEVEL": "loud"})]:
            done = run("serve", *arguments, env=env)
            self.assertEqual((done.returncode, done.stdout), (2, ""), (arguments, env))
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)

    def test_a_text_that_no_data_could_make_right_is_status_2(self):
        train = ("train", "--data", "none.csv", "--target", "y", "--output", "none.onnx")
        for flags in (["serve", "--host", "localhost"], [*train, "--max-features", "0"],
                      [*train, "--max-samples", "1.5"], [*train, "--class-weight", "1,x,2"]):
            done = run(*flags)
            self.assertEqual((done.returncode, done.stdout), (2, ""), flags)
            self.assertIn(f"{flags[-2]}: '{flags[-1]}' is n", done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1)

    def test_a_flag_of_another_estimator_is_status_2(self):
        train = ("train", "--data", "none.csv", "--target", "y", "--output", "none.onnx")
        for flags, env in [(["--learning-rate", "0.5"], {}), ([], {"ML_INFERENCE_MAX_BINS": "9"}),
                           (["--estimator", "gradient-boosting", "--trees", "5"], {})]:
            done = run(*train, *flags, env=env)
            self.assertEqual((done.returncode, done.stdout), (2, ""), flags)
            self.assertIn("is a flag of ", done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1)

    def test_unknown_words_are_named_in_their_order(self):
        self.assertIn("--modle x", run("serve", "--modle", "x").stderr)

    def test_variables_are_flags(self):
        env = {"ML_INFERENCE_PORT": "0", "ML_INFERENCE_THREADS": "3", "ML_INFERENCE_HOST": "::"}
        with Program(env=env, port_flag=()) as program:
            self.assertRegex(program.lines[0]["message"], r"^Listening on :: port \d+ with 3 ")

    def test_the_link_of_a_service_is_no_port(self):
        env = {"ML_INFERENCE_PORT": "tcp://10.96.0.1:80", "ML_INFERENCE_SERVICE_HOST": "10.96.0.1",
               "ML_INFERENCE_PORT_80_TCP_ADDR": "10.96.0.1"}
        with ready_program(env=env) as program:
            self.assertEqual(program.stderr().count("\n"), 1)
            self.assertIn("ML_INFERENCE_PORT is the link of a Kubernetes Service and is ignored",
                          program.stderr())

    def test_a_variable_without_a_flag_is_a_warning(self):
        with ready_program(env={"ML_INFERENCE_COLOUR": "red"}) as program:
            self.assertEqual(program.stderr(), "ml-inference: warning: ML_INFERENCE_COLOUR is set, "
                                               "and no flag has that name\n")

    def test_flags_that_contradict_each_other_are_warnings(self):
        with Program("--max-body-bytes", "2000", "--body-budget-bytes", "1000",
                     "--drain-delay", "3s", "--drain-limit", "3s") as program:
            for begin in ("the body budget of 1000 (--body-budget-bytes, or a quarter of the "
                          "memory limit) is below --max-body-bytes 2000",
                          "--drain-delay 3000 ms is not below --drain-limit 3000 ms"):
                line = program.wait_for(lambda line: line["message"].startswith(begin))
                self.assertEqual(line["level"], "WARNING")

    def test_every_line_of_the_log_is_json_with_the_same_first_keys(self):
        with ready_program() as program:
            for line in program.lines:
                self.assertEqual(list(line)[:4], ["timestamp", "level", "logger", "message"], line)


class Patience(unittest.TestCase):
    """One client's slowness is no other client's: these programs have a single event loop."""

    def test_an_idle_connection_is_ended_and_others_go_on(self):
        with ready_program("--threads", "1", "--idle-timeout", "100ms") as program:
            with program.connect() as idle:
                idle.exchange(request("GET", "/health"))
                self.assertTrue(idle.is_at_end())
                self.assertEqual(program.get("/health").status, 200)

    def test_a_client_that_does_not_read_holds_up_nobody(self):
        with ready_program("--threads", "1") as program, program.connect(4096) as deaf:
            deaf.socket.setblocking(False)
            many = request("GET", "/openapi.json") * 1000  # 100 MB of answers
            try:
                while many:
                    many = many[deaf.socket.send(many):]
            except BlockingIOError:
                pass  # the server has stopped reading as well
            counts = [-1, 0]
            # Until no more of it can be answered.
            while counts[-1] == 0 or counts[-1] != counts[-2]:
                counts.append(program.count('{method="GET",route="/openapi.json",status="200"}'))
            self.assertLess(counts[-1], 1000)
            self.assertEqual(program.get("/health").status, 200)

    def test_a_program_that_stood_still_blames_no_client(self):
        limit_s = 1
        timeouts = ("--header-timeout", f"{limit_s}s", "--request-timeout", f"{limit_s}s")
        with ready_program("--threads", "1", *timeouts) as program, program.connect() as client:
            question = predict_request(ROW)
            client.exchange(question)
            program.process.send_signal(signal.SIGSTOP)
            client.send(question[:30])
            threading.Event().wait(2 * limit_s)  # the standstill itself
            program.process.send_signal(signal.SIGCONT)
            program.get("/health")  # the loop runs, and has seen the beginning
            self.assertEqual(client.exchange(question[30:]).status, 200)

    def test_idle_connections_keep_no_large_answer(self):
        with ready_program("--threads", "1") as program, contextlib.ExitStack() as clients:
            question = predict_request([ROW] * ROWS_MAX)
            before = resident_bytes(program)
            for _ in range(40):
                client = clients.enter_context(program.connect())
                self.assertEqual(client.exchange(question).status, 200)
            # Each answer has 1.3 MB.
            self.assertLess(resident_bytes(program) - before, 8 * MEBIBYTE)

    def test_answers_that_nobody_reads_stay_within_the_budget(self):
        flags = ("--threads", "1", "--body-budget-bytes", str(4 * MEBIBYTE))
        with ready_program(*flags) as program, contextlib.ExitStack() as clients:
            question = predict_request([ROW] * ROWS_MAX)
            before = resident_bytes(program)
            deaf = [clients.enter_context(program.connect(4096)) for _ in range(24)]
            for client in deaf:
                client.send(question)
            predictions = '{method="POST",route="/predict",status="%d"}'
            deadline = time.monotonic() + PATIENCE_S
            while sum(program.count(predictions % status) for status in (200, 503)) < len(deaf):
                self.assertLess(time.monotonic(), deadline)
            self.assertLess(resident_bytes(program) - before, 16 * MEBIBYTE)
            statuses = [client.receive().status for client in deaf]
            self.assertEqual(set(statuses), {200, 503})
            refused = 'http_overload_total{reason="memory"}'
            counts = parse_metrics(program.get("/metrics").body)
            self.assertGreaterEqual(counts[refused], 1)

    def test_batches_that_are_worked_on_stay_within_as_much_again(self):
        budget = 8 * MEBIBYTE
        flags = ("--threads", "4", "--body-budget-bytes", str(budget))
        values = b",".join([b"0"] * 130_000)  # 260 KB as text, 5 MB as nodes
        question = predict_request(b'{"features":[%s]}' % values)
        with ready_program(*flags) as program, contextlib.ExitStack() as clients:
            forget_peak(program)
            before = peak_bytes(program)
            many = [clients.enter_context(program.connect()) for _ in range(40)]
            for client in many:
                client.send(question)
            statuses = [client.receive().status for client in many]
            self.assertLessEqual({422}, set(statuses))
            self.assertLessEqual(set(statuses), {422, 503})
            # Four of them at once would need 20 MiB, and with vectors that grow 30 MiB.
            self.assertLess(peak_bytes(program) - before, 2 * budget + 4 * MEBIBYTE)
            self.assertEqual(program.predict([ROW] * ROWS_MAX).status, 200)

    def test_a_batch_that_needs_more_memory_than_there_is_is_413(self):
        with ready_program("--body-budget-bytes", str(2 * MEBIBYTE)) as program:
            answer = program.predict([ROW] * ROWS_MAX)
            self.assertEqual(answer.status, 413)
            self.assertRegex(answer.json()["detail"],
                             "^the request may need [0-9]{7} bytes of memory while it is worked "
                             f"on, all requests together have {2 * MEBIBYTE}$")
            self.assertNotIn("retry-after", answer.headers)
            self.assertFalse(answer.closes())
            self.assertEqual(program.predict([ROW] * 1000).status, 200)

    def test_a_header_that_does_not_end_is_408(self):
        with ready_program("--header-timeout", "100ms") as program, program.connect() as client:
            answer = client.exchange(b"GET /health HTTP/1.1\r\n")
            self.assertEqual((answer.status, answer.json()),
                             (408, {"detail": "the request header came too slowly"}))


if __name__ == "__main__":
    unittest.main()
