# SPDX-License-Identifier: MIT
"""YDF with a forest of scikit-learn as its own model, and its rows as its own table."""

import numpy
import ydf

from engines.peers.case import Case, in_turns, split


class Peer:
    def __init__(self, case: Case) -> None:
        self._model = ydf.from_sklearn(case.sklearn_forest())
        self._rows = case.rows_float32

    def calls(self, batch: int):
        predict = self._model._model.Predict  # what predict() calls, once the rows are a table
        tables = [self._table(rows)._dataset for rows in split(self._rows, batch)]
        return in_turns(lambda table: predict(table, False, num_threads=1), tables)

    def answers(self):
        return numpy.asarray(self._model.predict(self._table(self._rows), num_threads=1))

    def _table(self, rows):
        return ydf.create_vertical_dataset(
            {"features": rows},
            data_spec=self._model.data_spec(),
            required_columns=self._model.input_feature_names(),
        )
