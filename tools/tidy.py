#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A test of the source itself: the rules of CONTRIBUTING.md that a machine can check.

Prints one line a fault, and exits with 1 if there is any. An exception stands in a table below,
with its reason; one that is no longer needed is a fault too, so that the tables stay true.
"""

import ast
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

LINE_SIZE_MAX = 100  # two files fit side by side
FUNCTION_LINES_MAX = 70  # a function fits on a screen
HEADER_LINES_MAX = 200  # a contract is read in one go
SOURCE_LINES_MAX = 600

# Files that may be longer: {path: reason}.
LONG_FILES = {
    "src/training/criteria.h": "three criteria side by side, inlined into the split loop",
    "src/training/testing/plain_tree.h": "one template: the oracle is read from top to bottom",
}

# Sources without a test of their own name: {path: where they are tested, or why not}.
UNTESTED = {
    "src/app/main.cc": "one call; every test under tests/ starts it",
    "src/app/command_line.cc": "tests/integration runs it whole",
    "src/app/inspect_command.cc": "tests/integration runs it whole",
    "src/app/convert_command.cc": "tests/integration runs it whole",
    "src/app/verify_command.cc": "tests/integration runs it whole",
    "src/app/tree_text.cc": "rows_file_test.cc shows a tree",
    "src/app/row_parser.cc": "rows_file_test.cc and predict_rows_test.cc read rows through it",
    "src/app/verification.cc": "rows_file_test.cc compares answers",
    "src/app/output_file.cc": "tests/integration writes models through it",
    "src/engines/key_kernels.cc": "engine_test.cc runs them with every SIMD target",
    "src/engines/linear_leaves.cc": "engine_test.cc runs forests with linear leaves",
    "src/engines/packed_engine.cc": "engine_test.cc runs every engine",
    "src/engines/plain_engine.cc": "engine_test.cc runs every engine",
    "src/engines/select_kernels.cc": "engine_test.cc runs them with every SIMD target",
    "src/engines/walk_kernels.cc": "engine_test.cc runs them with every SIMD target",
    "src/engines/walk_nodes.cc": "engine_test.cc walks them",
    "src/model/forest.cc": "forest_builder_test.cc reads every forest through it",
    "src/app/load_command.cc": "tests/integration runs it whole",
    "src/app/predict_command.cc": "tests/integration runs it whole",
    "src/app/serve_command.cc": "tests/integration runs it whole",
    "src/app/train_command.cc": "tests/integration runs it whole",
    "src/app/tracing.cc": "tests/tracing runs it whole",
    "src/app/wiring.cc": "tests/integration runs it whole",
    "src/server/connection.cc": "server_test.cc speaks to it over sockets",
    "src/server/http1_connection.cc": "server_test.cc speaks to it over sockets",
    "src/server/http2_call.cc": "http2_server_test.cc speaks to it over sockets",
    "src/server/http2_session.cc": "http2_server_test.cc speaks to it over sockets",
    "src/server/event_loop.cc": "server_test.cc speaks to it over sockets",
    "src/server/mailbox.cc": "server_test.cc speaks to it over sockets",
    "src/data/csv_record.cc": "csv_test.cc reads every table through it",
    "src/api/target_answer.cc": "predict_json_test.cc writes every answer through it",
    "src/api/rest_answer.cc": "v1_dialect_test.cc and scoring_dialect_test.cc read its answers",
    "src/api/rest_request.cc": "v1_dialect_test.cc and scoring_dialect_test.cc send what it reads",
    "src/data/iris.cc": "rows without logic; train_model_test.cc holds their forest's fingerprint",
    "src/host/small_file.cc": "cgroup_test.cc reads every file through it",
    "src/telemetry/exposition_negotiation.cc": "exposition_test.cc tests the header beside it",
    "src/telemetry/histogram.cc": "metrics_test.cc reads every histogram through the registry",
    "src/telemetry/json_log_writer.cc": "json_log_test.cc: the log's only face",
    "src/telemetry/span_sender.cc": "span_exporter_test.cc: its only face",
    "src/training/booster.cc": "train_boosting_test.cc boosts with it",
    "src/training/growth_plan.cc": "train_forest_test.cc tests each option's meaning",
    "src/training/out_of_bag.cc": "train_forest_test.cc scores forests with it",
    "src/training/random_search.cc": "node_search_test.cc compares its trees with plain ones",
    "src/training/ranked_rows.cc": "tree_grower_test.cc compares splits with a plain oracle",
    "src/training/training_rows.cc": "train_forest_test.cc trains on what it refuses",
    "src/training/sort_kernels.cc": "key_sorter_test.cc sorts with it",
}

# What reads bytes that somebody else wrote: a source, or how the names of several begin. Each has a
# fuzzer beside it.
UNTRUSTED = [
    "src/api/grpc/oip_grpc",
    "src/api/grpc/reflection_service",
    "src/api/grpc/tf_grpc",
    "src/api/json_tape",
    "src/api/predict_json",
    "src/api/rest_dialects",
    "src/api/token_set",
    "src/app/live_settings",
    "src/data/csv",
    "src/data/csv_cutter",
    "src/formats/lightgbm/lightgbm",
    "src/formats/onnx/onnx",
    "src/formats/pickle/pickle",
    "src/formats/sklearn/sklearn",
    "src/formats/skops/skops",
    "src/formats/xgboost/xgboost",
    "src/host/cgroup_text",
    "src/server/request_parser",
    "src/serving/repository/model_config",
    "src/telemetry/exposition_negotiation",
    "src/telemetry/json_line",
    "src/telemetry/trace_context",
]

SKIPPED_FOLDERS = {".git", ".cache", ".venv", "__pycache__", "build", "node_modules"}
DATA_FOLDERS = ("tests/corpus/", "tests/golden/", "bench/results/")
CODE_SUFFIXES = {".h", ".cc", ".py", ".sh", ".cmake", ".proto", ".js", ".mjs", ".css"}
CODE_NAMES = {"Makefile", "CMakeLists.txt", "Dockerfile"}
TEXT_SUFFIXES = CODE_SUFFIXES | {".md", ".yaml", ".yml", ".json", ".html", ".txt", ".toml"}

# Written apart, so that this file does not hold what it looks for.
NOTES_TO_SELF = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]) + r")\b")
MACHINE_PATHS = re.compile("|".join([r"(?<![\w.])/ho" + r"me/\w", r"(?<![\w.])/ro" + r"ot/\w",
                                     r"(?<![\w.])/wo" + r"rk/\w", r"\.\./sha" + r"red\b"]))


@dataclass
class File:
    """One text file of ours. `path` is relative to the root, with slashes."""

    path: str
    text: str
    executable: bool

    def __post_init__(self):
        self.name = self.path.rsplit("/", 1)[-1]
        self.suffix = Path(self.name).suffix
        self.lines = self.text.splitlines()
        self.is_data = self.path.startswith(DATA_FOLDERS)
        self.is_script = self.text.startswith("#!")
        named = self.suffix in CODE_SUFFIXES or self.name in CODE_NAMES
        self.is_code = not self.is_data and (named or self.is_script)
        self.is_text = not self.is_data and (self.is_code or self.suffix in TEXT_SUFFIXES)


def read_files(root):
    """Every file under `root` that is UTF-8 text, by path."""
    files = {}
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(set(folders) - SKIPPED_FOLDERS)
        for name in sorted(names):
            full = Path(folder) / name
            if not full.is_file():
                continue
            try:
                text = full.read_bytes().decode("utf-8")
            except UnicodeDecodeError:
                text = ""  # known to be there, nothing to check inside
            path = full.relative_to(root).as_posix()
            files[path] = File(path, text, os.access(full, os.X_OK))
    return files


def check_lines(file):
    """Length and white space of lines, and words that do not belong here."""
    for number, line in enumerate(file.lines, 1):
        if file.is_code and len(line) > LINE_SIZE_MAX:
            yield number, f"the line has {len(line)} columns, expected at most {LINE_SIZE_MAX}"
        if line != line.rstrip():
            yield number, "white space at the end of the line"
        if "\t" in line and file.is_code and file.name != "Makefile":
            yield number, "a tab, expected spaces"
        if note := NOTES_TO_SELF.search(line):
            yield number, f"'{note.group()}': an issue or a fix, not a note in the source"
        if path := MACHINE_PATHS.search(line):
            yield number, f"'{path.group()}': a path of one machine"


def check_form(file):
    """What the file as a whole must have."""
    # A JSON file may be the exact body of a request.
    if not file.text.endswith("\n") and file.suffix != ".json":
        yield 1, "no newline at the end of the file"
    if file.is_code and not any("SPDX-License-Identifier: MIT" in line for line in file.lines[:3]):
        yield 1, "no SPDX line among the first three"
    if file.suffix == ".h" and "#pragma once" not in file.lines:
        yield 1, "no #pragma once"
    if file.executable and not file.is_script:
        yield 1, "executable, but does not say by what (#!)"
    if file.is_script and not file.executable:
        yield 1, "begins with #!, but is not executable"


def check_size(file):
    """The length of headers and sources."""
    limit = {".h": HEADER_LINES_MAX, ".cc": SOURCE_LINES_MAX, ".py": SOURCE_LINES_MAX}
    if len(file.lines) > limit.get(file.suffix, len(file.lines)) and file.path not in LONG_FILES:
        yield 1, f"{len(file.lines)} lines, expected at most {limit[file.suffix]}"


def without_raw_strings(text):
    """C++ with the contents of raw strings taken out and the lines kept."""
    return re.sub(r'R"(\w*)\(.*?\)\1"', lambda raw: '""' + "\n" * raw.group().count("\n"), text,
                  flags=re.DOTALL)


NOT_A_FUNCTION = re.compile(
    r'^\s*(inline )?(namespace|class|struct|enum|union)\b|^extern "C" \{$|^ +: public\b|=\s*\{$')


def check_cpp_functions(file):
    """Blocks of C++ that are too long, matched by indentation: clang-format sees to that."""
    opened = {}
    for number, line in enumerate(without_raw_strings(file.text).splitlines(), 1):
        indent = len(line) - len(line.lstrip())
        if line.lstrip().startswith("}") and indent in opened:
            begin = opened.pop(indent)
            if number - begin + 1 > FUNCTION_LINES_MAX:
                yield begin, f"{number - begin + 1} lines, expected at most {FUNCTION_LINES_MAX}"
        if line.endswith("{"):
            if NOT_A_FUNCTION.search(line) or line.lstrip().startswith("template"):
                opened.pop(indent, None)
            else:
                opened[indent] = number


def check_python_functions(file):
    for node in ast.walk(ast.parse(file.text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            size = node.end_lineno - node.lineno + 1
            if size > FUNCTION_LINES_MAX:
                yield node.lineno, f"{size} lines, expected at most {FUNCTION_LINES_MAX}"


def check_functions(file):
    if file.suffix in (".h", ".cc"):
        yield from check_cpp_functions(file)
    elif file.is_code and (file.suffix == ".py" or "python" in (file.lines or [""])[0]):
        yield from check_python_functions(file)


def prose(file):
    """The lines of a markdown file outside code fences, with their numbers."""
    fenced = False
    for number, line in enumerate(file.lines, 1):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif not fenced:
            yield number, line


def anchors(file):
    """The names by which the headings of a markdown file can be linked to."""
    headings = [line.lstrip("#") for _, line in prose(file) if re.match(r"#{1,6} ", line)]
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
            for heading in headings}


def check_link(file, target, files):
    """The fault in one link of a markdown file, or None."""
    path, _, anchor = target.partition("#")
    there = os.path.normpath(os.path.join(os.path.dirname(file.path), path)) if path else file.path
    is_folder = there == "." or any(other.startswith(there + "/") for other in files)
    if there not in files and not is_folder:
        return f"the link to '{target}' leads nowhere"
    if anchor and there.endswith(".md") and anchor not in anchors(files[there]):
        return f"the link to '{target}': there is no such heading"
    return None


def check_markdown(file, files):
    """One title, at the top, and no broken link."""
    if file.suffix != ".md":
        return
    titles = [number for number, line in prose(file) if line.startswith("# ")]
    if titles != [1]:
        yield 1, f"titles in lines {titles}, expected one, in line 1"
    for number, line in prose(file):
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
            if re.match(r"[a-z]+:", target):
                continue
            if fault := check_link(file, target, files):
                yield number, fault


def check_siblings(files):
    """Tests and fuzzers beside what they test, and a corpus for each fuzzer."""
    for path in files:
        room_file = re.fullmatch(r"(src/[a-z]+/[a-z0-9_]+)\.cc", path)
        if room_file is None or path.endswith(("_test.cc", "_fuzz.cc", "_bench.cc")):
            continue
        if room_file.group(1) + "_test.cc" not in files and path not in UNTESTED:
            yield path, "no test beside it"
    for subject in UNTRUSTED:
        if subject + "_fuzz.cc" not in files:
            yield subject, "reads untrusted bytes, but has no fuzzer beside it"
    fuzzers = {Path(path).name[:-len("_fuzz.cc")]: path for path in files
               if path.startswith("src/") and path.endswith("_fuzz.cc")}
    corpora = {path.split("/")[2] for path in files if re.match(r"tests/corpus/[^/]+/", path)}
    for name in sorted(set(fuzzers) - corpora - {"canary"}):
        yield fuzzers[name], f"no corpus in tests/corpus/{name}/"
    for name in sorted(corpora - set(fuzzers)):
        yield f"tests/corpus/{name}", "a corpus without a fuzzer"


def check_exceptions(files):
    """Exceptions that nobody needs any longer."""
    for path in UNTESTED:
        if path not in files or path[:-len(".cc")] + "_test.cc" in files:
            yield path, "the exception in UNTESTED is not needed"
    for path in LONG_FILES:
        limit = HEADER_LINES_MAX if path.endswith(".h") else SOURCE_LINES_MAX
        if path not in files or len(files[path].lines) <= limit:
            yield path, "the exception in LONG_FILES is not needed"


def check(root):
    """All faults of the tree under `root`, one line each."""
    files = read_files(root)
    faults = []
    for file in files.values():
        if not file.is_text:
            continue
        for rule in (check_lines, check_form, check_size, check_functions):
            faults += [(file.path, *fault) for fault in rule(file)]
        faults += [(file.path, *fault) for fault in check_markdown(file, files)]
    faults += [(path, 1, fault) for path, fault in check_siblings(files)]
    faults += [(path, 1, fault) for path, fault in check_exceptions(files)]
    return [f"{path}:{number}: {fault}" for path, number, fault in sorted(faults)]


def main():
    faults = check(Path(__file__).resolve().parent.parent)
    for fault in faults:
        print(fault)
    print(f"tidy: {len(faults)} faults" if faults else "tidy: ok")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
