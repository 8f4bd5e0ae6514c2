#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes golden pickles of the scikit-learn wrappers that this Python has.

    python make_wrappers.py xgboost|lightgbm FOLDER

Needs that library and scikit-learn; with skops it also writes wrappers and pipelines with skops.
Rows with missing values; labels as numbers and, where the wrapper takes them, as text.
"""

import importlib
import io
import json
import math
import pickle
import sys
import zipfile
from pathlib import Path

import joblib
import numpy as np
from sklearn.datasets import load_iris
from sklearn.ensemble import BaggingClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

try:
    import skops.io
except ImportError:
    skops = None

NAMES = np.array(["setosa", "versicolor", "virginica"])


def fitted(name, rows, species):
    """(name, wrapper) one after the other."""
    library = importlib.import_module(name)
    is_xgboost = name == "xgboost"
    classifier = library.XGBClassifier if is_xgboost else library.LGBMClassifier
    regressor = library.XGBRegressor if is_xgboost else library.LGBMRegressor
    options = {"n_estimators": 4, "max_depth": 3}
    binary = (species == 1).astype(int)
    yield "int", classifier(**options).fit(rows, species)
    yield "bin", classifier(**options).fit(rows, binary)
    if not is_xgboost:
        yield "text", classifier(**options).fit(rows, NAMES[species])
        yield "textbin", classifier(**options).fit(rows, NAMES[binary])
    if is_xgboost:
        yield "stopped", stopped(library, rows, species)
        yield "dart", library.XGBRegressor(n_estimators=12, max_depth=1, booster="dart",
                                           rate_drop=0.3, base_score=0.3).fit(rows, rows[:, 0])
        yield "forest", library.XGBRFRegressor(**options).fit(rows, rows[:, 0])
        marked = np.nan_to_num(rows, nan=-1)
        yield "missing", regressor(missing=-1, **options).fit(marked, rows[:, 0])
        yield "shares", regressor(objective="multi:softprob", num_class=3, **options).fit(rows, species)
    yield "reg", regressor(**options).fit(rows, rows[:, 0])
    # A classifier's objective in a regressor gives numbers, and the other way round.
    yield "number", regressor(objective="binary" + (":logistic" if is_xgboost else ""), **options).fit(rows, binary)
    objective = "reg:squarederror" if is_xgboost else "cross_entropy"
    yield "class", classifier(objective=objective, **options).fit(rows, binary)
    small = {"n_estimators": 2, "max_depth": 2}
    # Some steps do with missing values, some have them replaced.
    yield "pipe", Pipeline([("scale", StandardScaler()), ("model", classifier(**small))]).fit(rows, species)
    yield "pipebin", Pipeline([("impute", SimpleImputer()), ("scale", StandardScaler()),
                               ("model", classifier(**small))]).fit(rows, binary)
    yield "pipereg", Pipeline([("none", "passthrough"), ("function", FunctionTransformer()),
                               ("model", regressor(**small))]).fit(rows, rows[:, 0])
    whole = np.nan_to_num(rows)  # a Bagging of old lets no missing value through
    yield "bag", BaggingClassifier(classifier(**small), n_estimators=2, random_state=3).fit(whole, species)


def stopped(library, rows, species):
    """A classifier whose training went on for some rounds behind the best one."""
    options = {"n_estimators": 40, "max_depth": 3, "learning_rate": 0.5}
    rounds = {"early_stopping_rounds": 3}
    is_new = tuple(map(int, library.__version__.split(".")[:2])) >= (1, 6)
    model = library.XGBClassifier(**options, **(rounds if is_new else {}))
    model.fit(rows[::2], species[::2], eval_set=[(rows[1::2], species[1::2])], verbose=False,
              **({} if is_new else rounds))
    return model


def answers(model, rows, with_scores):
    values = np.array([[math.nan if cell is None else float(cell) for cell in row] for row in rows])
    shares = model.predict_proba(values) if hasattr(model, "predict_proba") else None
    margins = model.predict(values, output_margin=True) if with_scores else None
    for index, prediction in enumerate(model.predict(values)):
        answer = {"prediction": prediction.tolist()}
        if with_scores:
            answer["scores"] = float(margins[index])
        if shares is not None:
            keys = [str(label) for label in model.classes_]
            answer["probabilities"] = dict(zip(keys, map(float, shares[index])))
        yield answer


def joblib_bytes(model):
    file = io.BytesIO()
    joblib.dump(model, file, compress=("zlib", 3))
    return file.getvalue()


def write_golden(folder, name, model, form, golden):
    text = json.dumps({"model": model, "format": form, **golden})
    (folder / f"{name}.json").write_text(text, encoding="utf-8")


def main():
    library, folder = sys.argv[1], Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    version = importlib.import_module(library).__version__
    rows, species = load_iris(return_X_y=True)
    rows[::7, 1] = np.nan
    asked = [[None if math.isnan(cell) else float(cell) for cell in row] for row in rows[::9]]
    large = [[-1.0, 3.0, -1.0, 0.2], [5.0, -1.0, "Infinity", 0.2], [-1e39, 3.0, 1.0, 1e39]]
    for name, model in fitted(library, rows, species):
        name = f"{'xgb' if library == 'xgboost' else 'lgb'}{version}_{name}"
        golden = {"library": library, "version": version, "estimator": type(model).__name__,
                  "rows": asked + large if name.endswith("_missing") else asked}
        with_scores = name.endswith(("_dart", "_forest"))
        golden["answers"] = list(answers(model, golden["rows"], with_scores))
        in_pipeline = type(model).__name__ == "Pipeline"
        ending, content = ("joblib", joblib_bytes(model)) if in_pipeline else ("pkl", pickle.dumps(model, 4))
        (folder / f"{name}.{ending}").write_bytes(content)
        write_golden(folder, name, f"{name}.{ending}", "pickle", golden)
        is_saved = library == "xgboost" and name.endswith(("_stopped", "_dart", "_forest", "_missing", "_number"))
        if skops and not is_saved:
            (folder / f"{name}.skops").write_bytes(skops.io.dumps(model, compression=zipfile.ZIP_DEFLATED))
            write_golden(folder, f"{name}_skops", f"{name}.skops", "skops", golden)
        if is_saved:
            model.save_model(str(folder / f"{name}.model.json"))
            if name.endswith("_missing"):  # which files of some versions forget
                model = type(model)()
                model.load_model(str(folder / f"{name}.model.json"))
                golden["answers"] = list(answers(model, golden["rows"], with_scores))
            write_golden(folder, f"{name}_file", f"{name}.model.json", "xgboost-json", golden)


main()
