# SPDX-License-Identifier: MIT
"""Judges folders of manifests by checkov, each by itself, in one process.

Its command judges several folders too, but as one: a network policy of one then answers for the
pods of another; and a command a folder takes seconds each to begin. Needs the Python in whose
environment checkov is installed. Prints one JSON list of [folder, rule, sentence].

    checkov_folders.py FOLDER...
"""
import json
import logging
import sys

from checkov.kubernetes.runner import Runner
from checkov.runner_filter import RunnerFilter


def main(folders):
    logging.disable(logging.ERROR)
    findings = []
    for folder in folders:
        report = Runner().run(root_folder=folder,
                              runner_filter=RunnerFilter(framework=["kubernetes"]))
        if not report.passed_checks:
            sys.exit(f"checkov_folders.py: {folder}: nothing was judged")
        if report.parsing_errors:
            sys.exit(f"checkov_folders.py: {folder}: not understood: {report.parsing_errors}")
        findings += [[folder, check.check_id, f"{check.resource}: {check.check_name}"]
                     for check in report.failed_checks]
    json.dump(findings, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
