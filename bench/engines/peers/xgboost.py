# SPDX-License-Identifier: MIT
"""XGBoost itself: the C function behind inplace_predict, with its arguments prepared."""

import ctypes
import json

import numpy
import xgboost
from xgboost.core import _LIB

from engines.peers.case import Case, NotPossible, in_turns, split


class Peer:
    def __init__(self, case: Case) -> None:
        if not case.model.file.endswith(".ubj"):
            raise NotPossible("reads XGBoost's models only")
        self._booster = xgboost.Booster({"nthread": 1}, model_file=case.path)
        self._booster.set_param({"nthread": 1})
        self._rows = case.rows_float32
        settings = {"type": 0, "training": False, "iteration_begin": 0, "iteration_end": 0}
        settings |= {"strict_shape": False, "missing": float("nan"), "cache_id": 0}
        self._settings = json.dumps(settings).encode()
        self._shape = ctypes.POINTER(ctypes.c_uint64)()
        self._dimensions = ctypes.c_uint64()
        self._result = ctypes.POINTER(ctypes.c_float)()

    def calls(self, batch: int):
        batches = split(self._rows, batch)
        places = [json.dumps(rows.__array_interface__).encode() for rows in batches]
        results = (
            ctypes.byref(self._shape),
            ctypes.byref(self._dimensions),
            ctypes.byref(self._result),
        )
        predict, booster = _LIB.XGBoosterPredictFromDense, self._booster.handle

        def one(place: bytes) -> None:
            if predict(booster, place, self._settings, None, *results) != 0:
                raise RuntimeError("XGBoosterPredictFromDense failed")

        return in_turns(one, places)

    def answers(self):
        self.calls(len(self._rows))(1)
        return numpy.ctypeslib.as_array(self._result, (len(self._rows), 1)).copy()
