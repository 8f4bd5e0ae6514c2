# SPDX-License-Identifier: MIT
"""Treelite's own inference, GTIL, through its C function, in the model's own type."""

import ctypes
import json

import treelite
from treelite.core import _LIB

from engines.peers.c_caller import CCaller, pointer_to
from engines.peers.case import Case


def load(case: Case, forest=Case.sklearn_forest) -> treelite.Model:
    """forest: what gives scikit-learn's model, where it is one."""
    if case.model.file.endswith(".joblib"):
        return treelite.sklearn.import_model(forest(case))
    if case.model.file.endswith(".ubj"):
        return treelite.frontend.load_xgboost_model(case.path, format_choice="ubjson")
    return treelite.frontend.load_lightgbm_model(case.path)


def rows_for(case: Case, model: treelite.Model):
    """In the model's type; where its library rounds to float32 and Treelite does not, rounded."""
    if model.input_type == "float32":
        return case.rows_float32
    return case.rows_float32.astype("f8") if case.model.takes_float32 else case.rows


class Peer:
    def __init__(self, case: Case) -> None:
        self._model = load(case)
        float32 = self._model.input_type == "float32"
        settings = json.dumps({"predict_type": "default", "nthread": 1}).encode()
        config = ctypes.c_void_p()
        if _LIB.TreeliteGTILParseConfig(settings, ctypes.byref(config)) != 0:
            raise RuntimeError("TreeliteGTILParseConfig failed")
        kind = ctypes.c_char_p(self._model.input_type.encode())
        first = [pointer_to(_LIB.TreeliteGTILPredict), self._model.handle, kind, config]
        self._caller = CCaller(
            case.work,
            "call_gtil",
            first,
            rows_for(case, self._model),
            case.model.output_count,
            "f4" if float32 else "f8",
        )
        self.calls, self.answers = self._caller.calls, self._caller.answers
