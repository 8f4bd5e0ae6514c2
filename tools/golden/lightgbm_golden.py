#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tests/golden/lightgbm: text models by the real library, and its answers to rows.

    tools/golden/lightgbm_golden.py FOLDER [VERSION...]

makes a virtual environment FOLDER/venv-lgb-VERSION for each version in PINS, unless it is there,
and runs itself in it. Interpreters are found as python3.7, python3.8 ... on the PATH, or under
$PYENV_ROOT/versions. LightGBM needs the OpenMP library of the system (Debian: libgomp1).

A model NAME of a VERSION is VERSION/NAME.txt, as Booster.save_model() writes it; VERSION/NAME.json
has rows (null is missing; "Infinity" and "-Infinity"; categories of pandas as they are) and the
answers of a Booster that was read back from the file: `scores` with raw_score=True, `prediction`
or, where the objective has classes, `probabilities`, without.

Development only: the C++ tests read what it wrote.
"""

import glob
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "lightgbm"

OLD = ["numpy==1.19.5", "scipy==1.5.4", "pandas==1.1.5"]
MIDDLE = ["numpy==1.23.5", "scipy==1.9.3", "pandas==1.5.3"]
LATE = ["numpy==1.26.4", "scipy==1.11.4", "pandas==2.1.4"]
NEW = ["numpy==2.2.6", "scipy==1.15.3", "pandas==2.2.3", "narwhals==2.0.1"]
TOGETHER = ["python-dateutil==2.8.2", "pytz==2023.3", "tzdata==2023.3", "six==1.16.0"]

# {version: (Python, what else it needs, whether all models are made and not only the telling ones)}
PINS = {
    "2.0.10": ("3.7", OLD, False),
    "2.0.12": ("3.7", OLD, False),
    "2.1.2": ("3.7", OLD, False),
    "2.2.0": ("3.7", OLD, False),
    "2.2.3": ("3.7", OLD, False),
    "2.3.1": ("3.7", OLD, True),
    "3.0.0": ("3.8", MIDDLE, False),
    "3.1.1": ("3.8", MIDDLE, False),
    "3.2.1": ("3.8", MIDDLE, False),
    "3.3.2": ("3.8", MIDDLE, False),
    "3.3.5": ("3.8", MIDDLE, False),
    "4.0.0": ("3.11", LATE, False),
    "4.3.0": ("3.11", LATE, False),
    "4.6.0": ("3.11", LATE, False),
    "4.7.0": ("3.12", NEW, True),
}

# Models that versions have written, or answered, differently.
TELLING = {
    "binary_missing",
    "cross_entropy_lambda",
    "linear",
    "multiclass_single_leaves",
    "pandas_mixed",
    "rf_binary",
    "single_leaf",
}

# Of the frame in pandas_frame(), the columns of categories.
PANDAS_COLUMNS = [1, 3, 4, 5, 6]

ROUNDS = 3
ROW_COUNT = 240
SMALL = {
    "num_leaves": 5,
    "min_data_in_leaf": 5,
    "min_data_in_bin": 1,
    "min_data_per_group": 5,
    "cat_smooth": 1,
    "cat_l2": 1,
    "max_cat_to_onehot": 1,
    "learning_rate": 0.3,
    "num_threads": 1,
    "seed": 1,
    "verbose": -1,
}


# ---- making the environments


def interpreter(version):
    found = shutil.which("python" + version)
    pyenv = os.environ.get("PYENV_ROOT", os.path.expanduser("~/.pyenv"))
    return found or sorted(glob.glob(f"{pyenv}/versions/{version}.*/bin/python"))[-1]


def make_all(folder, versions):
    for version in versions or PINS:
        python, packages, _ = PINS[version]
        venv = pathlib.Path(folder) / f"venv-lgb-{version}"
        if not venv.exists():
            subprocess.run([interpreter(python), "-m", "venv", venv], check=True)
            pip = [venv / "bin" / "pip", "install", "-q", "--only-binary", ":all:", "--no-deps"]
            subprocess.run([*pip, f"lightgbm=={version}", *packages, *TOGETHER], check=True)
        subprocess.run([venv / "bin" / "python", __file__, "--here"], check=True)


# ---- data: numbers with missing values, with zeros, categories, numbers, a constant


def columns():
    random = np.random.RandomState(1)
    first = np.round(random.normal(size=ROW_COUNT), 2)
    first[random.rand(ROW_COUNT) < 0.15] = np.nan
    second = np.round(random.normal(size=ROW_COUNT), 1)
    second[random.rand(ROW_COUNT) < 0.4] = 0
    category = random.randint(0, 40, size=ROW_COUNT).astype(float)
    fourth = np.round(random.gamma(2.0, size=ROW_COUNT), 2)
    x = np.stack([first, second, category, fourth, np.full(ROW_COUNT, 3.0)], axis=1)
    signal = np.where(np.isnan(first), 0.6, first) + 0.8 * (category % 3 == 1)
    signal = signal - 0.7 * (second == 0) + 0.5 * fourth
    return x, np.round(signal + 0.2 * random.normal(size=ROW_COUNT), 2)


def pandas_frame(x):
    """Categories as text, as numbers and as truth values; one column is ordered, one constant."""
    codes = x[:, 2].astype(int)
    names = np.array(["red", "gr\u00fcn", "blue", "black or white", 'quoted "x"'])
    return pd.DataFrame(
        {
            "size": x[:, 0],
            "colour": pd.Categorical(names[codes % 5]),
            "amount": x[:, 3],
            "number": pd.Categorical(codes % 4 * 10 - 5),
            "same": pd.Categorical(["one"] * len(x)),
            "rank": pd.Categorical(
                np.array(["low", "middle", "high"])[codes % 3],
                categories=["low", "middle", "high"],
                ordered=True,
            ),
            "truth": pd.Categorical(codes % 2 == 0),
        }
    )


def labels(kind, signal):
    if kind == "binary":
        return (signal > np.median(signal)).astype(int)
    if kind == "classes":
        return np.digitize(signal, np.quantile(signal, [0.4, 0.7]))
    if kind == "rare":
        return np.where(np.arange(len(signal)) < 3, 2, signal > 1).astype(int)
    if kind == "positive":
        return np.round(np.exp(signal / 2), 2)
    if kind == "rare share":  # so small that log(1 + x) and log1p(x) differ
        return np.where(np.arange(len(signal)) % 5 == 0, 1e-5, 1e-7)
    if kind == "share":
        return np.round(1 / (1 + np.exp(-signal)), 2)
    if kind == "grades":
        return np.digitize(signal, np.quantile(signal, [0.5, 0.8])).astype(int)
    return signal


# ---- models: {name: (parameters, labels, what is special)}


def squared_error(predictions, data):
    return predictions - data.get_label(), np.ones(len(predictions))


def one_hot_error(predictions, data):
    label = data.get_label().astype(int)
    wide = np.eye(3)[label]
    shape = predictions.shape if predictions.ndim == 2 else None
    flat = wide if shape else wide.T.reshape(-1)
    gradient = predictions - flat
    return gradient, np.ones_like(gradient)


RF = {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.6, "feature_fraction": 0.8}

MODELS = {
    "regression": ({"objective": "regression"}, "number", {}),
    "regression_sqrt": ({"objective": "regression", "reg_sqrt": True}, "number", {}),
    "regression_l1": ({"objective": "regression_l1"}, "number", {}),
    "huber": ({"objective": "huber"}, "number", {}),
    "fair": ({"objective": "fair"}, "number", {}),
    "poisson": ({"objective": "poisson"}, "positive", {}),
    "quantile": ({"objective": "quantile", "alpha": 0.7}, "number", {}),
    "mape": ({"objective": "mape"}, "positive", {}),
    "quantile_sqrt": ({"objective": "quantile", "reg_sqrt": True}, "positive", {}),
    "gamma": ({"objective": "gamma"}, "positive", {}),
    "tweedie": ({"objective": "tweedie"}, "positive", {}),
    "binary": ({"objective": "binary", "sigmoid": 0.7}, "binary", {}),
    "binary_missing": ({"objective": "binary"}, "binary", {"categorical": [2]}),
    "binary_zero_as_missing": ({"objective": "binary", "zero_as_missing": True}, "binary", {}),
    "binary_no_missing": ({"objective": "binary", "use_missing": False}, "binary", {}),
    "multiclass": ({"objective": "multiclass", "num_class": 3}, "classes", {"rounds": 2}),
    "multiclassova": ({"objective": "multiclassova", "num_class": 3}, "classes", {"rounds": 2}),
    "multiclass_single_leaves": (
        {"objective": "multiclass", "num_class": 3, "min_sum_hessian_in_leaf": 3.0},
        "rare",
        {"rounds": 2},
    ),
    "cross_entropy": ({"objective": "xentropy"}, "share", {}),
    "cross_entropy_lambda": ({"objective": "xentlambda"}, "share", {}),
    "cross_entropy_lambda_rare": ({"objective": "xentlambda"}, "rare share", {}),
    "lambdarank": ({"objective": "lambdarank"}, "grades", {"group": 20}),
    "rank_xendcg": ({"objective": "rank_xendcg"}, "grades", {"group": 20}),
    "custom": ({}, "number", {"custom": squared_error}),
    "custom_multiclass": ({"num_class": 3}, "classes", {"custom": one_hot_error, "rounds": 2}),
    "dart": ({"objective": "regression", "boosting": "dart", "drop_rate": 0.5}, "number", {}),
    "goss": ({"objective": "regression", "boosting": "goss", "learning_rate": 0.9}, "number", {}),
    "rf_binary": ({"objective": "binary", **RF}, "binary", {}),
    "rf_regression": ({"objective": "regression", **RF}, "number", {}),
    "rf_poisson": ({"objective": "poisson", **RF}, "positive", {}),
    "rf_multiclass": ({"objective": "multiclass", "num_class": 3, **RF}, "classes", {"rounds": 2}),
    "categorical": ({"objective": "regression"}, "number", {"categorical": [2]}),
    "categorical_one_hot": (
        {"objective": "regression", "max_cat_to_onehot": 64},
        "number",
        {"categorical": [2]},
    ),
    "pandas_mixed": ({"objective": "regression"}, "number", {"pandas": True, "rounds": 6}),
    "pandas_binary": ({"objective": "binary"}, "binary", {"pandas": True}),
    "linear": ({"objective": "regression", "linear_tree": True}, "number", {}),
    "linear_categorical": (
        {"objective": "binary", "linear_tree": True, "linear_lambda": 0.1},
        "binary",
        {"categorical": [2]},
    ),
    "single_leaf": (
        {"objective": "binary", "min_sum_hessian_in_leaf": 1e6},
        "binary",
        {},
    ),
    "early_stopping": (
        {"objective": "regression", "learning_rate": 0.9, "num_leaves": 4},
        "number",
        {"rounds": 60, "early": 2},
    ),
}

SINCE = {"linear": (3, 2), "linear_categorical": (3, 2), "rank_xendcg": (3, 0)}


def train(name):
    parameters, label_kind, special = MODELS[name]
    x, signal = columns()
    frame = x
    if special.get("pandas"):
        frame = pandas_frame(x)
        # So that the tests are of the categories, too.
        signal = signal + 2 * (frame["colour"] == "red") + (frame["number"] == 15)
        signal = np.round(signal - 1.5 * (frame["truth"].astype(bool)), 2)
    y = labels(label_kind, signal)
    options = {}
    if "group" in special:
        options["group"] = [special["group"]] * (ROW_COUNT // special["group"])
    if "categorical" in special:
        options["categorical_feature"] = special["categorical"]
    data = lgb.Dataset(frame, y, free_raw_data=False, **options)
    parameters = {**SMALL, **parameters}
    more = {}
    if "custom" in special:
        if version_tuple() >= (4,):
            parameters["objective"] = special["custom"]
        else:
            more["fobj"] = special["custom"]
            parameters["objective"] = "none"
    if "early" in special:
        noise = np.random.RandomState(2).normal(size=ROW_COUNT)
        more["valid_sets"] = [lgb.Dataset(frame, y + 2 * noise, reference=data)]
        if version_tuple() >= (4,):
            more["callbacks"] = [lgb.early_stopping(special["early"], verbose=False)]
        else:
            more.update(early_stopping_rounds=special["early"], verbose_eval=False)
    return lgb.train(parameters, data, special.get("rounds", ROUNDS), **more)


# ---- rows


def thresholds(text):
    """[(feature, threshold)] of numerical tests, of all trees."""
    found = []
    for tree in text.split("\nTree=")[1:]:
        keys = dict(re.findall(r"^(\w+)=(.*)$", tree, re.MULTILINE))
        numbers = [keys.get(key, "").split() for key in
                   ("split_feature", "threshold", "decision_type")]
        for feature, threshold, decision in zip(*numbers):
            if int(decision) % 2 == 0:
                found.append((int(feature), float(threshold)))
    return sorted(set(found))


def number_rows(text, x):
    rows = [list(row) for row in x[:4]]
    base = [0.3, 1.2, 7.0, 1.5, 3.0]
    for value in (math.nan, 0.0, -0.0, math.inf, -math.inf, 1e300, -1e300, 1e-35, -1e-35,
                  1.0000000180025095e-35, -1.0000000180025095e-35, 1.1e-35, 5e-324, -5e-324):
        rows.append([value] * 5)
    for code in (math.nan, -1.0, -0.5, 2.5, 31.0, 32.0, 39.99, 64.0, 2147483647.0, 2147483648.0,
                 1e18, math.inf, -math.inf):
        rows.append([*base[:2], code, *base[3:]])
    for feature, value in ((0, math.nan), (1, math.nan), (3, math.nan), (1, 0.0)):
        rows.append([value if column == feature else base[column] for column in range(5)])
    for feature, threshold in thresholds(text)[::3][:5]:
        for value in (threshold, np.nextafter(threshold, np.inf)):
            rows.append([value if column == feature else base[column] for column in range(5)])
    return [[float(value) for value in row] for row in rows]


def frame_rows(text, frame):
    """Rows for a DataFrame: those it has, and some with missing and unknown categories."""
    rows = [[None if isinstance(value, float) and math.isnan(value) else value for value in row]
            for row in frame.astype(object).values.tolist()[:10]]
    changes = [(1, None), (1, "purple"), (1, ""), (3, None), (3, 7), (4, "two"), (4, None),
               (5, "higher"), (6, None), (0, None), (2, None)]
    for column, value in changes:
        rows.append([value if place == column else rows[1][place] for place in range(7)])
    for feature, threshold in thresholds(text)[::3][:5]:
        if feature not in PANDAS_COLUMNS:
            rows.append([threshold if place == feature else rows[1][place] for place in range(7)])
    return rows


def frame_of(rows, like):
    """The rows as a DataFrame. Unknown categories stay in it: the library finds them."""
    out = {}
    for place, name in enumerate(like.columns):
        values = [row[place] for row in rows]
        if place not in PANDAS_COLUMNS:
            out[name] = np.array([math.nan if value is None else value for value in values])
            continue
        known = list(like[name].cat.categories)
        known += [value for value in dict.fromkeys(values) if value is not None and
                  value not in known]
        out[name] = pd.Categorical(values, categories=known, ordered=like[name].cat.ordered)
    return pd.DataFrame(out)


# ---- writing


def version_tuple():
    return tuple(int(part) for part in lgb.__version__.split(".")[:3])


def plain(value):
    """What JSON says of a value: shapes as lists, null for NaN, texts for infinities."""
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, float) and math.isnan(value):
        return None
    if isinstance(value, float) and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value.item() if isinstance(value, np.generic) else value


def answers(objective, booster, rows):
    raw = booster.predict(rows, raw_score=True)
    said = booster.predict(rows)
    out = {"scores": raw}
    if objective == "binary":
        out["probabilities"] = np.stack([1.0 - said, said], axis=1)
    elif objective in ("multiclass", "multiclassova"):
        out["probabilities"] = said
    else:
        out["prediction"] = said
    if "probabilities" in out:
        out["prediction"] = np.argmax(np.nan_to_num(out["probabilities"], nan=-1), axis=1)
    return {key: plain(value) for key, value in out.items()}


def write(name):
    folder = HERE / lgb.__version__
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.txt"
    parameters, _, special = MODELS[name]
    train(name).save_model(str(path))
    text = path.read_text(encoding="utf-8")
    booster = lgb.Booster(model_file=str(path))
    x, _ = columns()
    if special.get("pandas"):
        frame = pandas_frame(x)
        rows = frame_rows(text, frame)
        asked = frame_of(rows, frame)
    else:
        rows = number_rows(text, x)
        asked = np.array(rows)
    objective = parameters.get("objective")
    found = answers(objective, booster, asked)
    classes = {"binary": 2, "multiclass": 3, "multiclassova": 3}.get(objective)
    about = {
        "model": path.name,
        "format": "lightgbm",
        "library": "lightgbm",
        "version": lgb.__version__,
        "estimator": "Booster",
        "parameters": {**SMALL, **parameters},
        "features": booster.feature_name(),
        "width": booster.num_feature(),
        "classes": list(range(classes)) if classes else None,
        "pandas_columns": PANDAS_COLUMNS if special.get("pandas") else [],
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in about.items()]
    lines.append('"rows": ' + json.dumps(plain(rows)))
    lines.append('"answers": ' + json.dumps(found))
    (folder / f"{name}.json").write_text("{" + ",\n ".join(lines) + "}\n")


def make_here():
    complete = PINS.get(lgb.__version__, ("", [], True))[2]
    for name in MODELS:
        if version_tuple() < SINCE.get(name, (0,)) or not (complete or name in TELLING):
            continue
        try:
            write(name)
        except Exception as error:  # a version that cannot train it: said, and passed over
            print(f"{lgb.__version__} {name}: {type(error).__name__}: {error}", file=sys.stderr)
            for path in (HERE / lgb.__version__).glob(f"{name}.*"):
                path.unlink()


if __name__ == "__main__":
    if sys.argv[1:] == ["--here"]:
        import lightgbm as lgb
        import numpy as np
        import pandas as pd

        make_here()
    elif len(sys.argv) > 1:
        make_all(sys.argv[1], sys.argv[2:])
    else:
        sys.exit(__doc__)
