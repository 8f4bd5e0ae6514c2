# SPDX-License-Identifier: MIT
"""Participants are small Python programs here, good and bad ones."""

import os
import sys
import tempfile
import unittest
from pathlib import Path

from engines.participant import Failed, Participant

ECHO = """
import sys
print('{"entries": ["served"]}', flush=True)
for line in sys.stdin:
    print('{"heard": "%s"}' % line.strip(), flush=True)
"""
REFUSES = """print('{"failure": "reads other models"}')"""
DIES = """
import sys
print('{"entries": []}', flush=True)
sys.stdin.readline()
sys.exit("no more memory")
"""
SILENT = "import sys; sys.stdin.read()"


class ParticipantTest(unittest.TestCase):
    def setUp(self) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)

    def _run(self, program: str, seconds_max: float = 30) -> Participant:
        command = [sys.executable, "-c", program]
        cpu = min(os.sched_getaffinity(0))
        return Participant("one", command, Path(self._folder.name) / "log", cpu, seconds_max)

    def test_answers_each_command_and_says_how_busy_others_were(self) -> None:
        with self._run(ECHO) as participant:
            self.assertEqual(participant.facts(30), {"entries": ["served"]})
            for command in ("served 1 0.1", "served 64 0.1"):
                answer = participant.ask(command)
                self.assertEqual(answer["heard"], command)
                self.assertGreaterEqual(answer["others_busy"], 0)

    def test_says_why_it_does_not_take_part(self) -> None:
        with self._run(REFUSES) as participant:
            with self.assertRaisesRegex(Failed, "reads other models"):
                participant.facts(30)

    def test_ends_with_its_last_words(self) -> None:
        with self._run(DIES) as participant:
            participant.facts(30)
            with self.assertRaisesRegex(Failed, "no more memory"):
                participant.ask("served 1 0.1")

    def test_is_not_waited_for_without_end(self) -> None:
        with self._run(SILENT) as participant:
            with self.assertRaisesRegex(Failed, "no answer within 0 s"):
                participant.facts(0.01)


if __name__ == "__main__":
    unittest.main()
