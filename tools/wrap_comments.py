#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Wraps comment lines beyond 100 columns, in the files that are named; part of `make format`.

clang-format would join a contract's lines (threads, errors, parameters) into one paragraph; here a
line that is too long only gives its last words to the next one, if that continues its sentence.
"""

import re
import sys
from pathlib import Path

COLUMNS = 100
COMMENT = re.compile(r"( *(?:///?<?|#) )(?=\S)")
# A line of its own in a contract: "Errors: ...", "rows  [row_count] ...".
OWN_LINE = re.compile(r"[A-Z][a-z]+: |[a-z_]+  ")


def wrapped(lines):
    """The lines, each comment among them cut into at most 100 columns."""
    lines = list(lines)
    index = 0
    while index < len(lines):
        line = lines[index]
        comment = COMMENT.match(line)
        cut = line.rfind(" ", 0, COLUMNS + 1)
        if len(line) > COLUMNS and comment and cut >= comment.end():
            prefix, rest = comment.group(), line[cut + 1:]
            lines[index] = line[:cut]
            after = lines[index + 1] if index + 1 < len(lines) else ""
            text = after[len(prefix):]
            if after.startswith(prefix) and text[:1].strip() and not OWN_LINE.match(text):
                lines[index + 1] = prefix + rest + " " + text
            else:
                lines.insert(index + 1, prefix + rest)
        index += 1
    return lines


def main(paths):
    for path in map(Path, paths):
        before = path.read_text(encoding="utf-8")
        after = "\n".join(wrapped(before.split("\n")))
        if after != before:
            path.write_text(after, encoding="utf-8")
            print(f"wrapped {path}")


if __name__ == "__main__":
    main(sys.argv[1:])
