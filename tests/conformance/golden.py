# SPDX-License-Identifier: MIT
"""The golden models: what the library that trained one answered is what every client must get."""

import json
import math
from pathlib import Path

import numpy as np

from program import ROOT

FOLDER = ROOT / "tests/golden"

# By name: the model's file and that of its answers.
FILES = {
    # numbers -> whole numbers as labels, probabilities
    "iris": ("sklearn/sk191_rf_iris.pkl", "sklearn/sk191_rf_iris.json"),
    # the same rows, another model: iris's second version
    "iris2": ("sklearn/sk180_dt_iris.pkl", "sklearn/sk180_dt_iris.json"),
    # texts as labels
    "species": ("sklearn/sk191_dt_text.pkl", "sklearn/sk191_dt_text.json"),
    # truth values as labels
    "truth": ("sklearn/sk172_dt_bool.pkl", "sklearn/sk172_dt_bool.json"),
    # numbers -> a number
    "diabetes": ("sklearn/sk191_gbr_huber.pkl", "sklearn/sk191_gbr_huber.json"),
    # probabilities and scores
    "boosted": ("sklearn/sk191_bag_gb.pkl", "sklearn/sk191_bag_gb.json"),
    # float32 throughout, missing values
    "missing": ("xgboost/3.2.0/multi_softprob.json",
                "xgboost/3.2.0/multi_softprob.expected.json"),
    # a number of LightGBM's
    "amount": ("lightgbm/4.7.0/regression.txt", "lightgbm/4.7.0/regression.json"),
    # features of numbers and texts
    "cities": ("sklearn/sk161_frame_cities.pkl", "sklearn/sk161_frame_cities.json"),
}

# Of answers computed in float32, and in float64.
FLOAT32_TOLERANCE = 1e-6
FLOAT64_TOLERANCE = 1e-12


def cell(value):
    """A number or a text of a row; NaN where it is missing among numbers."""
    return {"Infinity": math.inf, "-Infinity": -math.inf}.get(value, value)


class Golden:
    """One model with the rows that its library answered.

    rows           lists of numbers and texts, None where a value is missing
    refused        rows that the library refused
    features       their names, None where the model has none
    predictions    by row
    labels         the classes in their order, as texts; None of a regression
    probabilities  by row and class, None where there are none
    scores         by row, None where there are none
    """

    def __init__(self, name):
        self.name = name
        model, answers = FILES[name]
        self.path = FOLDER / model
        document = json.loads((FOLDER / answers).read_text(encoding="utf-8"))
        self.features = document["features"]
        self.tolerance = (FLOAT32_TOLERANCE if document["library"] == "xgboost"
                          else FLOAT64_TOLERANCE)
        rows = [[cell(value) for value in row] for row in document["rows"]]
        answers = answers_by_row(document)
        self.refused = [row for row, answer in zip(rows, answers) if "error" in answer]
        kept = [(row, answer) for row, answer in zip(rows, answers) if "error" not in answer]
        self.rows = [row for row, _ in kept]
        answers = [answer for _, answer in kept]
        self.predictions = [answer["prediction"] for answer in answers]
        self.labels = self.probabilities = self.scores = None
        if "probabilities" in answers[0]:
            self.labels = list(answers[0]["probabilities"])
            self.probabilities = np.array([list(answer["probabilities"].values())
                                           for answer in answers])
        if "scores" in answers[0]:
            self.scores = np.array([answer["scores"] for answer in answers])

    def array(self, dtype=np.float64):
        """The rows as an array of numbers, NaN where a value is missing."""
        return np.array(self.rows, dtype=np.float64).astype(dtype)

    def complete(self):
        """The numbers of the rows without a missing value: JSON has no NaN."""
        return [index for index, row in enumerate(self.rows)
                if all(isinstance(value, str) or (value is not None and math.isfinite(value))
                       for value in row)]

    def names(self):
        """Those of the features; where the model has none, those that the program gives."""
        return self.features or [f"x{index}" for index in range(len(self.rows[0]))]

    def check_probabilities(self, got, indices=slice(None)):
        np.testing.assert_allclose(got, self.probabilities[indices], rtol=self.tolerance,
                                   atol=self.tolerance * 1e-6)

    def check_predictions(self, got, indices=None):
        """got  the labels or numbers that a client has; texts may be bytes."""
        indices = range(len(self.rows)) if indices is None else indices
        expected = [self.predictions[index] for index in indices]
        got = [value.decode() if isinstance(value, bytes) else value
               for value in np.asarray(got).reshape(-1).tolist()]
        if self.labels is None:
            np.testing.assert_allclose(got, expected, rtol=self.tolerance)
        else:
            assert got == expected, f"expected {expected}, got {got}"
            kinds = {type(value) for value in expected}
            assert {type(value) for value in got} == kinds, f"expected {kinds}, got {got[:3]}"

    def check_scores(self, got, indices=slice(None)):
        expected = self.scores[indices]
        np.testing.assert_allclose(np.asarray(got).reshape(expected.shape), expected,
                                   rtol=self.tolerance, atol=self.tolerance)


def answers_by_row(document):
    """The answers as a list of objects; some files have them by column, without labels."""
    answers = document["answers"]
    if isinstance(answers, list):
        return answers
    rows = []
    for index in range(len(document["rows"])):
        row = {key: answers[key][index] for key in ("prediction", "scores") if key in answers}
        if "probabilities" in answers:
            labels = [str(label) for label in document["classes"]]
            row["probabilities"] = dict(zip(labels, answers["probabilities"][index]))
        rows.append(row)
    return rows


def model_file(name):
    return Path(FOLDER / FILES[name][0])
