# SPDX-License-Identifier: MIT
"""Comments of words of nine letters, so that ten of them fill a line."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import wrap_comments  # noqa: E402

WORD = "wordwords"


def words(count):
    return " ".join([WORD] * count)


class WrapComments(unittest.TestCase):
    def expect(self, before, after):
        self.assertEqual(wrap_comments.wrapped(before), after)
        self.assertTrue(all(len(line) <= 100 for line in after))

    def test_leaves_what_fits(self):
        lines = ["/// " + words(9), "int x;", "", "# " + words(9)]
        self.expect(lines, lines)

    def test_gives_the_last_words_to_the_next_line_of_the_sentence(self):
        self.expect(["// " + words(10), "// end."], ["// " + words(9), "// " + WORD + " end."])

    def test_goes_on_while_lines_overflow(self):
        self.expect(["# " + words(10), "# " + words(9)],
                    ["# " + words(9), "# " + words(9), "# " + WORD])

    def test_keeps_a_line_of_a_contract_apart(self):
        for own in ("/// Errors: none.", "/// rows  [row_count] float32"):
            self.expect(["/// " + words(10), own], ["/// " + words(9), "/// " + WORD, own])

    def test_keeps_an_indented_example_apart(self):
        self.expect(["// " + words(10), "//   example();"],
                    ["// " + words(9), "// " + WORD, "//   example();"])

    def test_leaves_code_and_long_words_alone(self):
        lines = ['const char* x = "' + words(12) + '";', "// " + "x" * 120]
        self.assertEqual(wrap_comments.wrapped(lines), lines)


if __name__ == "__main__":
    unittest.main()
