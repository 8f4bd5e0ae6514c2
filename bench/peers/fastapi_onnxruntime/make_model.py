# SPDX-License-Identifier: MIT
"""make_model.py FILE: trains the forest of fastapi_sklearn/model.py and writes it as ONNX.

Runs once, when the peer is installed, so that the service itself neither trains nor converts.
"""

import sys

from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

iris = load_iris()
forest = RandomForestClassifier(n_estimators=100, random_state=42).fit(iris.data, iris.target)
model = to_onnx(
    forest,
    initial_types=[("X", FloatTensorType([None, 4]))],
    options={id(forest): {"zipmap": False}},
)
with open(sys.argv[1], "wb") as file:
    file.write(model.SerializeToString())
