# SPDX-License-Identifier: MIT
"""onnxruntime with the model as the usual converters write it, one thread, rows and answers bound
beforehand: a call then neither converts nor takes memory for them."""

import numpy
import onnxruntime

from engines.peers.case import Case, in_turns, split


def convert(case: Case, path) -> None:
    if case.model.file.endswith(".joblib"):
        from skl2onnx import to_onnx

        graph = to_onnx(case.sklearn_forest(), case.rows_float32[:1], options={"zipmap": False})
    else:
        from onnxmltools import convert_lightgbm, convert_xgboost
        from onnxmltools.convert.common.data_types import FloatTensorType

        types = [("rows", FloatTensorType([None, case.model.feature_count]))]
        if case.model.file.endswith(".ubj"):
            import xgboost

            graph = convert_xgboost(xgboost.Booster(model_file=case.path), initial_types=types)
        else:
            import lightgbm

            booster = lightgbm.Booster(model_file=case.path)
            graph = convert_lightgbm(booster, initial_types=types, zipmap=False)
    new = path.with_suffix(".new")
    new.write_bytes(graph.SerializeToString())
    new.rename(path)


class Peer:
    def __init__(self, case: Case) -> None:
        path = case.work / "model.onnx"
        if not path.exists():
            convert(case, path)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            path, options, providers=["CPUExecutionProvider"]
        )
        self._rows = case.rows_float32
        self._output = self._session.get_outputs()[-1].name
        self._results = {}

    def calls(self, batch: int):
        run = self._session._sess.run_with_iobinding
        bindings = [self._bound(rows)._iobinding for rows in split(self._rows, batch)]
        return in_turns(lambda binding: run(binding, None), bindings)

    def answers(self):
        (answers,) = self._session.run([self._output], {self._input(): self._rows})
        return answers[:, 1:] if answers.shape[1] == 2 else answers

    def _input(self) -> str:
        return self._session.get_inputs()[0].name

    def _bound(self, rows):
        binding = self._session.io_binding()
        binding.bind_input(self._input(), "cpu", 0, numpy.float32, rows.shape, rows.ctypes.data)
        answer = self._results.setdefault(len(rows), self._answer_for(rows))
        shape, place = answer.shape, answer.ctypes.data
        binding.bind_output(self._output, "cpu", 0, numpy.float32, shape, place)
        return binding

    def _answer_for(self, rows):
        (answer,) = self._session.run([self._output], {self._input(): rows})
        return numpy.empty_like(answer)
