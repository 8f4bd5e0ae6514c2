# SPDX-License-Identifier: MIT
"""A real Prometheus scrapes real programs, one of them without its model, and fires our alerts."""
import http.server
import json
import pathlib
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

import yaml

import program
import rules

PATIENCE_S = 120


class Notices(http.server.ThreadingHTTPServer):
    """Stands where an Alertmanager would: keeps every alert that it is sent."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Notice)
        self.alerts = []
        self.told = threading.Condition()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def keep(self, alerts):
        with self.told:
            self.alerts += alerts
            self.told.notify_all()

    def wait_for(self, names):
        """{name: alert} of all that were sent, once those of `names` are among them: Prometheus
        calls an alert firing before it has sent it."""
        with self.told:
            self.told.wait_for(lambda: names <= self.sent().keys(), PATIENCE_S)
            return self.sent()

    def sent(self):
        return {alert["labels"]["alertname"]: alert for alert in self.alerts}


class Notice(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.keep(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


def free_port():
    """A port for Prometheus, which cannot tell which one it was given for port 0."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def configuration(targets, notices):
    """As the PodMonitor makes it, but each second: job, namespace and pod are set the same way."""
    return {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yaml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [notices]}]}]},
        "scrape_configs": [{"job_name": "ml-inference", "static_configs": [
            {"targets": [f"127.0.0.1:{port}"], "labels": {"namespace": "ml-platform", "pod": pod}}
            for pod, port in targets.items()]}]}


class Prometheus:
    """The program `prometheus` on a free port of the loopback, with a folder of its own."""

    def __init__(self, test, targets, notices):
        folder = tempfile.TemporaryDirectory()
        test.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        rules.write(self.folder / "rules.yaml")
        (self.folder / "prometheus.yaml").write_text(
            yaml.safe_dump(configuration(targets, notices)))
        self.port = free_port()
        self.log = open(self.folder / "log", "w+", encoding="utf-8")
        test.addCleanup(self.log.close)
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={self.folder}/prometheus.yaml",
             f"--storage.tsdb.path={self.folder}/data",
             f"--web.listen-address=127.0.0.1:{self.port}"], stdout=self.log, stderr=self.log)
        test.addCleanup(self.process.wait)
        test.addCleanup(self.process.kill)

    def ask(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}") as answer:
                return json.load(answer)["data"]
        except urllib.error.URLError:
            return None  # not up yet

    def firing(self):
        """{(alert, pod or None)} of the alerts that fire now."""
        found = self.ask("alerts") or {"alerts": []}
        return {(alert["labels"]["alertname"], alert["labels"].get("pod"))
                for alert in found["alerts"] if alert["state"] == "firing"}


class FiresOurAlerts(unittest.TestCase):
    def test_when_a_pod_has_no_model_and_its_predictions_fail(self):
        notices = Notices()
        self.addCleanup(notices.server_close)
        self.addCleanup(notices.shutdown)
        with program.Program() as well, \
             program.Program("--model", "missing.onnx", "--on-model-failure", "stay") as sick:
            well.wait_until_ready()
            prometheus = Prometheus(self, {"well": well.port, "sick": sick.port},
                                    f"127.0.0.1:{notices.server_port}")
            began = time.monotonic()
            expected = {("MlInferenceAvailabilityBurnFast", None),
                        ("MlInferenceAvailabilityBurnSlow", None)}
            if b"model_load_failures_total" in sick.get("/metrics").body:
                expected.add(("MlInferenceModelLoadFailed", "sick"))
            self.wait_for(prometheus, sick, expected)
            print(f"fired after {time.monotonic() - began:.1f} s: {sorted(map(str, expected))}")
            # What does not burn does not fire: the other pod is well, and nobody is down.
            self.assertEqual({alert for alert in prometheus.firing() if alert not in expected},
                             set())
            names = {name for name, _ in expected}
            sent = notices.wait_for(names)
            self.assertEqual(set(sent), names)
            for name, alert in sent.items():
                self.assertEqual(alert["annotations"]["runbook_url"],
                                 f"docs/runbooks.md#{name.lower()}")

    def wait_for(self, prometheus, sick, expected):
        """Asks the sick program for predictions until the alerts fire; each ask is a 503."""
        deadline = time.monotonic() + PATIENCE_S
        while not expected <= prometheus.firing():
            self.assertLess(time.monotonic(), deadline,
                            f"firing: {prometheus.firing()}, expected {expected}; its log:\n"
                            + (prometheus.folder / "log").read_text()[-2000:])
            for _ in range(5):
                answer = sick.predict(program.ROW)
                self.assertEqual(answer.status, 503)
            time.sleep(0.2)  # a steady trickle, and no spinning


if __name__ == "__main__":
    unittest.main()
