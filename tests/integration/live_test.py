# SPDX-License-Identifier: MIT
"""What changes while the program serves: tokens and settings in files that somebody replaces."""

import ctypes
import os
import tempfile
import threading
import time
import unittest
from pathlib import Path

from program import (PATIENCE_S, ROW, SETOSA, parse_metrics, predict_request, ready_program, run)


class MountedFile:
    """A file as the kubelet mounts it: a link through ..data, which is replaced as a whole."""

    def __init__(self, folder, name, text):
        self.folder = Path(folder)
        self.name = name
        self.version = 0
        self.path = self.folder / name
        self.put(text)
        self.path.symlink_to(f"..data/{name}")

    def put(self, text):
        self.version += 1
        data = self.folder / f"..{self.version}"
        data.mkdir()
        (data / self.name).write_text(text)
        (self.folder / "..data_tmp").symlink_to(data.name)
        os.replace(self.folder / "..data_tmp", self.folder / "..data")


class Mounting(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def mount(self, name, text):
        return MountedFile(self.folder, name, text)


def bearer(token):
    return [f"Authorization: Bearer {token}"]


class HeldThread:
    """Holds one thread of a program, as a system call that does not return would: by ptrace(2).

    The thread that makes it has to be the one that uses it.
    """
    SEIZE, INTERRUPT = 0x4206, 0x4207

    def __init__(self, program, name):
        tasks = Path(f"/proc/{program.process.pid}/task")
        (self.tid,) = [int(task.name) for task in tasks.iterdir()
                       if (task / "comm").read_text().strip() == name]
        self.libc = ctypes.CDLL(None, use_errno=True)
        for request in (self.SEIZE, self.INTERRUPT):
            if self.libc.ptrace(request, self.tid, None, None) != 0:
                raise OSError(ctypes.get_errno(), "ptrace")
        os.waitpid(self.tid, 0x40000000)  # __WALL; returns when it stands

    def buried(self):
        """Returns when the thread has ended with its process, which needs a tracer that looks."""
        deadline = time.monotonic() + PATIENCE_S
        while os.waitpid(self.tid, 0x40000000 | os.WNOHANG)[0] == 0:
            assert time.monotonic() < deadline, "the program does not end"
            time.sleep(0.01)


def reloads(program, file, result):
    values = parse_metrics(program.get("/metrics").body)
    return values[f'settings_reloads_total{{file="{file}",result="{result}"}}']


class Tokens(Mounting):
    def test_only_predictions_need_a_token(self):
        tokens = self.mount("tokens", "# two\none-1\ntwo-2\n")
        with ready_program("--token-file", str(tokens.path)) as program:
            for path in ("/", "/health", "/ready", "/metrics", "/openapi.json"):
                self.assertEqual(program.get(path).status, 200, path)
            for token in ("one-1", "two-2"):
                answer = program.predict(ROW, bearer(token))
                self.assertEqual((answer.status, answer.body), (200, SETOSA))
            answer = program.predict(ROW)
            self.assertEqual(answer.status, 401)
            self.assertEqual(answer.headers["www-authenticate"], 'Bearer realm="ml-inference"')
            for headers in (bearer("three"), bearer("one"), bearer("# two"), bearer(""),
                            ["Authorization: Basic b25lOg=="], ["Authorization: one-1"]):
                self.assertEqual(program.predict(ROW, headers).status, 401, headers)
            answer = program.predict(ROW, bearer("sesame-4711"))
            self.assertEqual(answer.headers["www-authenticate"],
                             'Bearer realm="ml-inference", error="invalid_token"')
            self.assertFalse(answer.closes())
            twice = bearer("one-1") + bearer("wrong")
            self.assertEqual(program.predict(ROW, twice).status, 400)
            self.assertEqual(program.count('{method="POST",route="/predict",status="401"}'), 8)
            line = program.wait_for(lambda line: line.get("status") == 401)
            self.assertEqual(line["level"], "WARNING")
            self.assertFalse(any("4711" in line["message"] for line in program.lines))

    def test_tokens_rotate_under_load_without_a_refused_request(self):
        """Old, then both, then new, as a rotation goes; the client changes in between."""
        tokens = self.mount("tokens", "old")
        with ready_program("--token-file", str(tokens.path)) as program:
            token, statuses, stop = ["old"], [], threading.Event()

            def ask():
                with program.connect() as client:
                    while not stop.is_set():
                        answer = client.exchange(predict_request(ROW, bearer(token[0])))
                        statuses.append(answer.status)

            clients = [threading.Thread(target=ask) for _ in range(2)]
            for client in clients:
                client.start()
            try:
                tokens.put("old\nnew\n")
                program.wait_for(lambda line: line["message"].endswith("again: 2 tokens"))
                token[0] = "new"
                begin = len(statuses)
                while len(statuses) < begin + 10:  # whoever asks with the old one is answered
                    time.sleep(0)
                tokens.put("new\n")
                program.wait_for(lambda line: line["message"].endswith("again: 1 token"))
            finally:
                stop.set()
                for client in clients:
                    client.join()
            self.assertEqual(set(statuses), {200})
            self.assertEqual(program.predict(ROW, bearer("old")).status, 401)
            self.assertEqual(reloads(program, "token", "success"), 2)

    def test_a_damaged_file_changes_nothing(self):
        tokens = self.mount("tokens", "old")
        with ready_program("--token-file", str(tokens.path)) as program:
            for number, text in enumerate(("", "a secret-4711\n", "x" * 300_000), 1):
                tokens.put(text)
                deadline = time.monotonic() + PATIENCE_S
                while reloads(program, "token", "failure") < number:
                    self.assertLess(time.monotonic(), deadline)
                self.assertEqual(program.predict(ROW, bearer("old")).status, 200)
                self.assertEqual(program.predict(ROW).status, 401)
            line = program.wait_for(lambda line: "is refused" in line["message"])
            self.assertEqual(line["level"], "WARNING")
            self.assertFalse(any("4711" in line["message"] for line in program.lines))

    def test_the_program_does_not_start_open(self):
        for text in ("", "# none\n", "a b\n"):
            tokens = Path(self.folder) / "plain"
            tokens.write_text(text)
            ended = run("serve", "--port", "0", "--token-file", str(tokens))
            self.assertEqual(ended.returncode, 1)
            self.assertIn(str(tokens) + ": ", ended.stderr)
        ended = run("serve", "--port", "0", "--token-file", self.folder + "/none")
        self.assertEqual(ended.returncode, 1)
        self.assertIn("/none: cannot be read", ended.stderr)


    def test_an_empty_name_is_not_taken_for_none(self):
        for flag in ("--token-file", "--config-file", "--model"):
            variable = "ML_INFERENCE" + flag[1:].upper().replace("-", "_")
            for name, ended in ((flag, run("serve", "--port", "0", flag, "")),
                                (variable, run("serve", "--port", "0", env={variable: ""}))):
                self.assertEqual(ended.returncode, 2, name)
                self.assertIn(f"{name}: is empty, expected a file's name", ended.stderr)
        tokens = self.mount("tokens", "one")
        with ready_program("--token-file", str(tokens.path),
                           env={"ML_INFERENCE_TOKEN_FILE": ""}) as program:
            self.assertEqual(program.predict(ROW).status, 401)


class End(Mounting):
    def test_a_look_that_hangs_does_not_hold_up_the_end(self):
        tokens = self.mount("tokens", "old")
        with ready_program("--token-file", str(tokens.path), "--drain-delay", "0") as program:
            watcher = HeldThread(program, "watcher")
            self.assertEqual(program.predict(ROW, bearer("old")).status, 200)
            program.terminate()
            watcher.buried()
            self.assertEqual(program.exit_status(), 0)
            program.reader.join()
            line = program.lines[-1]
            self.assertEqual(line["level"], "WARNING")
            self.assertIn("all requests are answered; a look", line["message"])

    def test_a_pipe_in_a_files_place_is_refused(self):
        tokens = Path(self.folder) / "tokens"
        tokens.write_text("old")
        with ready_program("--token-file", str(tokens), "--drain-delay", "0") as program:
            os.mkfifo(tokens.with_suffix(".new"))
            os.replace(tokens.with_suffix(".new"), tokens)
            line = program.wait_for(lambda line: "is refused" in line["message"])
            self.assertIn("is not a regular file", line["message"])
            self.assertEqual(program.predict(ROW, bearer("old")).status, 200)
            program.terminate()
            self.assertEqual(program.exit_status(), 0)


class Settings(Mounting):
    def test_settings_change_while_it_serves(self):
        settings = self.mount("settings", "log-level = info\n")
        with ready_program("--config-file", str(settings.path)) as program:
            settings.put("log-level = debug\n")
            program.wait_for(lambda line: "again: log-level = DEBUG" in line["message"])
            program.get("/health")
            program.wait_for(lambda line: line["message"] == "GET /health OK")
            settings.put("log-sample = 3")
            program.wait_for(lambda line: "log-level = INFO, log-sample = 3" in line["message"])
            with program.connect() as client:
                for _ in range(6):
                    client.exchange(predict_request(ROW))
            values = parse_metrics(program.get("/metrics").body)
            self.assertEqual(values["log_lines_sampled_out_total"], 4)
            self.assertEqual(reloads(program, "config", "success"), 2)

    def test_unknown_keys_are_refused_and_the_old_settings_stay(self):
        settings = self.mount("settings", "log-sample = 2\n")
        with ready_program("--config-file", str(settings.path)) as program:
            settings.put("log-sample = 5\nlog-levle = debug\n")
            line = program.wait_for(lambda line: "is refused" in line["message"])
            self.assertEqual(line["level"], "WARNING")
            self.assertIn("line 2: the key is unknown, expected one of log-level", line["message"])
            with program.connect() as client:
                for _ in range(4):
                    client.exchange(predict_request(ROW))
            values = parse_metrics(program.get("/metrics").body)
            self.assertEqual(values["log_lines_sampled_out_total"], 2)
            self.assertEqual(reloads(program, "config", "failure"), 1)

    def test_the_program_does_not_start_with_a_wrong_file(self):
        settings = Path(self.folder) / "plain"
        settings.write_text("log-level = loud\n")
        ended = run("serve", "--port", "0", "--config-file", str(settings))
        self.assertEqual(ended.returncode, 1)
        self.assertIn(": line 1: log-level is 'loud', expected debug", ended.stderr)


if __name__ == "__main__":
    unittest.main()
