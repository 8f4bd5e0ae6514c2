#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Checks that the rooms under src/ use one another only as the table in src/README.md allows.

The table is the one source: every folder is in it; a room names only rooms above it; every #include
"room/file.h" is allowed by it; and the DEPENDS of a room's CMakeLists.txt are its last column.
Prints one line a fault, and exits with 1 if there is any.
"""

import re
import sys
from pathlib import Path

TABLE_ROW = re.compile(r"^\| *`?([a-z_]+)`? *\|[^|]*\| *([^|]*?) *\|$")
QUOTED = re.compile(r'^\s*#\s*include\s*"([^"]+)"')
ANGLED = re.compile(r"^\s*#\s*include\s*<([^>]+)>")
ROOM_CALL = re.compile(r"ml_inference_room\(([^)]*)\)", re.DOTALL)
KEYWORDS = ("DEPENDS", "LIBRARIES", "TESTING")
TEST_FILE = re.compile(r"_(test|fuzz|bench)\.cc$")


def read_table(text):
    """The table of src/README.md as {room: set of rooms it may include}, and the faults in it."""
    rooms, faults = {}, []
    for line in text.splitlines():
        row = TABLE_ROW.match(line)
        if row is None:
            continue
        room, column = row.groups()
        if room in rooms:
            faults.append(f"src/README.md: room '{room}' stands twice")
        named = set(rooms) if column == "all" else set(column.replace("-", " ").split())
        for other in sorted(named - set(rooms)):
            faults.append(f"src/README.md: room '{room}' names '{other}', which is not above it")
        rooms[room] = named
    if not rooms:
        faults.append("src/README.md: no table of rooms")
    return rooms, faults


def check_include(room, allowed, rooms, file, line):
    """The fault in one line of a file of `room`, or None."""
    angled = ANGLED.match(line)
    if angled and angled.group(1).split("/")[0] in rooms:
        return f"<{angled.group(1)}> is a room's header, expected quotes"
    quoted = QUOTED.match(line)
    if quoted is None:
        return None
    target = quoted.group(1).split("/")
    if len(target) < 2 or target[0] not in rooms:
        return f'"{quoted.group(1)}" names no room, expected "room/file.h"'
    if target[0] != room and target[0] not in allowed:
        return f'"{quoted.group(1)}": {room} may not include {target[0]}'
    is_test = TEST_FILE.search(file.name) or file.parent.name == "testing"
    if "testing" in target[1:-1] and not is_test:
        return f'"{quoted.group(1)}" is for tests only'
    return None


def check_sources(source, room, rooms):
    """The faults of all includes of one room."""
    faults = []
    for file in sorted((source / room).rglob("*")):
        if file.suffix not in (".h", ".cc"):
            continue
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            fault = check_include(room, rooms[room], rooms, file, line)
            if fault:
                faults.append(f"{file.relative_to(source.parent)}:{number}: {fault}")
    return faults


def read_room_call(text):
    """The lists behind the keywords of ml_inference_room(), or None without a call."""
    call = ROOM_CALL.search(re.sub(r"#[^\n]*", "", text))
    if call is None:
        return None
    lists, current = {"NAME": []}, "NAME"
    for word in call.group(1).split():
        if word in KEYWORDS:
            current = word
        lists.setdefault(current, [])
        if word not in KEYWORDS:
            lists[current].append(word)
    return lists


def check_cmake(source, room, rooms):
    """The faults of a room's CMakeLists.txt."""
    name = f"src/{room}/CMakeLists.txt"
    file = source / room / "CMakeLists.txt"
    call = read_room_call(file.read_text(encoding="utf-8")) if file.exists() else None
    if call is None:
        return [f"{name}: no call of ml_inference_room()"]
    faults = []
    if call["NAME"] != [room]:
        faults.append(f"{name}: the room is called {call['NAME']}, expected '{room}'")
    depends = set(call.get("DEPENDS", []))
    for other in sorted(depends - rooms[room]):
        faults.append(f"{name}: DEPENDS names '{other}', which src/README.md does not allow")
    for other in sorted(rooms[room] - depends):
        faults.append(f"{name}: DEPENDS lacks '{other}', which src/README.md names")
    for other in sorted(set(call.get("TESTING", [])) - rooms[room]):
        faults.append(f"{name}: TESTING names '{other}', which src/README.md does not allow")
    return faults


def check(root):
    """All faults of the tree under `root`, one line each."""
    source = Path(root) / "src"
    rooms, faults = read_table((source / "README.md").read_text(encoding="utf-8"))
    folders = {entry.name for entry in source.iterdir() if entry.is_dir()}
    for room in sorted(folders - set(rooms)):
        faults.append(f"src/{room}: the table in src/README.md does not know this room")
    for room in sorted(set(rooms) - folders):
        faults.append(f"src/README.md: room '{room}' has no folder")
    for room in sorted(folders & set(rooms)):
        faults += check_sources(source, room, rooms)
        faults += check_cmake(source, room, rooms)
    return faults


def main():
    faults = check(Path(__file__).resolve().parent.parent)
    for fault in faults:
        print(fault)
    print(f"rooms: {len(faults)} faults" if faults else "rooms: ok")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
