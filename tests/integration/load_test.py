# SPDX-License-Identifier: MIT
"""ml-inference load against the program, and against servers that are not as they should be."""

import json
import re
import signal
import socket
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

from program import PATIENCE_S, PROGRAM, environment, ready_program, run


def load(url, *flags, env=None):
    """The finished command; its report as `report` when it printed one."""
    done = run("load", url, "--json", *flags, env=env)
    done.report = json.loads(done.stdout) if done.stdout else None
    return done


class AgainstTheProgram(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.program = ready_program("--log-sample", "1000")
        cls.url = f"http://localhost:{cls.program.port}"

    @classmethod
    def tearDownClass(cls):
        cls.program.__exit__()

    def predictions(self):
        return self.program.count('{method="POST",route="/predict",status="200"}')

    def test_each_request_that_falls_due_is_sent_and_counted_once(self):
        before = self.predictions()
        done = load(self.url, "--rate", "200", "--duration", "1s", "--connections", "mixed",
                    "--expect-text", "setosa", "--max-failures", "0")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        report = done.report
        self.assertEqual((report["sent"], report["succeeded"], report["failed"]), (200, 200, 0))
        self.assertEqual(report["statuses"], {"200": 200})
        self.assertEqual(report["failures"], {})
        self.assertEqual((report["keep"]["sent"], report["new"]["sent"]), (100, 100))
        self.assertEqual(report["new"]["connections"], 100)
        self.assertLessEqual(report["keep"]["connections"], 64)
        self.assertEqual(report["rate"], 200)
        self.assertEqual(sum(second["sent"] for second in report["per_second"]), 200)
        latency = report["latency_ms"]
        ordered = [latency[name] for name in ["p50", "p90", "p99", "p999", "max"]]
        self.assertEqual(ordered, sorted(ordered))
        self.assertGreater(latency["mean"], 0)
        self.assertEqual(self.predictions() - before, 200)

    def test_steps_have_rates_and_times_of_their_own(self):
        report = load(self.url, "--rate", "50:1s,0:1s,200:1s").report
        self.assertEqual([second["sent"] for second in report["per_second"]], [50, 0, 200])

    def test_a_rate_of_zero_is_as_fast_as_answers_come(self):
        report = load(self.url, "--rate", "0", "--duration", "200ms", "--concurrency", "2").report
        self.assertGreater(report["succeeded"], 100)
        self.assertEqual((report["failed"], report["keep"]["connections"]), (0, 2))

    def test_a_broken_threshold_is_status_3_with_a_report(self):
        for flags, message in [
                (("--expect-text", "no flower", "--max-failures", "9"),
                 "10 requests failed, expected at most 9\n"),
                (("--max-p99", "0ms"), r"p99 is \d+\.\d+ ms, expected at most 0 ms\n"),
                (("--max-p99", "1us"), r"p99 is \d+\.\d+ ms, expected at most 0\.001 ms\n")]:
            done = load(self.url, "--rate", "100", "--duration", "100ms", *flags)
            self.assertEqual(done.returncode, 3, flags)
            self.assertRegex(done.stderr, rf"\A{message}\Z")
            self.assertEqual(done.report["sent"], 10)

    def test_answers_that_are_no_predictions_are_failures_by_their_status(self):
        with tempfile.NamedTemporaryFile() as body:
            body.write(b'{"features": [1]}')
            body.flush()
            done = load(self.url, "--rate", "100", "--duration", "100ms", "--body", body.name)
        self.assertEqual(done.returncode, 0)  # no threshold was asked for
        self.assertEqual(done.stderr, "all 10 requests failed; with --max-failures that is exit "
                                      "status 3\n")
        self.assertEqual(done.report["failures"], {"status 422": 10})
        self.assertIsNone(done.report["latency_ms"]["p99"])
        self.assertIsNone(done.report["per_second"][0]["p99_ms"])
        self.assertEqual(load(f"{self.url}/nothing", "--rate", "10", "--duration", "100ms")
                         .report["failures"], {"status 404": 1})

    def test_a_body_that_is_refused_before_it_is_read_is_a_status_too(self):
        report = load(self.url, "--rate", "20", "--duration", "200ms", "--rows", "100000").report
        self.assertEqual(report["failures"], {"status 413": 4})

    def test_rows_are_predicted_together(self):
        report = load(self.url, "--rate", "10", "--duration", "100ms", "--rows", "50",
                      "--expect-text", '"predictions"').report
        self.assertEqual(report["succeeded"], 1)

    def test_flags_have_variables(self):
        done = load(self.url, env={"ML_INFERENCE_RATE": "50", "ML_INFERENCE_DURATION": "200ms",
                                   "ML_INFERENCE_MAX_FAILURES": "0"})
        self.assertEqual((done.returncode, done.report["sent"]), (0, 10))

    def test_people_get_lines(self):
        done = run("load", self.url, "--rate", "50", "--duration", "200ms")
        self.assertRegex(done.stdout, r"\A10 requests in 0\.\d s \(50\.0 a second\): 10 succeeded, "
                                      r"0 failed, 0 late\nlatency, ms: mean [^\n]+\n"
                                      r"kept alive: 10 requests on 10 connections, 0 failed\n\Z")


class WithAToken(unittest.TestCase):
    def test_a_token_comes_from_a_file(self):
        with tempfile.NamedTemporaryFile("w") as tokens, tempfile.NamedTemporaryFile("w") as fields:
            print("open-sesame", file=tokens, flush=True)
            print("Authorization: Bearer open-sesame", file=fields, flush=True)
            with ready_program("--token-file", tokens.name) as program:
                url = f"http://127.0.0.1:{program.port}"
                flags = ["--rate", "50", "--duration", "100ms"]
                self.assertEqual(load(url, *flags).report["failures"], {"status 401": 5})
                report = load(url, *flags, "--header-file", fields.name).report
                self.assertEqual((report["succeeded"], report["failures"]), (5, {}))
                done = load(url, env={"ML_INFERENCE_HEADER_FILE": tokens.name})
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr, f"ml-inference: {tokens.name}: line 1: expected the form "
                                      "'Name: value'\n")


class Stopped(unittest.TestCase):
    def test_a_signal_ends_it_early_and_it_reports(self):
        for number in [signal.SIGTERM, signal.SIGINT]:
            with ready_program() as program:
                process = subprocess.Popen(
                    [PROGRAM, "load", f"http://127.0.0.1:{program.port}", "--json",
                     "--duration", "60m"], env=environment(), stdout=subprocess.PIPE, text=True)
                with process:
                    program.wait_for(lambda line: line["message"].startswith("Prediction "))
                    process.send_signal(number)
                    report = json.loads(process.communicate(timeout=PATIENCE_S)[0])
                self.assertEqual(process.returncode, 0)
                self.assertTrue(report["stopped"])
                self.assertGreaterEqual(report["sent"], 1)
                self.assertEqual(report["succeeded"], report["sent"])

    def test_a_server_that_drains_loses_no_request(self):
        with ready_program("--drain-delay", "1s") as program:
            process = subprocess.Popen(
                [PROGRAM, "load", f"http://127.0.0.1:{program.port}", "--json", "--rate", "500",
                 "--connections", "mixed"], env=environment(), stdout=subprocess.PIPE, text=True)
            with process:
                program.wait_for(lambda line: line["message"].startswith("Prediction "))
                program.terminate()
                process.send_signal(signal.SIGTERM)  # within the drain's delay
                report = json.loads(process.communicate(timeout=PATIENCE_S)[0])
            self.assertEqual(report["failures"], {})
            self.assertEqual(program.exit_status(), 0)


class Strangers(unittest.TestCase):
    """Servers that one would rather not have."""

    def serve_once(self, answer):
        """A listener that answers each connection's first bytes so, and closes it."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)

        def serve():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    if connection.recv(65536):
                        connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    def test_a_chunked_answer_and_one_without_a_size_are_whole(self):
        for answer in [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nset\r\n"
                       b"3\r\nosa\r\n0\r\n\r\n",
                       b"HTTP/1.0 200 OK\r\n\r\nsetosa"]:
            report = load(self.serve_once(answer), "--rate", "50", "--duration", "100ms",
                          "--expect-text", "setosa").report
            self.assertEqual((report["succeeded"], report["failures"]), (5, {}), answer)

    def test_who_closes_without_an_answer_is_named(self):
        report = load(self.serve_once(b""), "--rate", "50", "--duration", "100ms").report
        self.assertEqual(report["failures"], {"closed without a response": 5})

    def test_nobody_there_is_status_1(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        done = load(f"http://127.0.0.1:{port}")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertEqual(done.stderr, f"ml-inference: 127.0.0.1 port {port}: cannot connect: "
                                      "Connection refused\n")

    def test_a_name_that_nobody_has_is_status_1(self):
        done = load("http://nobody.invalid")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r"\Aml-inference: nobody\.invalid: [^\n]+\n\Z")


class WrongUsage(unittest.TestCase):
    def test_what_makes_no_sense_is_told_before_anything_is_sent(self):
        url = "http://127.0.0.1:1"
        for arguments, words in [
                (["https://a"], "https is not spoken here"),
                (["a:80"], "expected http://HOST"),
                ([], "URL"),
                ([url, "--rate", "fast"], "--rate: rate 'fast': expected requests a second"),
                ([url, "--rate", "1:5s", "--duration", "3s"], "steps of --rate have their own"),
                ([url, "--rate", "0:5s,0:5s"], "no request is ever due"),
                ([url, "--rate", "0:1s"], "as fast as answers come is --rate 0 --duration"),
                ([url, "--duration", "0s"], "expected more than 0"),
                ([url, "--connections", "old"], "--connections: old not in"),
                ([url, "--concurrency", "0"], "no whole number from 1 to 10000"),
                ([url, "--header", "Host: x"], "Host is set by the load"),
                ([url, "--max-failures", "-1"], "no whole number"),
                ([url, "--duration", "0.4ms"], "--duration: '0.4ms' is finer than 1ms"),
                ([url, "--timeout", "0.4us"], "--timeout: '0.4us' is finer than 1us"),
                ([url, "--max-p99", "fast"], "--max-p99: 'fast' is no duration")]:
            done = run("load", *arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertRegex(done.stderr, r"\Aml-inference: [^\n]+\n\Z", arguments)
            self.assertTrue(re.search(re.escape(words), done.stderr), done.stderr)

    def test_a_body_that_is_not_there_is_status_1(self):
        done = run("load", "http://127.0.0.1:1", "--body", str(Path("/nothing.json")))
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("/nothing.json: cannot be read", done.stderr)

    def test_a_body_that_is_no_file_or_has_no_end_is_status_1(self):
        for path, words in [("/", "/: cannot be read: Is a directory"),
                            ("/dev/zero", "/dev/zero: larger than 67108864 bytes")]:
            done = run("load", "http://127.0.0.1:1", "--body", path)
            self.assertEqual((done.returncode, done.stdout), (1, ""), path)
            self.assertEqual(done.stderr, f"ml-inference: {words}\n")


if __name__ == "__main__":
    unittest.main()
