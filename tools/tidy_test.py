# SPDX-License-Identifier: MIT
"""Each rule on the smallest file that breaks it, and a whole tree that breaks none."""

import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
import tidy  # noqa: E402

SPDX = "// SPDX-License-Identifier: MIT\n"
NOTE = "TO" + "DO"  # apart, as in tidy.py

TREE = {
    "README.md": "# Title\n\nSee [the rooms](src/README.md#the-rooms) and [code](src/).\n",
    "src/README.md": "# The rooms\n",
    "src/data/csv.h": SPDX + "#pragma once\n",
    "src/data/csv.cc": SPDX,
    "src/data/csv_test.cc": SPDX,
    "src/data/csv_fuzz.cc": SPDX,
    "tests/corpus/csv/plain.csv": "no newline \t",
}


def block(begin, line_count, indent=""):
    """A C++ block of line_count lines."""
    body = "".join(f"{indent}  step();\n" for _ in range(line_count - 2))
    return f"{indent}{begin} {{\n{body}{indent}}}\n"


class Tidy(unittest.TestCase):
    def setUp(self):
        for table, value in (("LONG_FILES", {}), ("UNTESTED", {}), ("UNTRUSTED", ["src/data/csv"])):
            patch = mock.patch.object(tidy, table, value)
            patch.start()
            self.addCleanup(patch.stop)

    def faults(self, changes, executable=()):
        """The faults of the tree after `changes`: {path: new text, or None to leave it out}."""
        with tempfile.TemporaryDirectory() as folder:
            for path, text in {**TREE, **changes}.items():
                if text is None:
                    continue
                file = Path(folder) / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
                file.chmod(0o755 if path in executable else 0o644)
            return tidy.check(folder)

    def expect_one(self, changes, part, executable=()):
        faults = self.faults(changes, executable)
        self.assertEqual(len(faults), 1, faults)
        self.assertIn(part, faults[0])

    def test_accepts_a_tree_in_order(self):
        self.assertEqual(self.faults({}), [])

    def test_refuses_long_lines_and_counts_characters(self):
        self.expect_one({"src/data/csv.cc": SPDX + "//" + "ä" * 99 + "\n"},
                        "src/data/csv.cc:2: the line has 101 columns")
        self.assertEqual(self.faults({"src/data/csv.cc": SPDX + "//" + "ä" * 98 + "\n"}), [])

    def test_refuses_white_space_that_nobody_sees(self):
        self.expect_one({"src/data/csv.cc": SPDX + "int x; \n"}, "end of the line")
        self.expect_one({"src/data/csv.cc": SPDX + "\tint x;\n"}, "a tab")
        self.expect_one({"src/data/csv.cc": SPDX + "int x;"}, "no newline")
        self.assertEqual(self.faults({"bench/request.json": "{}"}), [])

    def test_refuses_notes_to_self(self):
        self.expect_one({"README.md": f"# Title\n\n{NOTE}: more\n"}, f"'{NOTE}'")

    def test_refuses_paths_of_one_machine(self):
        for path in ("/ho" + "me/ada/x", "/wo" + "rk/main", "/ro" + "ot/x", "../sha" + "red/x"):
            self.expect_one({"README.md": f"# Title\n\nin `{path}`\n"}, "a path of one machine")
        self.assertEqual(self.faults({"README.md": "# Title\n\nframe/work/flow\n"}), [])

    def test_wants_a_licence_line_and_an_include_guard(self):
        self.expect_one({"src/data/csv.cc": "int x;\n"}, "no SPDX line")
        self.expect_one({"src/data/csv.h": SPDX}, "no #pragma once")

    def test_wants_scripts_executable_and_nothing_else(self):
        script = "#!/bin/sh\n# SPDX-License-Identifier: MIT\n"
        self.expect_one({"tools/x": script}, "is not executable")
        self.assertEqual(self.faults({"tools/x": script}, executable=["tools/x"]), [])
        self.expect_one({}, "does not say by what", executable=["src/data/csv.cc"])

    def test_refuses_long_functions(self):
        self.assertEqual(self.faults({"src/data/csv.cc": SPDX + block("void f()", 70)}), [])
        self.expect_one({"src/data/csv.cc": SPDX + block("void f()", 71)}, "71 lines")
        inner = "struct S {\n" + block("void f()", 71, "  ") + "};\n"
        self.expect_one({"src/data/csv.cc": SPDX + inner}, "csv.cc:3: 71 lines")
        long = "def f():\n" + "    x = 1\n" * 70
        self.expect_one({"tools/x.py": "# SPDX-License-Identifier: MIT\n" + long}, "71 lines")

    def test_lets_what_is_no_function_be_long(self):
        for begin in ("namespace x", "class X", "constexpr int kTable[] ="):
            self.assertEqual(self.faults({"src/data/csv.cc": SPDX + block(begin, 90)}), [], begin)
        text = 'auto x = R"({\n' + "  {\n" * 90 + '})";\n'
        self.assertEqual(self.faults({"src/data/csv.cc": SPDX + text}), [])

    def test_refuses_long_files_unless_there_is_a_reason(self):
        header = {"src/data/csv.h": SPDX + "#pragma once\n" * 200}
        self.expect_one(header, "201 lines, expected at most 200")
        self.expect_one({"src/data/csv.cc": SPDX * 601}, "601 lines, expected at most 600")
        with mock.patch.object(tidy, "LONG_FILES", {"src/data/csv.h": "a reason"}):
            self.assertEqual(self.faults(header), [])

    def test_wants_one_title_a_page(self):
        self.expect_one({"README.md": "# One\n\n# Two\n"}, "titles in lines [1, 3]")
        self.expect_one({"README.md": "Text\n"}, "titles in lines []")
        self.assertEqual(self.faults({"README.md": "# One\n\n```\n# a comment\n```\n"}), [])

    def test_refuses_links_that_lead_nowhere(self):
        self.expect_one({"README.md": "# One\n\n[x](docs/none.md)\n"}, "leads nowhere")
        self.expect_one({"README.md": "# One\n\n[x](src/README.md#attic)\n"}, "no such heading")
        fine = "# One\n\n[x](https://example.org/) [y](#one) `[z](none)`\n"
        self.assertEqual(self.faults({"README.md": fine}), [])

    def test_wants_a_test_beside_every_source(self):
        self.expect_one({"src/data/csv_test.cc": None}, "src/data/csv.cc:1: no test beside it")
        self.assertEqual(self.faults({"src/data/testing/rows.cc": SPDX}), [])
        with mock.patch.object(tidy, "UNTESTED", {"src/data/csv.cc": "a reason"}):
            self.assertEqual(self.faults({"src/data/csv_test.cc": None}), [])

    def test_wants_a_fuzzer_and_a_corpus_for_untrusted_bytes(self):
        self.expect_one({"src/data/csv_fuzz.cc": None, "tests/corpus/csv/plain.csv": None},
                        "no fuzzer beside it")
        self.expect_one({"tests/corpus/csv/plain.csv": None}, "no corpus in tests/corpus/csv/")
        self.expect_one({"tests/corpus/onnx/x": ""}, "a corpus without a fuzzer")

    def test_refuses_exceptions_that_nobody_needs(self):
        with mock.patch.object(tidy, "UNTESTED", {"src/data/csv.cc": "tested after all"}):
            self.expect_one({}, "UNTESTED is not needed")
        with mock.patch.object(tidy, "LONG_FILES", {"src/data/csv.h": "short after all"}):
            self.expect_one({}, "LONG_FILES is not needed")


if __name__ == "__main__":
    unittest.main()
