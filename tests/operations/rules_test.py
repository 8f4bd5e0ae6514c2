# SPDX-License-Identifier: MIT
"""Alerts fire when they should and are silent when they should be; each says what to do."""
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

import rules

RUNBOOKS = (rules.ROOT / "docs" / "runbooks.md").read_text()
PARTS = ["Means", "Harm", "Look", "Do"]


def promtool(*arguments):
    return subprocess.run(["promtool", *map(str, arguments)], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def sections():
    """{alert: text} of the runbooks."""
    parts = re.split(r"^## (MlInference\w+)\n", RUNBOOKS, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


class Promtool(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_takes_the_rules(self):
        rules.write(self.folder / "rules.yaml")
        done = promtool("check", "rules", "--lint-fatal", self.folder / "rules.yaml")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_sees_each_alert_fire_and_stay_silent_as_its_cases_say(self):
        # Descriptions and addresses are left out: the cases compare every annotation there is.
        rules.write(self.folder / "rules.yaml", annotations=["summary"])
        copies = [shutil.copy(path, self.folder) for path in rules.ALERT_TESTS]
        done = promtool("test", "rules", *copies)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_would_notice_an_alert_that_never_fires(self):
        rules.write(self.folder / "rules.yaml", annotations=["summary"])
        written = self.folder / "rules.yaml"
        written.write_text(written.read_text().replace("> 0.25", "> 25"))
        copy = shutil.copy(rules.ALERT_TESTS[0].parent / "resources.yaml", self.folder)
        done = promtool("test", "rules", copy)
        self.assertIn("MlInferenceCpuThrottled", done.stdout)
        self.assertNotEqual(done.returncode, 0)


class Cases(unittest.TestCase):
    def test_each_alert_has_one_that_fires_and_one_that_does_not(self):
        fires, silent = set(), set()
        for path in rules.ALERT_TESTS:
            for case in yaml.safe_load(path.read_text())["tests"]:
                for expected in case["alert_rule_test"]:
                    (fires if expected["exp_alerts"] else silent).add(expected["alertname"])
        self.assertEqual(fires, set(rules.alerts()))
        self.assertEqual(silent, set(rules.alerts()))


class Alerts(unittest.TestCase):
    def test_each_has_a_severity_a_summary_a_description_and_a_runbook(self):
        for name, alert in rules.alerts().items():
            self.assertIn(alert["labels"]["severity"], ("critical", "warning"), name)
            self.assertEqual(list(alert["annotations"]), ["summary", "description", "runbook_url"])
            self.assertEqual(alert["annotations"]["runbook_url"],
                             f"docs/runbooks.md#{name.lower()}")

    def test_the_runbooks_have_a_section_for_each_and_no_other(self):
        self.assertEqual(list(sections()), list(rules.alerts()))

    def test_each_section_says_what_it_means_harms_shows_and_asks_for(self):
        for name, text in sections().items():
            self.assertEqual(re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE), PARTS, name)


if __name__ == "__main__":
    unittest.main()
