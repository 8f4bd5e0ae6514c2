# SPDX-License-Identifier: MIT
"""What the clients sent and got, and whether the program has counted the same."""

from collections import Counter
from dataclasses import dataclass, field

# Rows of every batch whose client leaves before the answer. The program may have counted them or
# not; since all have as many rows, the number of answers tells the number of rows.
ABANDONED_ROWS = 1009

PREDICTED = ("POST", "/predict", 200)
STOPPED = ("POST", "/predict", 503)  # work whose client has gone

# More of one kind would say the same.
FAULTS_SHOWN = 3


@dataclass
class Tally:
    """The requests of one kind of client. Each counts once, however often it had to be tried."""

    sent: int = 0
    answered: int = 0   # as promised: also with a refusal, or with the connection's end
    again: int = 0      # tried on another connection, since the program had ended the first
    elsewhere: int = 0  # left for another server, since this one is leaving
    fault_count: int = 0
    sure_fault_count: int = 0  # those that no slowness of the machine explains
    first_faults: list = field(default_factory=list)

    @property
    def failed(self):
        return self.sent - self.answered - self.elsewhere

    def add_fault(self, text, is_sure):
        self.fault_count += 1
        self.sure_fault_count += is_sure
        if len(self.first_faults) < FAULTS_SHOWN:
            self.first_faults.append(text)

    def faults(self):
        """What is wrong with the kind as a whole, one text each."""
        if self.sent == 0:
            yield "nothing was sent"
        if self.failed or self.fault_count:
            yield f"{self.failed} requests failed, with {self.fault_count} faults:"
            yield from self.first_faults


class Ledger:
    def __init__(self):
        self.tallies = {}
        self.answers = Counter()   # (method, route, status) that came
        self.possible = Counter()  # the same where nobody waited for the answer
        self.rows = 0
        self.connections = 0
        self.stillness_s = 0.0

    def tally(self, kind):
        return self.tallies.setdefault(kind, Tally())

    def request_count(self):
        return sum(tally.sent for tally in self.tallies.values())

    def answered(self, key, rows=0):
        """key  (method, route, status) as http_requests_total names them."""
        self.answers[key] += 1
        self.rows += rows

    def request_disagreements(self, grown):
        """Where http_requests_total is not what came, one text each. grown  by (name, labels)."""
        counted = {key_of(name): value for name, value in grown.items()
                   if name.startswith("http_requests_total{")}
        for key in sorted({*counted, *self.answers, *self.possible}):
            least, value = self.answers[key], counted.get(key, 0)
            most = least + self.possible[key]
            if not least <= value <= most:
                yield f"{key}: counted {value:.0f}, expected {least} to {most}"

    def expected_rows(self, grown):
        """What predictions_total must have grown by, given how many predictions were counted."""
        abandoned = grown.get(name_of(PREDICTED), 0) - self.answers[PREDICTED]
        return self.rows + ABANDONED_ROWS * abandoned


def name_of(key):
    return 'http_requests_total{method="%s",route="%s",status="%d"}' % key


def key_of(name):
    method, route, status = name.split('"')[1::2]
    return method, route, int(status)
