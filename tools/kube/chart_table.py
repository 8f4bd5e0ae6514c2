#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the table of values in the chart's README out of its schema and its defaults.

Usage: tools/kube/chart_table.py [--check]      --check writes nothing; exits with 1 if it is stale

The description of a value stands in values.schema.json, its default in values.yaml.
"""
import json
import pathlib
import sys

import yaml

CHART = pathlib.Path(__file__).resolve().parents[2] / "charts" / "ml-inference"
BEGIN, END = "<!-- values: begin -->\n", "<!-- values: end -->\n"


def rows(schema, defaults, path=""):
    """A row for each value that the schema describes."""
    for name, part in schema.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        if name == "global":
            continue
        if "description" in part:
            default = json.dumps(defaults.get(name), ensure_ascii=False)
            default = default if len(default) <= 40 else "see values.yaml"
            yield f"| `{here}` | `{default}` | {part['description']} |"
        else:
            yield from rows(part, defaults.get(name) or {}, here)


def main():
    schema = json.loads((CHART / "values.schema.json").read_text())
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())
    table = "\n".join(["| Value | Default | What |", "| --- | --- | --- |",
                       *rows(schema, defaults)]) + "\n"
    readme = CHART / "README.md"
    text = readme.read_text()
    before, rest = text.split(BEGIN)
    made = before + BEGIN + table + END + rest.split(END)[1]
    if "--check" in sys.argv[1:]:
        if made != text:
            print("README.md of the chart is stale: run tools/kube/chart_table.py")
        return made != text
    readme.write_text(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
