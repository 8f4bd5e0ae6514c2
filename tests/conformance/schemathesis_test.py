# SPDX-License-Identifier: MIT
"""Schemathesis makes requests from /openapi.json, right ones and wrong ones, and judges the answers
by it: their status, type, headers and body, and whether the right requests were taken and the wrong
ones refused.
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from served import MODELS, served

# The same requests each time: a failure that comes and goes helps nobody.
FLAGS = ["--checks", "all", "--phases", "coverage,fuzzing", "--generation-deterministic",
         "--no-color", "--suppress-health-check", "all"]
MANY = ["--max-examples", "100"]
FEW = ["--max-examples", "20", "--no-shrink", "--max-failures", "1"]

# One run takes seconds; a minute on a busy machine.
TIMEOUT_S = 300


class Schemathesis(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def judge(self, program, document, flags):
        """Judges the program by the document; from a file, so that GET /openapi.json is judged as
        every other operation. Returns the finished process."""
        path = self.folder / "openapi.json"
        path.write_text(json.dumps(document))
        tool = pathlib.Path(sys.executable).with_name("schemathesis")
        return subprocess.run([tool, "run", path, "--url", f"http://127.0.0.1:{program.port}",
                               *FLAGS, *flags], cwd=self.folder, capture_output=True, text=True,
                              timeout=TIMEOUT_S, check=False)

    def test_finds_nothing_whatever_the_model(self):
        for kind in MODELS:
            with self.subTest(kind), served(kind) as program:
                done = self.judge(program, program.get("/openapi.json").json(), MANY)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                self.assertIn("Tested: 11", done.stdout)

    def test_finds_each_lie_of_a_document(self):
        def forget_the_faults(document):
            del document["paths"]["/predict"]["post"]["responses"]["422"]

        def promise_a_header(document):
            header = {"required": True, "schema": {"type": "string"}}
            health = document["paths"]["/health"]["get"]["responses"]["200"]
            health["headers"]["X-Missing"] = header

        def promise_another_body(document):
            schemas = document["components"]["schemas"]
            schemas["Prediction"]["properties"]["prediction"] = {"enum": ["tulip"]}

        def allow_any_number(document):
            del document["components"]["schemas"]["Cell"]["exclusiveMaximum"]

        with served("texts") as program:
            for lie, name in [(forget_the_faults, "Undocumented status code"),
                              (promise_a_header, "X-Missing"),
                              (promise_another_body, "Response violates schema"),
                              (allow_any_number, "Schema-valid request rejected")]:
                document = program.get("/openapi.json").json()
                lie(document)
                with self.subTest(lie=lie.__name__):
                    done = self.judge(program, document, FEW)
                    self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                    self.assertIn(name, done.stdout)


if __name__ == "__main__":
    unittest.main()
