# SPDX-License-Identifier: MIT
"""The same kind of forest in onnxruntime, read from the file that make_model.py wrote."""

import os

import numpy
import onnxruntime

CLASS_NAMES = ["setosa", "versicolor", "virginica"]


class IrisModel:
    def __init__(self) -> None:
        options = onnxruntime.SessionOptions()
        # One row and one CPU: threads of its own would only cost.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            os.environ["MODEL_PATH"], options, providers=["CPUExecutionProvider"]
        )

    def predict(self, features: list[float]) -> dict:
        row = numpy.array([features], dtype=numpy.float32)
        labels, probabilities = self.session.run(None, {"X": row})
        index = int(labels[0])
        return {
            "prediction": CLASS_NAMES[index],
            "prediction_index": index,
            "probabilities": dict(zip(CLASS_NAMES, map(float, probabilities[0]))),
            "confidence": float(probabilities[0][index]),
        }
