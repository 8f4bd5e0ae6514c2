# SPDX-License-Identifier: MIT
"""debsecan, Debian's own scanner, finds a made-up advisory in the image by what the image says of
itself, and the purls of the bill name the same packages to everybody else.

The real advisories are not here: they change each day, and a scan that fails tomorrow is no test of
ours but a task of the pipeline.
"""

import http.server
import os
import tempfile
import threading
import unittest
import zlib

from packageurl import PackageURL

import image


def advisory(source, fixed, number="CVE-2000-0001"):
    """In the form of Debian's tracker: names, then one hole of a source package, remote and high,
    which was fixed in that version."""
    return f"VERSION 1\n{number},,made up for a test\n\n{source},0, HRF,{fixed},\n\n\n"


class Tracker(http.server.BaseHTTPRequestHandler):
    """Debian's security tracker, as far as debsecan asks it."""

    def do_GET(self):
        body = zlib.compress(self.server.advisories.encode())
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Scan(unittest.TestCase):
    def setUp(self):
        self.tracker = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tracker)
        threading.Thread(target=self.tracker.serve_forever, daemon=True).start()
        self.addCleanup(self.tracker.server_close)
        self.addCleanup(self.tracker.shutdown)

    def found(self, advisories):
        """What debsecan reports of the image: a line for each package."""
        self.tracker.advisories = advisories
        with tempfile.NamedTemporaryFile("wb", suffix=".status") as status:
            status.write(image.contents()["/var/lib/dpkg/status"])
            status.flush()
            return image.run(
                "/usr/bin/python3", os.environ["DEBSECAN"], "--suite", "bookworm", "--source",
                f"http://127.0.0.1:{self.tracker.server_port}/", "--status", status.name,
                env={**os.environ, "PYTHONPATH": os.environ["DEBSECAN_PATH"]}).splitlines()

    def test_a_hole_in_a_library_that_is_only_linked_is_found(self):
        [line] = self.found(advisory("nettle", "3.9"))
        self.assertEqual(line.split()[:2], ["CVE-2000-0001", "nettle-dev"])
        image.proved(f"debsecan, of a made-up advisory for nettle: {line}")

    def test_a_hole_in_a_source_package_is_found_in_each_package_of_it(self):
        lines = self.found(advisory("glibc", "2.99"))
        self.assertEqual({line.split()[1] for line in lines}, {"libc6", "libc6-dev"})
        image.proved(f"of one for glibc: {', '.join(lines)}")

    def test_what_is_fixed_already_or_not_in_the_image_is_not_reported(self):
        self.assertEqual(self.found(advisory("nettle", "3.8")), [])
        self.assertEqual(self.found(advisory("linux", "99")), [])
        self.assertEqual(self.found(advisory("openssl", "99")), [])

    def test_every_package_of_the_bill_can_be_found_by_its_source(self):
        for each in image.packages():
            url = PackageURL.from_string(each["purl"])
            self.assertEqual(url.to_string(), each["purl"])
            self.assertEqual((url.type, url.namespace, url.name, url.version),
                             ("deb", "debian", each["name"], each["version"]))
            source = url.qualifiers.get("upstream", url.name).partition("@")[0]
            lines = self.found(advisory(source, "999:0"))
            self.assertIn(each["name"], {line.split()[1] for line in lines})
        image.proved(f"{len(image.packages())} packages, each found by its source's advisory")


if __name__ == "__main__":
    unittest.main()
