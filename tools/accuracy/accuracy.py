# SPDX-License-Identifier: MIT
"""Compares our random forests with scikit-learn's: same data, same folds, same parameters.

Prints the two tables of docs/training.md. Called by tools/accuracy/run, which has built
forest_scores and installed scikit-learn.
"""

import argparse
import csv
import math
import pathlib
import statistics
import subprocess
import tempfile

import numpy
from sklearn import datasets
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold

FOLD_COUNT = 5

SETS = {
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
    "breast_cancer": datasets.load_breast_cancer,
    "digits": datasets.load_digits,
    "diabetes": datasets.load_diabetes,
}

# A set of data and the parameters that are not the defaults, one row of the second table each.
VARIANTS = [
    ("wine", {"criterion": "entropy"}),
    ("wine", {"max_features": 1.0}),
    ("wine", {"bootstrap": False}),
    ("wine", {"class_weight": "balanced", "max_depth": 2}),
    ("breast_cancer", {"max_samples": 0.2}),
    ("breast_cancer", {"max_leaf_nodes": 6}),
    ("breast_cancer", {"min_impurity_decrease": 0.02}),
    ("breast_cancer", {"class_weight": "balanced", "max_leaf_nodes": 4}),
    ("digits", {"max_depth": 5}),
    ("digits", {"min_samples_leaf": 10}),
    ("digits", {"min_samples_split": 50}),
    ("diabetes", {"max_features": 0.33}),
    ("diabetes", {"min_samples_leaf": 5}),
    ("diabetes", {"max_leaf_nodes": 10}),
    ("diabetes", {"max_depth": 3, "max_samples": 0.5}),
    ("breast_cancer, a third of the values missing", {}),
    ("diabetes, a third of the values missing", {"min_samples_leaf": 5}),
]


class Data:
    """One set of data with the folds of its repeated cross-validation."""

    def __init__(self, name, repeat_count):
        loaded = SETS[name.split(",")[0]]()
        self.rows = loaded.data.astype(numpy.float32)
        self.targets = loaded.target
        self.is_regression = name.startswith("diabetes")
        if name.endswith("missing"):
            # Missing more often where the target is low: then to be missing says something.
            low = self.targets <= numpy.median(self.targets)
            share = numpy.where(low, 0.45, 0.2)[:, None]
            self.rows[numpy.random.default_rng(0).random(self.rows.shape) < share] = numpy.nan
        split = RepeatedKFold if self.is_regression else RepeatedStratifiedKFold
        folds = split(n_splits=FOLD_COUNT, n_repeats=repeat_count, random_state=0)
        self.folds = list(folds.split(self.rows, self.targets))

    def write(self, folder):
        """Writes data.csv and folds.csv as forest_scores takes them."""
        with open(folder / "data.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([f"f{i}" for i in range(self.rows.shape[1])] + ["target"])
            for row, target in zip(self.rows.tolist(), self.targets.tolist()):
                writer.writerow(["" if math.isnan(value) else value for value in row] + [target])
        numbers = numpy.zeros((len(self.targets), len(self.folds) // FOLD_COUNT), dtype=int)
        for index, (_, asked) in enumerate(self.folds):
            numbers[asked, index // FOLD_COUNT] = index % FOLD_COUNT
        with open(folder / "folds.csv", "w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([f"repeat{i}" for i in range(numbers.shape[1])])
            writer.writerows(numbers.tolist())


def our_scores(program, data, parameters):
    """By fold: (score, nodes a tree, importances)."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        data.write(folder)
        command = [program, folder / "data.csv", folder / "folds.csv"]
        command += ["--task", "regression" if data.is_regression else "classification"]
        for key, value in parameters.items():
            command += [f"--{key}", str(value).lower()]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = [[float(number) for number in line.split()] for line in printed.splitlines()]
    return [(line[0], line[1], numpy.array(line[2:])) for line in lines]


def their_scores(data, parameters):
    """By fold: (score, nodes a tree, importances)."""
    make = RandomForestRegressor if data.is_regression else RandomForestClassifier
    score = r2_score if data.is_regression else accuracy_score
    found = []
    for seed, (learned, asked) in enumerate(data.folds):
        forest = make(random_state=seed, **parameters)
        forest.fit(data.rows[learned], data.targets[learned])
        nodes = statistics.mean(tree.tree_.node_count for tree in forest.estimators_)
        value = score(data.targets[asked], forest.predict(data.rows[asked]))
        found.append((value, nodes, forest.feature_importances_))
    return found


def mean_and_error(values):
    """The mean and its standard error."""
    return statistics.mean(values), statistics.stdev(values) / math.sqrt(len(values))


def table_row(program, name, parameters, repeat_count):
    data = Data(name, repeat_count)
    ours = our_scores(program, data, parameters)
    theirs = their_scores(data, parameters)
    our_mean, our_error = mean_and_error([score for score, _, _ in ours])
    their_mean, their_error = mean_and_error([score for score, _, _ in theirs])
    difference, error = mean_and_error([a[0] - b[0] for a, b in zip(ours, theirs)])
    our_nodes = statistics.mean(nodes for _, nodes, _ in ours)
    their_nodes = statistics.mean(nodes for _, nodes, _ in theirs)
    our_importances = numpy.mean([shares for _, _, shares in ours], axis=0)
    their_importances = numpy.mean([shares for _, _, shares in theirs], axis=0)
    apart = numpy.abs(our_importances - their_importances).sum() / 2
    written = ", ".join(f"{key}={value}" for key, value in parameters.items()) or "defaults"
    return (
        f"| {name} | {written} | {our_mean:.4f} ± {our_error:.4f} | "
        f"{their_mean:.4f} ± {their_error:.4f} | {difference:+.4f} ± {error:.4f} | "
        f"{our_nodes:.1f} | {their_nodes:.1f} | {apart:.3f} |"
    )


def print_table(program, cases, repeat_count):
    print("| data | parameters | ours | scikit-learn | difference | our nodes a tree | "
          "scikit-learn's | importances apart |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for name, parameters in cases:
        print(table_row(program, name, parameters, repeat_count), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", help="forest_scores")
    parser.add_argument("--repeats", type=int, default=5, help="of a 5-fold cross-validation")
    arguments = parser.parse_args()
    print_table(arguments.program, [(name, {}) for name in SETS], arguments.repeats)
    print()
    print_table(arguments.program, VARIANTS, arguments.repeats)


if __name__ == "__main__":
    main()
