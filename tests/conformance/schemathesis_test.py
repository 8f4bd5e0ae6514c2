# SPDX-License-Identifier: MIT
"""Schemathesis makes requests from /openapi.json, right ones and wrong ones, and judges the answers
by it: their status, type, headers and body, and whether the right requests were taken and the wrong
ones refused.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from served import MODELS, served, served_repository

# The same requests each time: a failure that comes and goes helps nobody.
FLAGS = ["--checks", "all", "--phases", "coverage,fuzzing", "--generation-deterministic",
         "--no-color", "--suppress-health-check", "all"]
MANY = ["--max-examples", "40"]
FEW = ["--max-examples", "20", "--no-shrink", "--max-failures", "1"]

# The cases of all operations at once.
CASES_MIN = 10_000

# What differs from model to model: each operation that predicts, once.
PREDICTING = (r"^/(models/[^/]+/(predict|invoke)|v2/models/[^/]+/infer|v1/models/[^/]+:\w+"
              r"|predictions/[^/]+)$")

# A model that looks at no cell takes whatever stands there, and the document says less.
UNJUDGED = {"any_width"}

# A list of 10 000 rows by name, which every document allows, is longer than bodies usually are.
ROOMY = ["--max-body-bytes", "10000000", "--body-budget-bytes", "1000000000"]

# One run takes a minute or two; more on a busy machine.
TIMEOUT_S = 1_800


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
        return subprocess.run([sys.executable, "-m", "schemathesis.cli", "run", path,
                               "--url", f"http://127.0.0.1:{program.port}", *FLAGS, *flags],
                              cwd=self.folder, capture_output=True, text=True,
                              timeout=TIMEOUT_S, check=False)

    def assert_finds_nothing(self, program, flags):
        """Returns how many operations and cases there were, by schemathesis' own summary."""
        done = self.judge(program, program.get("/openapi.json").json(), flags)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        operations = int(re.search(r"Tested: (\d+)", done.stdout).group(1))
        cases = int(re.search(r"(\d+) generated", done.stdout).group(1))
        self.assertNotRegex(done.stdout, r"\d+ (failures|errors)")
        return operations, cases

    def test_finds_nothing_in_ten_thousand_cases(self):
        with served_repository(self.folder, *ROOMY) as program:
            document = program.get("/openapi.json").json()
            operations, cases = self.assert_finds_nothing(program, MANY)
        print(f"{cases} cases of {operations} operations: no violation")
        self.assertEqual(operations, sum(map(len, document["paths"].values())))
        self.assertGreaterEqual(cases, CASES_MIN)

    def test_finds_nothing_whatever_the_model(self):
        for kind in sorted(MODELS.keys() - UNJUDGED):
            with self.subTest(kind), served(kind, *ROOMY) as program:
                operations, cases = self.assert_finds_nothing(
                    program, [*MANY, "--include-path-regex", PREDICTING])
                print(f"{kind}: {cases} cases of {operations} operations: no violation")
                self.assertGreaterEqual(operations, 5)

    def test_finds_each_lie_of_a_document(self):
        def forget_the_faults(document):
            del document["paths"]["/predict"]["post"]["responses"]["422"]

        def promise_a_header(document):
            header = {"required": True, "schema": {"type": "string"}}
            health = document["paths"]["/health"]["get"]["responses"]["200"]
            health["headers"]["X-Missing"] = header

        def promise_another_body(document):
            schemas = document["components"]["schemas"]
            schemas["iris.v1.Prediction"]["properties"]["prediction"] = {"enum": ["tulip"]}

        def allow_any_number(document):
            del document["components"]["schemas"]["iris.v1.Cell"]["exclusiveMaximum"]

        with served("texts") as program:
            for lie, name in [(forget_the_faults, "Undocumented status code"),
                              (promise_a_header, "X-Missing"),
                              (promise_another_body, "Response violates schema"),
                              (allow_any_number, "Schema-valid request rejected")]:
                document = program.get("/openapi.json").json()
                lie(document)
                with self.subTest(lie=lie.__name__):
                    done = self.judge(program, document,
                                      [*FEW, "--include-path-regex", "^/(predict|health)$"])
                    self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                    self.assertIn(name, done.stdout)


if __name__ == "__main__":
    unittest.main()
