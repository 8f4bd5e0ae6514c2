#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes tests/golden/xgboost: model files of many XGBoost versions, and the answers of each.

    tools/golden/xgboost_golden.py FOLDER [VERSION...]

runs itself once for each version in FOLDER/venv-xgb-VERSION, a virtual environment with the
packages of PINS (and makes it when PYTHON_x_y names an interpreter of that version). A model is
VERSION/NAME.json or .ubj; beside it NAME.expected.json holds rows and answers of the library after
it has read the file again. Numbers are the shortest text of a float32; null is a missing value.

Development only: the C++ tests read what it wrote.
"""

import json
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "xgboost"

# version: (Python, other packages)
PINS = {
    "1.0.2": ("3.7", "numpy==1.21.6 scipy==1.7.3 scikit-learn==0.24.2 pandas==1.3.5"),
    "1.2.1": ("3.7", "numpy==1.21.6 scipy==1.7.3 scikit-learn==0.24.2 pandas==1.3.5"),
    "1.3.3": ("3.7", "numpy==1.21.6 scipy==1.7.3 scikit-learn==0.24.2 pandas==1.3.5"),
    "1.4.2": ("3.8", "numpy==1.23.5 scikit-learn==1.0.2 pandas==1.5.3"),
    "1.5.2": ("3.8", "numpy==1.23.5 scikit-learn==1.0.2 pandas==1.5.3"),
    "1.7.6": ("3.10", "numpy==1.23.5 scikit-learn==1.2.2 pandas==1.5.3"),
    "2.0.3": ("3.11", "numpy==1.26.4 scikit-learn==1.4.2 pandas==2.2.3"),
    "2.1.4": ("3.11", "numpy==1.26.4 scikit-learn==1.5.2 pandas==2.2.3"),
    "3.0.5": ("3.11", "numpy==2.2.6 scikit-learn==1.6.1 pandas==2.2.3"),
    "3.1.3": ("3.11", "numpy==2.2.6 scikit-learn==1.6.1 pandas==2.2.3"),
    "3.2.0": ("3.11", "numpy==2.2.6 scikit-learn==1.6.1 pandas==2.2.3"),
    "3.4.1": ("3.12", "numpy==2.2.6 scikit-learn==1.6.1 pandas==2.2.3"),
}

# Versions that make every objective; the others make what changed between versions.
ALL_OBJECTIVES = ("1.0.2", "1.7.6", "3.4.1")

# Versions that make what is at the edge.
EXTREMES = ("1.7.6", "3.2.0", "3.4.1")


def run_all(folder, versions):
    for version in versions or PINS:
        python, packages = PINS[version]
        venv = pathlib.Path(folder) / ("venv-xgb-" + version)
        maker = os.environ.get("PYTHON_" + python.replace(".", "_"))
        if not venv.exists() and maker:
            subprocess.run([maker, "-m", "venv", str(venv)], check=True)
            pip = [str(venv / "bin" / "pip"), "install", "-q", "xgboost==" + version]
            subprocess.run(pip + packages.split(), check=True)
        subprocess.run([str(venv / "bin" / "python"), __file__, "--here"], check=True)


if __name__ == "__main__" and "--here" not in sys.argv:
    run_all(sys.argv[1], sys.argv[2:])
    sys.exit(0)

import numpy as np  # noqa: E402 (in the virtual environment only)
import xgboost as xgb  # noqa: E402

VERSION = tuple(int(part) for part in xgb.__version__.split(".")[:3])
SMALL = {"max_depth": 2, "eta": 0.5, "seed": 7, "nthread": 1}
ROWS = 160
NAMES = ["age", "income", "visits", "color"]


def number(value):
    """A float32 as the number with its shortest text; NaN as null."""
    value = np.float32(value)
    if np.isnan(value):
        return None
    return float(np.format_float_scientific(value, unique=True))


def numbers(values):
    values = np.asarray(values)
    if values.ndim == 0:
        return number(values)
    return [numbers(value) for value in values]


def data(seed, columns=4, missing=0.1, categories=0):
    """Rows of float32 with gaps; the last column holds category codes where `categories` says."""
    draw = np.random.RandomState(seed)
    x = draw.normal(size=(ROWS, columns)).astype(np.float32) * np.float32(3.7)
    x[:, 0] = np.round(x[:, 0])
    if categories:
        x[:, -1] = draw.randint(0, categories, size=ROWS)
    signal = np.nan_to_num(x[:, 0] * 0.5 - x[:, 1] + (x[:, 2] > 0) * 2 + x[:, -1] % 3)
    x[draw.uniform(size=x.shape) < missing] = np.nan
    return x, signal + draw.normal(size=ROWS) * 0.1


def conditions(model):
    """(feature, threshold) of the model's numerical tests."""
    found = []
    for tree in model.get("trees", []):
        kinds = tree.get("split_type") or [0] * len(tree["left_children"])
        for node, left in enumerate(tree["left_children"]):
            if left != -1 and kinds[node] == 0:
                found.append((tree["split_indices"][node], tree["split_conditions"][node]))
    return found


def test_rows(x, content, categories):
    """Some training rows, a row of gaps, rows on thresholds and right beside them."""
    booster = content["learner"]["gradient_booster"]
    model = booster.get("model") or booster["gbtree"]["model"]
    rows = [x[index].copy() for index in range(5)]
    rows.append(np.full(x.shape[1], np.nan, dtype=np.float32))
    for index, (feature, threshold) in enumerate(conditions(model)[:4]):
        row = x[10 + index].copy()
        row[feature] = np.float32(threshold)
        rows.append(row)
        row = row.copy()
        row[feature] = np.nextafter(np.float32(threshold), np.float32(-np.inf))
        rows.append(row)
    if categories:
        for code in (categories, categories + 200, 2**24 + 2, -1):
            row = x[20].copy()
            row[-1] = code
            rows.append(row)
    return np.array(rows, dtype=np.float32)


def objective_kind(name, content):
    """(classes, task) by the objective's name."""
    if name.startswith("binary:"):
        return [0, 1]
    if name.startswith("multi:"):
        return list(range(int(content["learner"]["learner_model_param"]["num_class"])))
    return None


def readable(booster, tmp):
    """The model as JSON, whatever notation its file has."""
    booster.save_model(str(tmp))
    content = json.loads(tmp.read_text())
    tmp.unlink()
    return content


def answers_of(classes, objective, margins, predictions):
    """What the program has to say: labels, probabilities by class, margins."""
    answers = {"scores": numbers(margins), "raw_prediction": numbers(predictions)}
    if classes is None:
        return dict(answers, prediction=numbers(predictions))
    predictions = np.asarray(predictions)
    if objective == "multi:softmax" or objective == "binary:hinge":
        return dict(answers, prediction=[int(value) for value in predictions])
    if objective == "binary:logitraw":
        return dict(answers, prediction=[int(value > 0) for value in predictions])
    if objective == "binary:logistic" and predictions.ndim == 2:
        return dict(answers, prediction=(predictions > 0.5).astype(int).tolist(),
                    probabilities=numbers(np.stack([np.float32(1) - predictions, predictions], 2)))
    if objective == "binary:logistic":
        both = np.stack([np.float32(1) - predictions, predictions], axis=1)
        return dict(answers, prediction=[int(value > 0.5) for value in predictions],
                    probabilities=numbers(both))
    return dict(answers, prediction=[int(value) for value in predictions.argmax(axis=1)],
                probabilities=numbers(predictions))


def keep(name, booster, x, parameters, estimator="Booster", suffix=".json", categories=0,
         texts=None, features=None):
    """Writes the model, reads it again, and writes what it answers."""
    folder = HERE / xgb.__version__
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (name + suffix)
    booster.save_model(str(path))
    again = xgb.Booster({"nthread": 1})
    again.load_model(str(path))
    content = readable(again, folder / "tmp.json")
    rows = test_rows(x, content, categories)
    names = getattr(again, "feature_names", None)
    options = {"feature_names": names} if names else {}
    if categories or texts:
        options["feature_types"] = again.feature_types
        options["enable_categorical"] = True
    table = rows
    if texts:
        import pandas as pd

        rows = rows[np.isnan(rows[:, -1]) | ((rows[:, -1] >= 0) & (rows[:, -1] < len(texts)))]
        table = pd.DataFrame(rows[:, :-1], columns=NAMES[: rows.shape[1] - 1])
        codes = [-1 if np.isnan(code) else int(code) for code in rows[:, -1]]
        table["color"] = pd.Categorical.from_codes(codes, categories=texts)
        options = {"enable_categorical": True}
    matrix = xgb.DMatrix(table, missing=np.nan, nthread=1, **options)
    margins = again.predict(matrix, output_margin=True)
    predictions = again.predict(matrix)
    objective = content["learner"]["objective"]["name"]
    shown = numbers(rows)
    if texts:
        for row in shown:
            row[-1] = None if row[-1] is None else texts[int(row[-1])]
    expected = {
        "model": path.name,
        "format": "xgboost-ubj" if suffix == ".ubj" else "xgboost-json",
        "library": "xgboost",
        "version": xgb.__version__,
        "estimator": estimator,
        "parameters": {key: value for key, value in parameters.items() if key not in SMALL},
        "features": features or again.feature_names or ["f%d" % i for i in range(x.shape[1])],
        "width": int(x.shape[1]),
        "classes": objective_kind(objective, content),
        "rows": shown,
        "answers": answers_of(objective_kind(objective, content), objective, margins, predictions),
    }
    text = json.dumps(expected, separators=(",", ":"))
    (folder / (name + ".expected.json")).write_text(text + "\n")


def train(name, objective, y, x, rounds=2, suffix=".json", label_matrix=None, **more):
    parameters = dict(SMALL, objective=objective)
    parameters.update(more)
    parameters = {key: value for key, value in parameters.items() if value is not None}
    matrix = label_matrix or xgb.DMatrix(x, label=y, missing=np.nan, nthread=1)
    booster = xgb.train(parameters, matrix, num_boost_round=rounds)
    keep(name, booster, x, parameters, suffix=suffix)


def core():
    """What every version makes."""
    x, y = data(1)
    train("reg_squarederror", "reg:squarederror", y, x, rounds=3, max_depth=3)
    train("reg_base_score", "reg:squarederror", y, x, base_score=0.5488135)
    train("reg_base_score_large", "reg:squarederror", y, x, base_score=813.40326)
    train("reg_no_trees", "reg:squarederror", y, x, rounds=0, base_score=0.5488135)
    train("reg_leaf_only", "reg:squarederror", y, x, rounds=1, min_child_weight=1e9)
    if VERSION >= (1, 2):  # 1.0 refuses its own files of pruned trees
        train("reg_pruned", "reg:squarederror", y, x, rounds=2, gamma=60, max_depth=4,
              tree_method="exact")
    two = (y > 0).astype(np.float32)
    train("binary_logistic", "binary:logistic", two, x)
    train("binary_logistic_base", "binary:logistic", two, x, base_score=0.3)
    train("binary_no_trees", "binary:logistic", two, x, rounds=0)
    train("binary_logitraw", "binary:logitraw", two, x, base_score=0.3)
    three = np.digitize(y, [-2, 2]).astype(np.float32)
    train("multi_softprob", "multi:softprob", three, x, num_class=3)
    train("multi_softprob_parallel", "multi:softprob", three, x, rounds=1, num_class=3,
          num_parallel_tree=2, subsample=0.5)
    train("dart_reg", "reg:squarederror", y, x, rounds=4, booster="dart", rate_drop=0.5)
    train("dart_multi", "multi:softprob", three, x, rounds=2, num_class=3, booster="dart",
          rate_drop=0.5)
    linear = dict(booster="gblinear", updater="coord_descent", max_depth=None)
    train("gblinear_reg", "reg:squarederror", y, x, base_score=1.5, **linear)
    train("gblinear_logistic", "binary:logistic", two, x, base_score=0.3, **linear)
    train("gblinear_multi", "multi:softprob", three, x, num_class=3, **linear)
    train("count_poisson", "count:poisson", np.floor(np.abs(y)), x, base_score=0.7)


def objectives():
    """Every other objective."""
    x, y = data(2)
    two = (y > 0).astype(np.float32)
    three = np.digitize(y, [-2, 2]).astype(np.float32)
    positive = np.abs(y) + 0.1
    train("binary_hinge", "binary:hinge", two, x)
    train("multi_softmax", "multi:softmax", three, x, num_class=3)
    train("reg_logistic", "reg:logistic", two, x)
    train("reg_squaredlogerror", "reg:squaredlogerror", positive, x)
    train("reg_gamma", "reg:gamma", positive, x)
    train("reg_tweedie", "reg:tweedie", positive, x, tweedie_variance_power=1.3)
    train("survival_cox", "survival:cox", np.where(two > 0, positive, -positive), x)
    for kind in ("pairwise", "ndcg", "map"):
        ranked = xgb.DMatrix(x, label=two, missing=np.nan, nthread=1)
        ranked.set_group([40] * 4)
        train("rank_" + kind, "rank:" + kind, two, x, label_matrix=ranked)
    if VERSION >= (1, 2):
        survival = xgb.DMatrix(x, missing=np.nan, nthread=1)
        survival.set_float_info("label_lower_bound", positive)
        survival.set_float_info("label_upper_bound", positive + two)
        train("survival_aft", "survival:aft", None, x, label_matrix=survival)
        train("reg_pseudohubererror", "reg:pseudohubererror", y, x)
    if VERSION >= (1, 7):
        train("reg_absoluteerror", "reg:absoluteerror", y, x)
    if VERSION >= (3, 4):
        train("reg_expectileerror", "reg:expectileerror", y, x, expectile_alpha=[0.2, 0.8])


def later():
    """What came with later versions."""
    x, y = data(3)
    if VERSION >= (1, 6):
        train("ubj_binary", "binary:logistic", (y > 0).astype(np.float32), x, suffix=".ubj")
        train("ubj_dart", "reg:squarederror", y, x, rounds=3, suffix=".ubj", booster="dart",
              rate_drop=0.5)
        train("ubj_gblinear", "reg:squarederror", y, x, suffix=".ubj", booster="gblinear")
        two = np.stack([y, np.sin(y)], axis=1)
        train("targets", "reg:squarederror", two, x, tree_method="hist")
        many = np.stack([y > 0, y > 1, y > 2], axis=1).astype(np.float32)
        train("targets_logistic", "binary:logistic", many, x, tree_method="hist")
        if VERSION >= (2, 0):
            vector = dict(tree_method="hist", multi_strategy="multi_output_tree")
            train("vector_leaves", "reg:squarederror", two, x, **vector)
            train("ubj_vector_leaves", "reg:squarederror", two, x, suffix=".ubj", **vector)
            train("vector_leaf_only", "reg:squarederror", two, x, rounds=1, min_child_weight=1e9,
                  **vector)
            three = np.digitize(y, [-2, 2]).astype(np.float32)
            train("vector_softprob", "multi:softprob", three, x, num_class=3, **vector)
    if VERSION >= (2, 0):
        # With unsorted quantiles, where the version takes them, outputs cross.
        alphas = [0.9, 0.5, 0.1] if VERSION < (3, 4) else [0.1, 0.5, 0.9]
        train("reg_quantileerror", "reg:quantileerror", y, x, quantile_alpha=alphas)


def categorical():
    """Splits by code, and since 3.1 by name."""
    if VERSION < (1, 6):
        return
    x, y = data(4, categories=9)
    types = ["float", "float", "float", "c"]
    for suffix in (".json", ".ubj"):
        for name, onehot in (("onehot", 100), ("sets", 1)):
            parameters = dict(SMALL, objective="reg:squarederror", tree_method="hist",
                              max_cat_to_onehot=onehot)
            matrix = xgb.DMatrix(x, label=y, missing=np.nan, feature_types=types,
                                 feature_names=NAMES, enable_categorical=True, nthread=1)
            booster = xgb.train(parameters, matrix, num_boost_round=3)
            prefix = "ubj_" if suffix == ".ubj" else ""
            keep(prefix + "categories_" + name, booster, x, parameters, suffix=suffix, categories=9)
    if VERSION < (3, 1):
        return
    import pandas as pd

    texts = ["red", "green", "blue", "gelb", "rosa", "wei\u00df", "black", "cyan", "x"]
    for suffix in (".json", ".ubj"):
        table = pd.DataFrame(x[:, :-1], columns=NAMES[:-1])
        codes = [-1 if np.isnan(code) else int(code) for code in x[:, -1]]
        # Up to 3.2 lengths are counted in characters and the bytes are cut by them.
        is_plain = suffix == ".json" or VERSION < (3, 3)
        used = [text.replace("\u00df", "ss") for text in texts] if is_plain else texts
        table["color"] = pd.Categorical.from_codes(codes, categories=used)
        matrix = xgb.DMatrix(table, label=y, enable_categorical=True, nthread=1)
        booster = xgb.train(parameters, matrix, num_boost_round=3)
        prefix = "ubj_" if suffix == ".ubj" else ""
        try:
            keep(prefix + "categories_named", booster, x, parameters, suffix=suffix, texts=used)
        except xgb.core.XGBoostError as error:
            print(xgb.__version__, "names", used, str(error)[:200])


def cut_names():
    """Names that are not ASCII, which the file cuts: here of the last name the last byte."""
    if not (3, 1) <= VERSION < (3, 4):
        return
    import pandas as pd

    x, y = data(6, categories=5)
    texts = ["wei\u00df", "blau", "gr\u00fc", "schwarz", "violett"]
    table = pd.DataFrame(x[:, :-1], columns=NAMES[:-1])
    codes = [-1 if np.isnan(code) else int(code) for code in x[:, -1]]
    table["color"] = pd.Categorical.from_codes(codes, categories=texts)
    parameters = dict(SMALL, objective="reg:squarederror", tree_method="hist", max_cat_to_onehot=1)
    matrix = xgb.DMatrix(table, label=y, enable_categorical=True, nthread=1)
    booster = xgb.train(parameters, matrix, num_boost_round=3)
    keep("categories_cut", booster, x, parameters, texts=texts)


def extremes():
    """Base scores of labels that are all alike, and linear boosters that are no regression."""
    x, y = data(7)
    two = (y > 0).astype(np.float32)
    linear = dict(booster="gblinear", updater="coord_descent", max_depth=None)
    train("gblinear_logitraw", "binary:logitraw", two, x, base_score=0.3, **linear)
    train("gblinear_no_rounds", "binary:logistic", two, x, rounds=0, base_score=0.3, **linear)
    if VERSION >= (3, 2):
        train("binary_all_zero", "binary:logistic", 0 * two, x)
        train("gblinear_all_zero", "binary:logistic", 0 * two, x, **linear)
    if VERSION >= (3, 3):
        train("reg_expectileerror_three", "reg:expectileerror", y, x,
              expectile_alpha=[0.1, 0.5, 0.9])


def keep_wrapper(name, model, x, parameters, labels):
    """Like keep(), for a file that scikit-learn's interface writes and reads."""
    path = HERE / xgb.__version__ / (name + ".json")
    model.save_model(str(path))
    again = xgb.XGBClassifier(n_jobs=1)
    again.load_model(str(path))
    content = json.loads(path.read_text())
    rows = test_rows(x, content, 0)
    shares = again.predict_proba(rows)
    expected = {
        "model": path.name,
        "format": "xgboost-json",
        "library": "xgboost",
        "version": xgb.__version__,
        "estimator": "XGBClassifier",
        "parameters": parameters,
        "features": ["f%d" % index for index in range(x.shape[1])],
        "width": int(x.shape[1]),
        "classes": labels,
        "rows": numbers(rows),
        "answers": {
            "scores": numbers(again.predict(rows, output_margin=True)),
            "raw_prediction": numbers(shares),
            "prediction": again.predict(rows).tolist(),
            "probabilities": numbers(shares),
        },
    }
    text = json.dumps(expected, separators=(",", ":"))
    path.with_suffix(".expected.json").write_text(text + "\n")


def wrappers():
    """Early stopping: the wrapper's predict() stops at the best round, the Booster's does not, and
    each as it reads its own file. Up to 1.5 the wrapper's file keeps labels that are texts."""
    x, y = data(5, missing=0)
    three = np.digitize(y, [-2, 2]).astype(int)
    labels = ["no", "perhaps", "yes"] if VERSION < (1, 6) else [0, 1, 2]
    options = dict(max_depth=2, n_estimators=30, learning_rate=1.0, random_state=3, n_jobs=1)
    fit = dict(verbose=False)
    if VERSION >= (1, 6):
        options["early_stopping_rounds"] = 2
    else:
        fit["early_stopping_rounds"] = 2
    model = xgb.XGBClassifier(objective="multi:softprob", **options)
    noise = np.random.RandomState(9).randint(0, 3, size=ROWS)
    named = np.array(labels)
    fit["eval_set"] = [(x[100:], named[noise[100:]])]
    model.fit(x[:100], named[np.where(np.arange(100) % 2, three[:100], noise[:100])], **fit)
    parameters = dict(options, objective="multi:softprob")
    keep("early_stopping", model.get_booster(), x, parameters)
    keep_wrapper("early_stopping_wrapper", model, x, parameters, labels)


def main():
    if hasattr(xgb, "set_config"):
        xgb.set_config(verbosity=0)
    core()
    if xgb.__version__ in ALL_OBJECTIVES:
        objectives()
    later()
    categorical()
    cut_names()
    if xgb.__version__ in EXTREMES:
        extremes()
    wrappers()


if __name__ == "__main__":
    main()
