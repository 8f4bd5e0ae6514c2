#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes golden files of the scikit-learn that this Python has: models, rows and their answers.

    python make_sklearn.py FOLDER [full]

tests/golden/make calls it for each pinned version. Every file is the same for the same versions:
seeds are fixed. A model NAME comes as NAME.pkl (or .joblib) and NAME.json, which says what made it,
the rows, and for each row what the library answers, or that it refuses the row.
"""

import io
import json
import math
import pickle
import platform
import sys
import warnings
from pathlib import Path

import joblib
import numpy as np
import sklearn
from sklearn.datasets import load_diabetes, load_iris
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (AdaBoostClassifier, AdaBoostRegressor, BaggingClassifier,
                              BaggingRegressor, ExtraTreesClassifier, ExtraTreesRegressor,
                              GradientBoostingClassifier, GradientBoostingRegressor,
                              IsolationForest, RandomForestClassifier, RandomForestRegressor)
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.tree import (DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier,
                          ExtraTreeRegressor)

warnings.simplefilter("ignore")
VERSION = tuple(int(part) for part in sklearn.__version__.split(".")[:2])
if VERSION < (1, 0):
    from sklearn.experimental import enable_hist_gradient_boosting  # noqa: F401
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

PICKLES = [lambda model: ("pkl", pickle.dumps(model, protocol)) for protocol in (2,)] + [
    lambda model: ("pkl", pickle.dumps(model, 3)),
    lambda model: ("pkl", pickle.dumps(model, 4)),
    lambda model: ("pkl", pickle.dumps(model, 5)),
    lambda model: ("joblib", joblib_bytes(model, 0)),
    lambda model: ("joblib", joblib_bytes(model, ("zlib", 3))),
    lambda model: ("joblib", joblib_bytes(model, ("gzip", 3))),
    lambda model: ("joblib", joblib_bytes(model, ("bz2", 3))),
    lambda model: ("joblib", joblib_bytes(model, ("xz", 3))),
    lambda model: ("joblib", joblib_bytes(model, ("lzma", 3))),
]


def joblib_bytes(model, compress):
    file = io.BytesIO()
    joblib.dump(model, file, compress=compress)
    return file.getvalue()


# --- data -----------------------------------------------------------------------------------------

RANDOM = np.random.RandomState(7)
IRIS, SPECIES = load_iris(return_X_y=True)
NAMES = np.array(["setosa", "versicolor", "virginica"])
ROWS, TARGET = load_diabetes(return_X_y=True)
ROWS, TARGET = ROWS[:150, :5], TARGET[:150]
BINARY = (SPECIES == 1).astype(int)
TWO_TARGETS = np.stack([SPECIES, BINARY], axis=1)
TWO_NUMBERS = np.stack([TARGET, TARGET ** 0.5], axis=1)
HOLES = IRIS.copy()
HOLES[RANDOM.rand(*HOLES.shape) < 0.15] = np.nan
CODES = np.column_stack([IRIS[:, 0], RANDOM.randint(0, 6, 150), IRIS[:, 2], RANDOM.randint(0, 40, 150)])
CODES_TARGET = ((CODES[:, 1] % 2 == 0) ^ (CODES[:, 3] > 19)).astype(int)
FORESTS = {"n_estimators": 5, "max_depth": 4, "random_state": 3}
BOOSTED = {"n_estimators": 6, "max_depth": 3, "random_state": 3}
HIST = {"max_iter": 6, "max_leaf_nodes": 8, "random_state": 3, "min_samples_leaf": 5}


def has_loss(now, before, since):
    return now if VERSION >= since else before


BASE = "estimator" if VERSION >= (1, 2) else "base_estimator"
LOG = has_loss("log_loss", "deviance", (1, 1))
HIST_LOG = has_loss("log_loss", "auto", (1, 1))
SQUARED = has_loss("squared_error", "ls", (1, 0))
ABSOLUTE = has_loss("absolute_error", "lad", (1, 0))
HIST_SQUARED = has_loss("squared_error", "least_squares", (1, 0))
HIST_ABSOLUTE = has_loss("absolute_error", "least_absolute_deviation", (1, 0))


def models(full):
    """(name, estimator, X, y, extra fit arguments, tags) one after the other."""
    yes = {"sample_weight": 1.0 + (np.arange(150) % 3)}
    yield "dt_iris", DecisionTreeClassifier(max_depth=4, random_state=3), IRIS, SPECIES, {}, []
    yield "dt_text", DecisionTreeClassifier(max_depth=3, random_state=3), IRIS, NAMES[SPECIES], {}, []
    yield "dt_bool", DecisionTreeClassifier(max_depth=3, random_state=3), IRIS, SPECIES == 2, {}, []
    yield "dt_weighted", DecisionTreeClassifier(max_depth=3, random_state=3), IRIS, SPECIES, yes, []
    yield "dt_two", DecisionTreeClassifier(max_depth=3, random_state=3), IRIS, TWO_TARGETS, {}, []
    yield "dt_leaf", DecisionTreeClassifier(max_depth=4, min_samples_leaf=150, random_state=3), IRIS, SPECIES, {}, []
    yield "dtr", DecisionTreeRegressor(max_depth=4, random_state=3), ROWS, TARGET, {}, []
    yield "dtr_two", DecisionTreeRegressor(max_depth=4, random_state=3), ROWS, TWO_NUMBERS, {}, []
    yield "et1_iris", ExtraTreeClassifier(max_depth=4, random_state=3), IRIS, SPECIES, {}, []
    yield "et1r", ExtraTreeRegressor(max_depth=4, random_state=3), ROWS, TARGET, {}, []
    yield "rf_iris", RandomForestClassifier(**FORESTS), IRIS, SPECIES, {}, []
    yield "rf_text", RandomForestClassifier(**FORESTS), IRIS, NAMES[SPECIES], {}, []
    yield "rf_two", RandomForestClassifier(**FORESTS), IRIS, TWO_TARGETS, {}, []
    yield "rf_weighted", RandomForestClassifier(class_weight="balanced", **FORESTS), IRIS, SPECIES + 5, yes, []
    yield "rfr", RandomForestRegressor(**FORESTS), ROWS, TARGET, {}, []
    yield "rfr_two", RandomForestRegressor(**FORESTS), ROWS, TWO_NUMBERS, {}, []
    yield "rf_many", RandomForestClassifier(n_estimators=5, max_depth=5, random_state=3), ROWS, (TARGET // 30).astype(int), {}, []
    yield "et_iris", ExtraTreesClassifier(**FORESTS), IRIS, SPECIES, {}, []
    yield "etr", ExtraTreesRegressor(bootstrap=True, **FORESTS), ROWS, TARGET, {}, []
    if VERSION >= (1, 3):
        yield "dt_holes", DecisionTreeClassifier(max_depth=4, random_state=3), HOLES, SPECIES, {}, []
    if VERSION >= (1, 4):
        yield "rf_holes", RandomForestClassifier(**FORESTS), HOLES, SPECIES, {}, []
        yield "dt_monotonic", DecisionTreeClassifier(max_depth=3, monotonic_cst=[1, 0, 0, 0], random_state=3), IRIS, BINARY, {}, []
    if VERSION >= (1, 6):
        yield "et_holes", ExtraTreesClassifier(**FORESTS), HOLES, SPECIES, {}, []
    yield "gb_iris", GradientBoostingClassifier(loss=LOG, **BOOSTED), IRIS, SPECIES, {}, []
    yield "gb_binary", GradientBoostingClassifier(loss=LOG, **BOOSTED), IRIS, BINARY, {}, []
    yield "gb_exponential", GradientBoostingClassifier(loss="exponential", **BOOSTED), IRIS, NAMES[BINARY], {}, []
    yield "gb_zero", GradientBoostingClassifier(init="zero", **BOOSTED), IRIS, SPECIES, {}, []
    yield "gb_init", GradientBoostingClassifier(init=DecisionTreeClassifier(max_depth=1, random_state=3), **BOOSTED), IRIS, SPECIES, {}, ["log"]
    yield "gb_init_binary", GradientBoostingClassifier(init=DecisionTreeClassifier(max_depth=1, random_state=3), **BOOSTED), IRIS, BINARY, {}, []
    for loss in (SQUARED, ABSOLUTE, "huber", "quantile"):
        yield f"gbr_{loss}", GradientBoostingRegressor(loss=loss, **BOOSTED), ROWS, TARGET, {}, []
    yield "gbr_zero", GradientBoostingRegressor(init="zero", **BOOSTED), ROWS, TARGET, {}, []
    yield "gbr_init", GradientBoostingRegressor(init=DecisionTreeRegressor(max_depth=1, random_state=3), **BOOSTED), ROWS, TARGET, {}, []
    yield "hgb_iris", HistGradientBoostingClassifier(**HIST), IRIS, SPECIES, {}, []
    yield "hgb_binary", HistGradientBoostingClassifier(**HIST), HOLES, NAMES[BINARY], {}, []
    for loss in (HIST_SQUARED, HIST_ABSOLUTE, "poisson"):
        if loss == HIST_ABSOLUTE and VERSION < (0, 24):
            continue
        yield f"hgbr_{loss}", HistGradientBoostingRegressor(loss=loss, **HIST), ROWS, TARGET, {}, []
    if VERSION >= (1, 1):
        yield "hgbr_quantile", HistGradientBoostingRegressor(loss="quantile", quantile=0.3, **HIST), ROWS, TARGET, {}, []
    if VERSION >= (1, 3):
        yield "hgbr_gamma", HistGradientBoostingRegressor(loss="gamma", **HIST), ROWS, TARGET, {}, []
    yield "hgb_codes", HistGradientBoostingClassifier(categorical_features=[1, 3], **HIST), CODES, CODES_TARGET, {}, ["codes"]
    yield "hgb_mask", HistGradientBoostingClassifier(categorical_features=[False, False, False, True], **HIST), CODES, CODES_TARGET, {}, ["codes"]
    algorithms = ["SAMME.R"] if VERSION < (1, 6) else []
    if VERSION < (1, 8):
        algorithms.append("SAMME")
    for algorithm in algorithms:
        options = {BASE: DecisionTreeClassifier(max_depth=2, random_state=3)}
        yield f"ada_{algorithm}", AdaBoostClassifier(n_estimators=9, algorithm=algorithm, random_state=3, **options), IRIS, SPECIES, {}, ["log"] if algorithm == "SAMME.R" else []
        yield f"ada_binary_{algorithm}", AdaBoostClassifier(n_estimators=9, algorithm=algorithm, random_state=3, **options), IRIS, BINARY, {}, ["log"] if algorithm == "SAMME.R" else []
    yield "ada_default", AdaBoostClassifier(n_estimators=7, random_state=3), IRIS, NAMES[SPECIES], {}, ["log"]
    for loss in ("linear", "square", "exponential"):
        yield f"adar_{loss}", AdaBoostRegressor(n_estimators=7, loss=loss, random_state=3), ROWS, TARGET, {}, []
    tree = {BASE: DecisionTreeClassifier(max_depth=3, random_state=3)}
    yield "bag_iris", BaggingClassifier(n_estimators=5, random_state=3, **tree), IRIS, NAMES[SPECIES], {}, []
    yield "bag_features", BaggingClassifier(n_estimators=5, max_features=0.5, bootstrap_features=True, random_state=3, **tree), IRIS, SPECIES, {}, []
    yield "bag_few", BaggingClassifier(n_estimators=5, max_samples=3, random_state=3, **tree), IRIS, SPECIES, {}, []
    yield "bag_rf", BaggingClassifier(n_estimators=2, random_state=3, **{BASE: RandomForestClassifier(n_estimators=3, max_depth=2, random_state=3)}), IRIS, SPECIES, {}, []
    yield "bag_gb", BaggingClassifier(n_estimators=2, random_state=3, **{BASE: GradientBoostingClassifier(n_estimators=3, max_depth=2, random_state=3)}), IRIS, SPECIES, {}, ["log"]
    yield "bagr", BaggingRegressor(n_estimators=5, max_features=3, random_state=3, **{BASE: DecisionTreeRegressor(max_depth=3, random_state=3)}), ROWS, TARGET, {}, []
    yield "iso", IsolationForest(n_estimators=8, max_samples=40, random_state=3), IRIS, None, {}, ["log"]
    yield "iso_features", IsolationForest(n_estimators=8, max_samples=30, max_features=2, contamination=0.1, random_state=3), IRIS, None, {}, ["log"]
    yield "dummy_prior", DummyClassifier(strategy="prior"), IRIS, SPECIES, {}, ["dummy"]
    yield "dummy_frequent", DummyClassifier(strategy="most_frequent"), IRIS, NAMES[BINARY], {}, ["dummy"]
    yield "dummy_constant", DummyClassifier(strategy="constant", constant=2), IRIS, SPECIES, {}, ["dummy"]
    for strategy in ("mean", "median"):
        yield f"dummyr_{strategy}", DummyRegressor(strategy=strategy), ROWS, TARGET, {}, ["dummy"]
    yield "pipe_scaled", Pipeline([("scale", StandardScaler()), ("rf", RandomForestClassifier(**FORESTS))]), IRIS, SPECIES, {}, []
    yield "pipe_plain", Pipeline([("scale", StandardScaler(with_mean=False, with_std=False)), ("none", "passthrough"), ("gb", GradientBoostingClassifier(**BOOSTED))]), IRIS, SPECIES, {}, []
    yield "pipe_clip", Pipeline([("range", MinMaxScaler((-1, 2), **({"clip": True} if VERSION >= (0, 24) else {}))), ("dt", DecisionTreeRegressor(max_depth=3, random_state=3))]), ROWS, TARGET, {}, []
    for strategy in ("mean", "median", "most_frequent", "constant"):
        yield f"pipe_{strategy}", Pipeline([("impute", SimpleImputer(strategy=strategy, add_indicator=strategy == "mean")), ("rf", RandomForestClassifier(**FORESTS))]), HOLES, SPECIES, {}, []
    yield "pipe_nan", Pipeline([("scale", StandardScaler()), ("hgb", HistGradientBoostingClassifier(**HIST))]), HOLES, SPECIES, {}, []
    try:
        import pandas
    except ImportError:
        return
    frame = pandas.DataFrame(IRIS, columns=["sepal length", "sepal width", "petal length", "größe"])
    yield "frame_rf", RandomForestClassifier(**FORESTS), frame, SPECIES, {}, []
    yield "frame_pipe", Pipeline([("scale", StandardScaler()), ("rf", RandomForestClassifier(**FORESTS))]), frame, SPECIES, {}, []
    if VERSION >= (1, 4):
        cities = pandas.DataFrame({"length": IRIS[:, 0], "city": pandas.Categorical(np.array(["Berlin", "Rom", "São Paulo", "Oslo"])[RANDOM.randint(0, 4, 150)]), "width": IRIS[:, 1]})
        yield "frame_cities", HistGradientBoostingClassifier(categorical_features="from_dtype", **HIST), cities, SPECIES, {}, ["cities"]
    # Behind the others, so that each version keeps its third of them.
    frequent = DummyClassifier(strategy="most_frequent")
    weights = np.array([3, 1, 2])[SPECIES]
    yield "gb_frequent", GradientBoostingClassifier(init=frequent, **BOOSTED), IRIS, SPECIES, {"sample_weight": weights}, ["log"]
    yield "gb_frequent_binary", GradientBoostingClassifier(init=frequent, **BOOSTED), IRIS, BINARY, {}, ["log"]
    yield "dtr_absolute", DecisionTreeRegressor(criterion="absolute_error" if VERSION >= (1, 0) else "mae", max_depth=3, random_state=3), ROWS, TARGET, {}, []
    # Columns that no member sees may hold anything.
    yield "bag_columns", BaggingClassifier(n_estimators=2, max_features=1, random_state=3, **tree), IRIS, NAMES[SPECIES], {}, []
    # So few scores that rows stand exactly on the border between inliers and outliers.
    yield "iso_ties", IsolationForest(n_estimators=1, max_samples=4, contamination=0.1, random_state=3), IRIS, None, {}, ["log"]
    # What a tree by itself says to missing values when it looks for the best threshold.
    yield "etc_best", ExtraTreeClassifier(splitter="best", max_depth=3, random_state=3), IRIS, SPECIES, {}, []
    yield "etr_best", ExtraTreeRegressor(splitter="best", max_depth=3, random_state=3), ROWS, TARGET, {}, []
    if VERSION >= (1, 0):
        coded = np.column_stack([IRIS[:, 0], np.arange(150) % 9])
        yield "hgb_below", HistGradientBoostingRegressor(categorical_features=[1], max_iter=5, min_samples_leaf=3, random_state=3), coded, coded[:, 1] * 7 % 5, {}, ["below"]
        yield "gb_init_hist", GradientBoostingClassifier(init=HistGradientBoostingClassifier(**HIST), **BOOSTED), IRIS, BINARY, {}, ["log"]
    yield "dummy_half", DummyClassifier(strategy="constant", constant=[1.5]), IRIS, BINARY + 0.5, {}, []
    yield "dummy_true", DummyClassifier(strategy="constant", constant=True), IRIS, BINARY > 0, {}, []
    inner = Pipeline([("fill", SimpleImputer()), ("scale", StandardScaler())])
    yield "pipe_inner", Pipeline([("prepare", inner), ("rf", RandomForestClassifier(**FORESTS))]), HOLES, SPECIES, {}, []
    yield "pipe_inner_twice", Pipeline([("prepare", Pipeline([("inner", inner), ("range", MinMaxScaler())])), ("rf", RandomForestRegressor(**FORESTS))]), HOLES, SPECIES, {}, []


# --- rows -----------------------------------------------------------------------------------------

def trees_in(model):
    """The thresholds of all trees somewhere inside, by feature, as far as they are told apart."""
    found = []
    stack, seen = [model], set()
    while stack:
        item = stack.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        if hasattr(item, "tree_"):
            tree = item.tree_
            found += [(int(f), float(t)) for f, t in zip(tree.feature, tree.threshold) if f >= 0]
        for name in ("estimators_", "steps", "init_", "_predictors"):
            value = getattr(item, name, None)
            if value is not None and not isinstance(value, str):
                stack += list(np.ravel(np.array(value, dtype=object)))
        if isinstance(item, (list, tuple)):
            stack += list(item)
        nodes = getattr(item, "nodes", None)
        if nodes is not None and getattr(nodes, "dtype", None) is not None and nodes.dtype.names:
            key = "num_threshold" if "num_threshold" in nodes.dtype.names else "threshold"
            found += [(int(n["feature_idx"]), float(n[key])) for n in nodes
                      if not n["is_leaf"] and not ("is_categorical" in nodes.dtype.names and n["is_categorical"])]
    return found


def rows_for(model, data, tags):
    """Rows of the data, rows on thresholds and beside them, and rows that may be refused."""
    data = np.asarray(data, dtype=object if "cities" in tags else float)
    rows = [list(row) for row in data[::13]]
    if "cities" in tags:
        rows += [[5.1, "Atlantis", 3.0], [5.1, None, 3.0], [None, "Rom", None]]
        return rows
    width = data.shape[1]
    base = [float(v) for v in np.nanmedian(data, axis=0)]
    thresholds = [t for t in trees_in(model) if t[0] < width and math.isfinite(t[1])]
    for feature, threshold in thresholds[:4]:
        for value in (threshold, np.nextafter(threshold, np.inf), np.nextafter(threshold, -np.inf),
                      float(np.float32(threshold)),
                      float(np.nextafter(np.float32(threshold), np.float32(np.inf)))):
            rows.append(base[:feature] + [float(value)] + base[feature + 1:])
    rows += [[0.0] * width, [-0.0] * width, [1e30] * width, [-1e30] * width, [1e-320] * width]
    for value in (math.nan, math.inf, -math.inf, 3.5e38, 1e300):
        rows.append([value] + base[1:])
        rows.append(base[:-1] + [value])
    rows.append([math.nan] * width)
    if "codes" in tags:
        for code in (0, 5, 6, 7, 39, 40, 100, 2.0):
            rows.append([base[0], float(code), base[2], float(code)])
    if "below" in tags:
        for code in (-1e-35, -0.5, -1.0, -2.5, -255.5, -256.0, -1e10):
            rows.append([base[0], code])
    return rows


def json_value(value):
    if isinstance(value, (np.integer, np.bool_, np.floating)):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def json_row(row):
    return [None if isinstance(v, float) and math.isnan(v) else json_value(v) for v in row]


def json_list(values):
    return [json_value(v) for v in np.ravel(values)]


def label_key(label):
    label = json_value(label)
    return json.dumps(label) if not isinstance(label, str) else label


def answer_of(model, frame):
    """What the library says of one row, or its refusal."""
    answer = {}
    prediction = model.predict(frame)[0]
    many = np.ndim(prediction) > 0
    answer["prediction"] = json_list(prediction) if many else json_value(prediction)
    classes = getattr(model, "classes_", None)
    if hasattr(model, "predict_proba"):
        shares = model.predict_proba(frame)
        if isinstance(shares, list):
            answer["probabilities"] = [dict(zip(map(label_key, c), json_list(p[0])))
                                       for c, p in zip(classes, shares)]
        else:
            answer["probabilities"] = dict(zip(map(label_key, classes), json_list(shares[0])))
    if hasattr(model, "decision_function"):
        scores = json_list(model.decision_function(frame)[0])
        answer["scores"] = scores[0] if len(scores) == 1 else scores
    return answer


def answers_for(model, rows, columns, tags):
    answers = []
    for row in rows:
        values = [math.nan if v is None and "cities" not in tags else v for v in row]
        if columns is None:
            frame = np.array([values], dtype=float)
        else:
            import pandas
            frame = pandas.DataFrame([values], columns=columns)
            if "cities" in tags:
                frame = frame.astype({"length": float, "width": float}).assign(
                    city=pandas.Categorical(frame["city"]))
        try:
            answers.append(answer_of(model, frame))
        except ValueError as error:
            answers.append({"error": str(error).splitlines()[0][:120]})
    return answers


def write_golden(folder, name, ending, model, data, tags, every=1, **more):
    """Writes NAME.json beside the model, which has been written: each `every`th row and its answer."""
    columns = list(data.columns) if hasattr(data, "columns") else None
    rows = rows_for(model, data, tags)[::every]
    text = {"model": f"{name}.{ending}", "format": "scikit-learn", "library": "scikit-learn",
            "version": sklearn.__version__,
            "versions": {"python": platform.python_version(), "numpy": np.__version__,
                         "joblib": joblib.__version__, **more},
            "estimator": type(model).__name__,
            "features": columns, "exact": "log" not in tags,
            "rows": [json_row(row) for row in rows],
            "answers": answers_for(model, rows, columns, tags)}
    lines = ",\n".join(f"{json.dumps(k)}: " + (
        "[\n" + ",\n".join(json.dumps(v, ensure_ascii=False) for v in text[k]) + "]"
        if k in ("rows", "answers") else json.dumps(text[k], ensure_ascii=False)) for k in text)
    (folder / f"{name}.json").write_text("{" + lines + "}\n", encoding="utf-8")


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    full = len(sys.argv) > 2
    for number, (name, model, data, target, fit, tags) in enumerate(models(full)):
        if not full and number % 3 != sum(VERSION) % 3:
            continue
        model.fit(data, **({} if target is None else {"y": target}), **fit)
        ending, content = PICKLES[number % len(PICKLES)](model)
        name = f"sk{sklearn.__version__.replace('.', '')}_{name}"
        (folder / f"{name}.{ending}").write_bytes(content)
        write_golden(folder, name, ending, model, data, tags)


if __name__ == "__main__":
    main()
