# SPDX-License-Identifier: MIT
"""The bill of materials is valid, complete, and what a scanner finds in the image by itself."""

import copy
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

import image

ROOT = pathlib.Path(__file__).resolve().parents[2]
# What the image holds beside the libraries.
OURS = {"/ml-inference", "/var/lib/dpkg/status", "/etc/os-release"}
SIZE_MAX = 20_000  # bytes: small enough for an attestation


def fault(document):
    """What the schema of CycloneDX 1.6 has against it; None if nothing."""
    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(document))


class Bill(unittest.TestCase):
    def test_is_valid_cyclonedx_and_small(self):
        self.assertIsNone(fault(image.bill()))
        size = image.BILL.stat().st_size
        self.assertLessEqual(size, SIZE_MAX)
        image.proved(f"valid CycloneDX 1.6, {len(image.packages())} packages, {size} bytes")

    def test_the_validator_can_say_no(self):
        wrong = copy.deepcopy(image.bill())
        del wrong["components"][0]["name"]
        self.assertIn("'name' is a required property", str(fault(wrong)))

    def test_each_library_of_the_image_is_of_a_package_in_it_and_nothing_else_is_there(self):
        known = {place["location"] for each in image.packages()
                 for place in each.get("evidence", {}).get("occurrences", [])}
        self.assertEqual(set(image.contents()), known | OURS)
        image.proved(f"{len(known)} libraries in the image, each of a package of the bill")

    def test_the_libraries_that_setup_installs_are_in_it(self):
        wanted = subprocess.run([ROOT / "tools/setup", "--list", "build"], text=True, check=True,
                                capture_output=True).stdout.split()
        wanted = {each for each in wanted if each.endswith("-dev")}
        self.assertGreaterEqual(len(wanted), 7)
        self.assertLessEqual(wanted, {each["name"] for each in image.packages()})

    def test_nothing_is_in_it_that_only_declares_the_kernel(self):
        self.assertNotIn("linux-libc-dev", {each["name"] for each in image.packages()})

    def test_everything_is_what_the_program_depends_on(self):
        document = image.bill()
        [depends] = document["dependencies"]
        self.assertEqual(depends["ref"], document["metadata"]["component"]["bom-ref"])
        self.assertEqual(depends["dependsOn"], [each["purl"] for each in image.packages()])


class Scanner(unittest.TestCase):
    """syft knows nothing of us."""

    def test_finds_in_the_image_what_the_bill_says(self):
        found = image.syft("scan", f"docker-archive:{image.ARCHIVE}")
        self.assertEqual((found["distro"]["id"], found["distro"]["versionID"]), ("debian", "12"))
        said = sorted(each["purl"] for each in image.packages())
        self.assertEqual(sorted(each["purl"] for each in found["artifacts"]), said)
        image.proved(f"syft finds the same {len(said)} packages in the image by itself")

    def test_reads_the_bill(self):
        read = image.syft("convert", image.BILL)
        self.assertEqual((read["distro"]["id"], read["distro"]["versionID"]), ("debian", "12"))
        self.assertLessEqual({each["purl"] for each in image.packages()},
                             {each["purl"] for each in read["artifacts"]})


class Refusals(unittest.TestCase):
    def refused(self, *words, **environment):
        done = subprocess.run([ROOT / "tools/sbom", *words], text=True, capture_output=True,
                              env={**os.environ, **environment})
        self.assertNotEqual(done.returncode, 0)
        self.assertEqual(done.stdout, "")
        return done.stderr

    def test_a_folder_without_the_program_and_an_unknown_form_are_named(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(self.refused("dpkg", folder),
                             f"tools/sbom: {folder}/ml-inference: no such program, "
                             "expected it to be built\n")
            self.assertEqual(self.refused("spdx", folder),
                             "tools/sbom: expected cyclonedx or dpkg, got 'spdx'\n")

    def test_a_library_that_is_of_no_package_is_refused_and_not_left_out(self):
        with tempfile.TemporaryDirectory() as folder:
            said = {"ml-inference": "", "ldd": f"libstray.so => {folder}/libstray.so (0x0)",
                    "ninja": "a.o\n    /usr/bin/env"}
            for name, text in said.items():
                path = pathlib.Path(folder, name)
                path.write_text(f"#!/bin/sh\necho '{text}'\n")
                path.chmod(0o755)
            pathlib.Path(folder, "libstray.so").touch()
            self.assertEqual(self.refused("dpkg", folder, PATH=f"{folder}:{os.environ['PATH']}"),
                             f"tools/sbom: {folder}/libstray.so is of no package\n")


if __name__ == "__main__":
    unittest.main()
