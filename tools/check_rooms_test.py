# SPDX-License-Identifier: MIT
"""Builds small houses in a temporary folder and breaks one rule in each."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import check_rooms  # noqa: E402

TABLE = """| Room | Purpose | May include |
| --- | --- | --- |
| base | ground | - |
| data | rows | base |
| app | everything | all |
"""

HOUSE = {
    "src/README.md": TABLE,
    "src/base/CMakeLists.txt": "ml_inference_room(base LIBRARIES fmt::fmt)\n",
    "src/base/result.h": "#include <string>\n",
    "src/base/testing/helper.h": '#include "base/result.h"\n',
    "src/data/CMakeLists.txt": "# a note\nml_inference_room(data\n  DEPENDS base)\n",
    "src/data/table.cc": '#include "data/table.h"\n#include "base/result.h"\n',
    "src/data/table_test.cc": '#include "base/testing/helper.h"\n',
    "src/app/CMakeLists.txt": "ml_inference_room(app DEPENDS base data)\n",
}


class CheckRooms(unittest.TestCase):
    def faults(self, changes):
        """The faults of the house after `changes`: {path: new text, or None to leave it out}."""
        with tempfile.TemporaryDirectory() as folder:
            for path, text in {**HOUSE, **changes}.items():
                if text is None:
                    continue
                file = Path(folder) / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            return check_rooms.check(folder)

    def expect_one(self, changes, part):
        faults = self.faults(changes)
        self.assertEqual(len(faults), 1, faults)
        self.assertIn(part, faults[0])

    def test_accepts_a_house_in_order(self):
        self.assertEqual(self.faults({}), [])

    def test_refuses_an_include_of_a_room_above(self):
        self.expect_one({"src/base/result.h": '#include <string>\n#include "data/table.h"\n'},
                        "src/base/result.h:2: \"data/table.h\": base may not include data")

    def test_refuses_a_forbidden_include_in_a_test_too(self):
        self.expect_one({"src/data/table_test.cc": '# include "app/wiring.h"\n'},
                        "data may not include app")

    def test_refuses_an_include_without_a_room(self):
        self.expect_one({"src/data/table.cc": '#include "table.h"\n'}, "names no room")

    def test_refuses_a_path_out_of_the_room(self):
        self.expect_one({"src/base/result.h": '#include "../data/table.h"\n'}, "names no room")

    def test_refuses_a_room_in_angle_brackets(self):
        self.expect_one({"src/base/result.h": "#include <data/table.h>\n"}, "expected quotes")

    def test_refuses_test_helpers_in_the_program(self):
        self.expect_one({"src/data/table.cc": '#include "base/testing/helper.h"\n'}, "tests only")

    def test_refuses_a_room_that_the_table_does_not_know(self):
        self.expect_one({"src/attic/CMakeLists.txt": "ml_inference_room(attic)\n"}, "does not know")

    def test_refuses_a_room_without_a_folder(self):
        self.expect_one({"src/README.md": TABLE + "| cellar | wine | base |\n"}, "has no folder")

    def test_refuses_a_table_with_an_arrow_upwards(self):
        table = TABLE.replace("| ground | - |", "| ground | data |")
        faults = self.faults({"src/README.md": table})
        self.assertTrue(any("is not above it" in fault for fault in faults), faults)

    def test_refuses_a_readme_without_a_table(self):
        faults = self.faults({"src/README.md": "# Rooms\n"})
        self.assertIn("src/README.md: no table of rooms", faults)

    def test_refuses_a_dependency_that_the_table_does_not_allow(self):
        self.expect_one({"src/base/CMakeLists.txt": "ml_inference_room(base DEPENDS data)\n"},
                        "DEPENDS names 'data'")

    def test_refuses_a_dependency_that_is_missing(self):
        self.expect_one({"src/data/CMakeLists.txt": "ml_inference_room(data)\n"},
                        "DEPENDS lacks 'base'")

    def test_refuses_a_library_under_another_name(self):
        self.expect_one({"src/data/CMakeLists.txt": "ml_inference_room(tables DEPENDS base)\n"},
                        "expected 'data'")

    def test_refuses_a_room_without_a_build_file(self):
        self.expect_one({"src/data/CMakeLists.txt": None}, "no call of ml_inference_room()")


if __name__ == "__main__":
    unittest.main()
