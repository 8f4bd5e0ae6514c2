# SPDX-License-Identifier: MIT
"""m2cgen: a model as one C function, compiled with gcc -O3."""

import ctypes
import json
import sys

import m2cgen

from engines.peers.c_caller import CCaller, pointer_to
from engines.peers.case import Case


def model_of(case: Case):
    """As m2cgen wants it: a model of the scikit-learn interface of each library."""
    if case.model.file.endswith(".joblib"):
        return case.forest_for_code()
    if case.model.file.endswith(".ubj"):
        import xgboost

        model = xgboost.XGBRegressor()
        model.load_model(case.path)
        learner = json.loads(model.get_booster().save_config())["learner"]
        base = learner["learner_model_param"]["base_score"].strip("[]")
        return model.set_params(base_score=float(base))
    import lightgbm
    import numpy

    model = lightgbm.LGBMClassifier()
    model._Booster = lightgbm.Booster(model_file=case.path)
    model.fitted_, model._n_classes, model._classes = True, 2, numpy.arange(2)
    return model


class Peer:
    def __init__(self, case: Case) -> None:
        model = model_of(case)
        library = case.work / "score.so"
        source = case.work / "score.c"
        if not source.exists():
            sys.setrecursionlimit(1_000_000)
            source.write_text(m2cgen.export_to_c(model))
        case.compile(["gcc", "-O3", "-shared", "-fPIC", "-o", library, source, "-lm"], library)
        self.facts = case.compiled(library)
        score = ctypes.CDLL(str(library)).score
        is_vector = "void score(" in source.read_text()
        rows = case.rows_float32.astype("f8") if case.model.takes_float32 else case.rows
        outputs = max(2, case.model.output_count) if is_vector else 1
        name = "call_vector" if is_vector else "call_number"
        self._caller = CCaller(case.work, name, [pointer_to(score)], rows, outputs)
        self.calls = self._caller.calls

    def answers(self):
        answers = self._caller.answers()
        return answers[:, 1:] if answers.shape[1] == 2 else answers
