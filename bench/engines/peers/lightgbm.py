# SPDX-License-Identifier: MIT
"""LightGBM itself, through its C functions: the one made for single rows, and the one for many."""

import ctypes

import lightgbm
import numpy
from lightgbm.basic import _LIB

from engines.peers.c_caller import CCaller, pointer_to
from engines.peers.case import Case, NotPossible, in_turns, split

FLOAT64, NORMAL, ROW_MAJOR = 1, 0, 1
SETTINGS = b"num_threads=1"


class Peer:
    def __init__(self, case: Case) -> None:
        if not case.model.file.endswith(".txt"):
            raise NotPossible("reads LightGBM's models only")
        self._booster = lightgbm.Booster(model_file=case.path)
        self._rows = case.rows
        self._answers = numpy.zeros((len(case.rows), 1))
        self._length = ctypes.c_int64()
        width = ctypes.c_int32(case.rows.shape[1])
        prepared = ctypes.c_void_p()
        code = _LIB.LGBM_BoosterPredictForMatSingleRowFastInit(
            self._booster._handle, NORMAL, 0, -1, FLOAT64, width, SETTINGS, ctypes.byref(prepared)
        )
        if code != 0:
            raise NotPossible("LGBM_BoosterPredictForMatSingleRowFastInit failed")
        predict = pointer_to(_LIB.LGBM_BoosterPredictForMatSingleRowFast)
        first = [predict, prepared]
        self._single = CCaller(case.work, "call_lightgbm_row", first, case.rows, 1)

    def calls(self, batch: int):
        if batch == 1:
            return self._single.calls(1)
        return in_turns(self._many, split(self._rows, batch))

    def answers(self):
        self._many(self._rows)
        return self._answers

    def _many(self, rows) -> None:
        code = _LIB.LGBM_BoosterPredictForMat(
            self._booster._handle,
            ctypes.c_void_p(rows.ctypes.data),
            FLOAT64,
            ctypes.c_int32(rows.shape[0]),
            ctypes.c_int32(rows.shape[1]),
            ROW_MAJOR,
            NORMAL,
            0,
            -1,
            SETTINGS,
            ctypes.byref(self._length),
            ctypes.c_void_p(self._answers.ctypes.data),
        )
        if code != 0:
            raise RuntimeError("LGBM_BoosterPredictForMat failed")
