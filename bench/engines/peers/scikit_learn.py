# SPDX-License-Identifier: MIT
"""scikit-learn itself: predict_proba of float32 rows, which it need not convert, without a look for
NaN (assume_finite) and without threads."""

import sklearn

from engines.peers.case import Case, in_turns, split


class Peer:
    def __init__(self, case: Case) -> None:
        sklearn.set_config(assume_finite=True)
        self._forest = case.sklearn_forest().set_params(n_jobs=1)
        self._rows = case.rows_float32

    def calls(self, batch: int):
        return in_turns(self._forest.predict_proba, split(self._rows, batch))

    def answers(self):
        return self._forest.predict_proba(self._rows)
