# SPDX-License-Identifier: MIT
"""The program as a client's test starts it: by model or by repository, with gRPC where it is asked
for."""

import functools
import http.client
import json
import shutil
import socket
import tempfile
import unittest
from pathlib import Path

from golden import Golden, model_file
from program import PATIENCE_S, Program, ready_program, run

# Flags of a repository that serves every version; without them, the newest of each model.
ALL_VERSIONS = ("--version-policy", "all")


@functools.cache
def golden(name):
    return Golden(name)


@functools.cache
def help_text():
    return run("serve", "--help").stdout


def grpc_port(program):
    """The port of the gRPC listener."""
    return program.grpc_port


def free_port():
    """One that a program may be told to take."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def fill_repository(folder, models):
    """Lays models out as <name>/<version>/<file>.

    models  by name: the golden model, or by version the golden models
    """
    for name, versions in models.items():
        if isinstance(versions, str):
            versions = {1: versions}
        for version, model in versions.items():
            place = Path(folder) / name / str(version)
            place.mkdir(parents=True)
            source = model_file(model)
            shutil.copyfile(source, place / ("model" + source.suffix))


class ClientTest(unittest.TestCase):
    """Tests of one client. Each test starts the program that it needs; it starts in a moment."""

    def start(self, *flags, ready=True, **options):
        """A program with these flags; one that lacks a flag would be waited for in vain.

        ready  whether its models come up
        """
        for flag in flags:
            if flag.startswith("--") and flag + " " not in help_text():
                self.fail(f"the program has no {flag}")
        program = (ready_program if ready else Program)(*flags, **options)
        self.addCleanup(program.__exit__)
        return program

    def serve(self, model, *flags, **options):
        """A program with one golden model under its name there."""
        flags = ["--model", str(model_file(model)), "--model-name", model, *flags]
        return self.start(*flags, **options)

    def serve_repository(self, models, *flags, **options):
        """A program with many; its folder is program.repository."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        fill_repository(folder.name, models)
        flags = ["--model-repository", folder.name, *flags]
        program = self.start(*flags, **options)
        program.repository = Path(folder.name)
        return program

    def serve_nothing(self, *flags):
        """A program that is alive and not ready."""
        flags = ["--model", "/nothing.pkl", "--model-name", "iris", "--on-model-failure", "stay",
                 *flags]
        program = self.start(*flags, ready=False)
        program.wait_for(lambda line: line["message"].startswith("Model failed: "))
        return program

    def call(self, program, method, path, body=None, headers=None):
        """One HTTP call by Python's own client: (status, headers by lower-case name, body).

        body  bytes or text, or what becomes JSON, which is then the content type
        """
        headers = dict(headers or {})
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return response.status, names, response.read()
        finally:
            connection.close()

    def call_json(self, program, method, path, body=None, headers=None, status=200):
        """The JSON of an answer with this status."""
        got, names, text = self.call(program, method, path, body, headers)
        self.assertEqual(got, status, (method, path, text))
        self.assertEqual(names.get("content-type"), "application/json", (method, path))
        return strict_json(text)

    def assert_error(self, program, method, path, status, body=None, headers=None, key="error"):
        """The answer refuses with this status, and its JSON says why under `key`."""
        document = self.call_json(program, method, path, body, headers, status)
        self.assertIsInstance(document.get(key), str, document)
        self.assertTrue(document[key])
        return document


def strict_json(text):
    """JSON without Python's NaN and Infinity."""
    def refuse(word):
        raise AssertionError(f"{word} is no JSON: {text[:200]}")
    return json.loads(text, parse_constant=refuse)
