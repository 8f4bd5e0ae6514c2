# SPDX-License-Identifier: MIT
"""A scikit-learn random forest of 100 trees, trained on the Iris rows when the service starts."""

import numpy
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier


class IrisModel:
    def __init__(self) -> None:
        iris = load_iris()
        self.class_names = [str(name) for name in iris.target_names]
        self.forest = RandomForestClassifier(n_estimators=100, random_state=42)
        self.forest.fit(iris.data, iris.target)

    def predict(self, features: list[float]) -> dict:
        # One walk through the forest: predict() beside predict_proba() would cost the same again.
        probabilities = self.forest.predict_proba(numpy.array([features]))[0]
        index = int(probabilities.argmax())
        return {
            "prediction": self.class_names[index],
            "prediction_index": index,
            "probabilities": dict(zip(self.class_names, map(float, probabilities))),
            "confidence": float(probabilities[index]),
        }
