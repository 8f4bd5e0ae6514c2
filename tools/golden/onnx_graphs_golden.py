# SPDX-License-Identifier: MIT
"""Makes tests/golden/onnx/skl2onnx-VERSION: graphs by converters, and onnxruntime's answers a row.

    PYTHON tools/golden/onnx_graphs_golden.py

PYTHON has scikit-learn, skl2onnx, onnxmltools, onnxruntime, xgboost and lightgbm; the folder is
named after its skl2onnx. Every row is asked alone, as a client does. tests/golden/check compares.
"""

import json
import math
import pathlib
import warnings

import numpy as np
import onnx
import onnxruntime
import skl2onnx
from onnx import helper, numpy_helper
from skl2onnx.common.data_types import (
    DoubleTensorType,
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
)
from sklearn import ensemble, impute, linear_model, preprocessing, tree
from sklearn.compose import ColumnTransformer
from sklearn.datasets import make_classification, make_regression
from sklearn.pipeline import make_pipeline

warnings.filterwarnings("ignore")
onnxruntime.set_default_logger_severity(4)
HERE = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "onnx"
FOLDER = HERE / f"skl2onnx-{skl2onnx.__version__}"
SMALL = {"n_estimators": 3, "max_depth": 3, "random_state": 1}
KINDS = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(string)": object,
}


def data():
    x, three = make_classification(
        90, 4, n_informative=3, n_redundant=0, n_classes=3, random_state=3
    )
    x_number, number = make_regression(90, 4, noise=3, random_state=3)
    return x.astype(np.float32), three, x_number.astype(np.float32), number


X, THREE, X_NUMBER, NUMBER = data()
TWO = (THREE > 0).astype(int)
TEXT = np.array(["low", "middle", "high"])[THREE]
BOTH = np.c_[NUMBER, -2 * NUMBER]


def sklearn_models():
    """name, model, targets, options of the converter, target_opset"""
    no_map = {"zipmap": False}
    yield "tree_text", tree.DecisionTreeClassifier(max_depth=3), TEXT, {}, None
    old = {"": 11, "ai.onnx.ml": 1}
    yield "forest_two", ensemble.RandomForestClassifier(**SMALL), TWO, no_map, old
    by_column = {"zipmap": "columns"}
    yield "forest_columns", ensemble.RandomForestClassifier(**SMALL), TEXT, by_column, None
    yield "trees_many", ensemble.ExtraTreesRegressor(**SMALL), BOTH, {}, None
    yield "boosting_three", ensemble.GradientBoostingClassifier(**SMALL), TEXT, {}, None
    yield "boosting_two", ensemble.GradientBoostingClassifier(**SMALL), TWO, {}, None
    raw = {"raw_scores": True}
    yield "boosting_two_raw", ensemble.GradientBoostingClassifier(**SMALL), TWO, raw, None
    yield "boosting_exponential", ensemble.GradientBoostingClassifier(
        loss="exponential", **SMALL
    ), TWO, no_map, None
    yield "ada_three", ensemble.AdaBoostClassifier(n_estimators=3), THREE, {}, None
    yield "ada_two", ensemble.AdaBoostClassifier(n_estimators=3), TWO, no_map, old
    yield "ada_number", ensemble.AdaBoostRegressor(n_estimators=3), NUMBER, {}, None
    yield "bagging_text", ensemble.BaggingClassifier(
        tree.DecisionTreeClassifier(max_depth=2), n_estimators=3, max_features=0.5
    ), TEXT, {}, None
    yield "bagging_number", ensemble.BaggingRegressor(
        tree.DecisionTreeRegressor(max_depth=2), n_estimators=3
    ), NUMBER, {}, None
    yield "logistic_three", linear_model.LogisticRegression(), TEXT, {}, None
    yield "logistic_two", linear_model.LogisticRegression(), TWO, no_map, None
    yield "linear_many", linear_model.LinearRegression(), BOTH, {}, None
    yield "poisson", linear_model.PoissonRegressor(), abs(NUMBER), {}, None
    yield "sgd", linear_model.SGDClassifier(loss="log_loss", random_state=1), THREE, no_map, None
    yield "voting_number", ensemble.VotingRegressor(
        [("a", tree.DecisionTreeRegressor(max_depth=2)), ("b", linear_model.LinearRegression())]
    ), NUMBER, {}, None
    yield "stacking", ensemble.StackingClassifier(
        [("a", tree.DecisionTreeClassifier(max_depth=2)), ("b", linear_model.LogisticRegression())]
    ), THREE, {}, None
    yield "scaled", make_pipeline(
        preprocessing.StandardScaler(), tree.DecisionTreeClassifier(max_depth=3)
    ), TEXT, {}, None
    yield "imputed_clipped", make_pipeline(
        impute.SimpleImputer(),
        preprocessing.MinMaxScaler(clip=True),
        tree.DecisionTreeClassifier(max_depth=3),
    ), THREE, {}, None
    yield "normalized", make_pipeline(
        preprocessing.Normalizer(),
        preprocessing.Normalizer("l1"),
        tree.DecisionTreeClassifier(max_depth=3),
    ), THREE, {}, None
    yield "polynomial", make_pipeline(
        preprocessing.PolynomialFeatures(2), linear_model.LinearRegression()
    ), NUMBER, {}, None
    yield "columns", make_pipeline(
        ColumnTransformer(
            [("a", preprocessing.StandardScaler(), [0, 2]), ("b", impute.SimpleImputer(), [1])],
            remainder="passthrough",
        ),
        ensemble.RandomForestClassifier(**SMALL),
    ), TEXT, {}, None


def converted_models():
    for name, model, target, options, opset in sklearn_models():
        is_number = np.asarray(target).dtype == float
        x = X_NUMBER if is_number else X
        model.fit(x, target)
        options = {id(model): options} if options else None
        try:
            graph = skl2onnx.to_onnx(model, x[:1], options=options, target_opset=opset)
        except Exception as error:  # what an older converter does not know
            print(f"{name}: not converted: {error}")
            continue
        yield name, graph, None if is_number else list(model.classes_), x
    forest = ensemble.RandomForestClassifier(**SMALL).fit(X, TEXT)
    yield "double_forest", skl2onnx.to_onnx(
        forest,
        initial_types=[("X", DoubleTensorType([None, 4]))],
        target_opset={"": 15, "ai.onnx.ml": 3},
    ), list(forest.classes_), X
    isolation = ensemble.IsolationForest(n_estimators=3, random_state=1).fit(X)
    yield "isolation", skl2onnx.to_onnx(
        isolation, X[:1], target_opset={"": 15, "ai.onnx.ml": 3}
    ), None, X
    yield from mixed_models()
    yield from boosted_models()


def mixed_models():
    """Inputs of a column each, numbers, whole numbers and texts."""
    rows = np.array([["red", "green", "blue"][i % 3] for i in range(len(X))], dtype=object)
    frame = {"size": X[:, [0]], "count": THREE[:, None].astype(np.int64), "colour": rows[:, None]}
    import pandas

    table = pandas.DataFrame({name: values[:, 0] for name, values in frame.items()})
    model = make_pipeline(
        ColumnTransformer(
            [
                ("n", preprocessing.StandardScaler(), ["size"]),
                ("w", "passthrough", ["count"]),
                ("c", preprocessing.OneHotEncoder(handle_unknown="ignore"), ["colour"]),
            ]
        ),
        ensemble.RandomForestClassifier(**SMALL),
    ).fit(table, TEXT)
    types = [
        ("size", FloatTensorType([None, 1])),
        ("count", Int64TensorType([None, 1])),
        ("colour", StringTensorType([None, 1])),
    ]
    graph = skl2onnx.to_onnx(model, initial_types=types)
    yield "mixed_columns", graph, list(model.classes_), np.c_[
        frame["size"].astype(object), frame["count"].astype(object), frame["colour"]
    ]


def boosted_models():
    import lightgbm
    import onnxmltools
    import xgboost
    from onnxmltools.convert.common.data_types import FloatTensorType as FloatType

    types = [("X", FloatType([None, 4]))]
    for name, model, target in [
        ("xgb_three", xgboost.XGBClassifier(**SMALL), THREE),
        ("xgb_two", xgboost.XGBClassifier(**SMALL), TWO),
        ("xgb_number", xgboost.XGBRegressor(**SMALL), NUMBER),
        ("lgb_three", lightgbm.LGBMClassifier(verbose=-1, min_child_samples=5, **SMALL), THREE),
        ("lgb_two", lightgbm.LGBMClassifier(verbose=-1, min_child_samples=5, **SMALL), TWO),
        ("lgb_number", lightgbm.LGBMRegressor(verbose=-1, min_child_samples=5, **SMALL), NUMBER),
    ]:
        is_number = target is NUMBER
        x = X_NUMBER if is_number else X
        model.fit(x, target)
        kind = "xgboost" if name.startswith("xgb") else "lightgbm"
        convert = getattr(onnxmltools, f"convert_{kind}")
        try:
            graph = convert(model, initial_types=types)
        except Exception as error:  # a converter that does not know its library's version
            print(f"{name}: not converted: {error}")
            continue
        yield name, graph, None if is_number else list(model.classes_), x


# ---- rows and answers


def thresholds_by_feature(model):
    by_feature = {}
    for node in model.graph.node:
        if not node.op_type.startswith("TreeEnsemble"):
            continue
        attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        values = attributes.get("nodes_values")
        if values is None:
            values = numpy_helper.to_array(attributes["nodes_values_as_tensor"])
        for feature, value in zip(attributes["nodes_featureids"], values):
            by_feature.setdefault(feature, set()).add(float(value))
    return {feature: sorted(values) for feature, values in by_feature.items()}


def make_rows(model, x, count=18, seed=7):
    """Rows of the data, on thresholds and one float32 beside them, missing, infinite, huge."""
    random = np.random.default_rng(seed)
    thresholds = thresholds_by_feature(model)
    rows = []
    for index in range(count):
        chosen = x[random.integers(len(x))]
        row = [v if isinstance(v, (str, int)) else float(np.float32(v)) for v in chosen]
        for feature in range(len(row)):
            if isinstance(row[feature], (str, int)):
                continue
            if index % 3 == 0 and feature in thresholds:
                value = np.float32(random.choice(thresholds[feature]))
                side = [value, np.float32(np.inf), np.float32(-np.inf)][random.integers(3)]
                row[feature] = float(np.nextafter(value, side))
            if index % 6 == 5 and random.random() < 0.3:
                row[feature] = [math.nan, math.inf, -math.inf, 1e300][random.integers(4)]
        if index == count - 1 and isinstance(row[-1], str):
            row[-1] = "a stranger"
        rows.append(row)
    return rows


def inputs_of(session, row):
    values = {}
    begin = 0
    for known in session.get_inputs():
        width = known.shape[1]
        with np.errstate(all="ignore"):
            values[known.name] = np.array([row[begin : begin + width]], dtype=KINDS[known.type])
        begin += width
    return values


def label_text(label):
    return str(label) if not isinstance(label, (bool, np.bool_)) else str(bool(label)).lower()


def answer_of(session, row, classes):
    try:
        results = session.run(None, inputs_of(session, row))
    except Exception as error:
        return {"error": str(error)[:60]}
    answer = {}
    numbers = []
    for result in results:
        if isinstance(result, list):
            answer["probabilities"] = {label_text(k): v for k, v in result[0].items()}
        elif result.dtype.kind in "iOSU":
            answer["prediction"] = result.reshape(-1)[0]
        else:
            numbers += list(result.reshape(-1))
    if "prediction" not in answer:
        answer["prediction"] = numbers[0] if len(numbers) == 1 else numbers
    elif numbers and classes and len(numbers) == len(classes):
        answer["probabilities"] = {label_text(c): v for c, v in zip(classes, numbers)}
    elif numbers:
        answer["scores"] = numbers[0] if len(numbers) == 1 else numbers
    return answer


def plain(value):
    """For JSON: a float32 as its shortest decimal, NaN and infinities as text."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, (str, bool)) or value is None:
        return value
    if isinstance(value, (int, np.integer)):
        return int(value)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, np.float32):
        return float(np.format_float_positional(value, unique=True))
    return float(value)


def write(name, model, classes, x):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # sums in tree order
    content = model.SerializeToString(deterministic=True)
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # a converter that writes what onnxruntime refuses
        print(f"{name}: not taken: {error}")
        return
    rows = make_rows(model, x)
    golden = {
        "model": f"{name}.onnx",
        "format": "onnx",
        "library": "onnxruntime",
        "version": onnxruntime.__version__,
        "estimator": name.split("_")[0],
        "made_by": f"skl2onnx {skl2onnx.__version__}, onnx {onnx.__version__}",
        "rows": plain(rows),
        "answers": plain([answer_of(session, row, classes) for row in rows]),
    }
    (FOLDER / f"{name}.onnx").write_bytes(content)
    text = json.dumps(golden, separators=(",", ":"), default=plain)
    (FOLDER / f"{name}.expected.json").write_text(text + "\n")


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, model, classes, x in converted_models():
        write(name, model, classes, x)
    for path in sorted(FOLDER.iterdir()):
        print(f"{path.stat().st_size:7} {path.name}")


if __name__ == "__main__":
    main()
