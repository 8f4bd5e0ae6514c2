# SPDX-License-Identifier: MIT
"""Makes tests/golden/onnx: model files, and the answers of onnxruntime for NAME.onnx as NAME.json.

    python3 -m venv build/golden-venv
    build/golden-venv/bin/pip install -r tools/golden/requirements.txt
    build/golden-venv/bin/python tools/golden/onnx_golden.py

Models named skl_* are written by skl2onnx, hand_* put together here for what no converter writes.
Models named ours_* are written by our own writer; this script only adds the answers:
`ML_INFERENCE_UPDATE_GOLDEN=1 build/release/src/formats/formats_test
--gtest_filter='OnnxGoldenFiles.*'` makes them anew.

Development only: the C++ tests read what it wrote.
"""

import json
import math
import pathlib

import numpy as np
import onnx
import onnxruntime
import skl2onnx
import sklearn
from onnx import TensorProto, helper, numpy_helper
from skl2onnx.common.data_types import FloatTensorType
from sklearn import datasets
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

HERE = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "onnx"


# ---- models by skl2onnx


def skl_models():
    iris = datasets.load_iris()
    cancer = datasets.load_breast_cancer()
    diabetes = datasets.load_diabetes()
    wine = datasets.load_wine()
    names = iris.target_names[iris.target]
    small = {"n_estimators": 10, "max_depth": 4, "random_state": 1}

    def convert(model, x, y, **options):
        x = x.astype(np.float32)
        return skl2onnx.to_onnx(model.fit(x, y), x[:1], **options)

    no_map = {"options": {"zipmap": False}}
    yield "skl_iris_text", convert(RandomForestClassifier(**small), iris.data, names)
    yield "skl_iris_numbers", convert(
        ExtraTreesClassifier(**small), iris.data, iris.target + 5, **no_map
    )
    yield "skl_wine_forest", convert(RandomForestClassifier(**small), wine.data, wine.target)
    yield "skl_cancer_two_numbers", convert(
        RandomForestClassifier(**small), cancer.data, cancer.target
    )
    yield "skl_cancer_two_texts", convert(
        DecisionTreeClassifier(max_depth=4, random_state=1),
        cancer.data,
        cancer.target_names[cancer.target],
        **no_map,
    )
    yield "skl_diabetes_forest", convert(
        RandomForestRegressor(**small), diabetes.data, diabetes.target
    )
    yield "skl_diabetes_boosting", convert(
        GradientBoostingRegressor(n_estimators=20, max_depth=2, random_state=1),
        diabetes.data,
        diabetes.target,
    )
    columns = [(name.split(" (")[0], FloatTensorType([None, 1])) for name in iris.feature_names]
    forest = make_pipeline(
        ColumnTransformer([("all", "passthrough", [0, 1, 2, 3])]),
        RandomForestClassifier(n_estimators=3, max_depth=3, random_state=1),
    )
    yield "skl_iris_columns", skl2onnx.to_onnx(
        forest.fit(iris.data.astype(np.float32), names), initial_types=columns
    )


# ---- models by hand


def ensemble_arrays(nodes):
    """nodes: (tree, node, mode, feature, threshold, true, false, tracks_true), as attributes."""
    keys = [
        ("nodes_treeids", 0),
        ("nodes_nodeids", 1),
        ("nodes_modes", 2),
        ("nodes_featureids", 3),
        ("nodes_values", 4),
        ("nodes_truenodeids", 5),
        ("nodes_falsenodeids", 6),
        ("nodes_missing_value_tracks_true", 7),
    ]
    return {key: [node[position] for node in nodes] for key, position in keys}


def weight_arrays(kind, weights):
    """weights: (tree, node, output, value)."""
    keys = ["treeids", "nodeids", "ids", "weights"]
    return {
        f"{kind}_{key}": [weight[position] for weight in weights]
        for position, key in enumerate(keys)
    }


def hand_model(operator, attributes, outputs, feature_count=3):
    node = helper.make_node(
        operator, ["x"], [name for name, _ in outputs], domain="ai.onnx.ml", **attributes
    )
    graph = helper.make_graph(
        [node],
        "hand",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, feature_count])],
        [
            helper.make_tensor_value_info(name, element, [None] * (1 if name == "label" else 2))
            for name, element in outputs
        ],
    )
    sets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    return helper.make_model(graph, opset_imports=sets, ir_version=8, producer_name="by hand")


def hand_classifier(attributes):
    outputs = [("label", TensorProto.INT64), ("scores", TensorProto.FLOAT)]
    return hand_model("TreeEnsembleClassifier", attributes, outputs)


def hand_regressor(attributes):
    return hand_model("TreeEnsembleRegressor", attributes, [("prediction", TensorProto.FLOAT)])


# Every mode that becomes `<=`, with missing values to either side; ids out of order and with gaps,
# the roots first because onnxruntime takes the first node of a tree for its root, and below the
# number of nodes because it refuses others.
MIXED_NODES = [
    (7, 10, "BRANCH_LT", 0, 1.5, 9, 8, 0),
    (7, 8, "BRANCH_GT", 1, 0.0, 11, 2, 1),
    (7, 2, "LEAF", 0, 0.0, 0, 0, 0),
    (7, 9, "BRANCH_LEQ", 1, -2.25, 3, 4, 1),
    (7, 3, "LEAF", 0, 0.0, 0, 0, 0),
    (7, 11, "LEAF", 0, 0.0, 0, 0, 0),
    (7, 4, "LEAF", 0, 0.0, 0, 0, 0),
    (1, 0, "BRANCH_GTE", 2, 0.0, 1, 2, 0),
    (1, 1, "BRANCH_LT", 0, 0.0, 3, 4, 1),
    (1, 2, "LEAF", 0, 0.0, 0, 0, 0),
    (1, 3, "LEAF", 0, 0.0, 0, 0, 0),
    (1, 4, "LEAF", 0, 0.0, 0, 0, 0),
]
MIXED_LEAVES = [(7, 11), (7, 2), (7, 3), (7, 4), (1, 4), (1, 2), (1, 3)]


def hand_models():
    arrays = ensemble_arrays(MIXED_NODES)
    single = [(tree, node, 0, float(i) + 0.25) for i, (tree, node) in enumerate(MIXED_LEAVES)]
    target = {**weight_arrays("target", single), "n_targets": 1}
    yield "hand_modes", hand_regressor({**arrays, **target})
    average = {**arrays, **target, "aggregate_function": "AVERAGE"}
    yield "hand_average", hand_regressor(average)
    base = {**arrays, **target, "base_values": [-10.5]}
    yield "hand_base_value", hand_regressor(base)

    three = [
        (tree, node, output, float((i * 7 + output * 5) % 11) / 8)
        for i, (tree, node) in enumerate(MIXED_LEAVES)
        for output in range(3)
    ]
    classes = {**arrays, **weight_arrays("class", three), "classlabels_int64s": [-4, 0, 9]}
    yield "hand_three_classes", hand_classifier(classes)
    based = {**classes, "base_values": [0.5, -0.25, 0.125]}
    yield "hand_three_classes_base", hand_classifier(based)
    signed = [(tree, node, 0, float(i) - 3.0) for i, (tree, node) in enumerate(MIXED_LEAVES)]
    two = {**arrays, **weight_arrays("class", signed), "classlabels_int64s": [3, 4]}
    yield "hand_two_classes_signed", hand_classifier(two)


# ---- rows and answers


def ensemble_of(model):
    return next(node for node in model.graph.node if node.op_type.startswith("TreeEnsemble"))


def thresholds_by_feature(model):
    attributes = {a.name: helper.get_attribute_value(a) for a in ensemble_of(model).attribute}
    values = attributes.get("nodes_values")
    if values is None:
        values = numpy_helper.to_array(attributes["nodes_values_as_tensor"])
    features, modes = attributes["nodes_featureids"], attributes["nodes_modes"]
    by_feature = {}
    for feature, mode, value in zip(features, modes, values):
        if mode != b"LEAF":
            by_feature.setdefault(feature, set()).add(float(value))
    return {feature: sorted(values) for feature, values in by_feature.items()}


def make_rows(model, feature_count, count=40, seed=5):
    """Rows on the thresholds, one float32 beside them, between them, missing and infinite."""
    random = np.random.default_rng(seed)
    thresholds = thresholds_by_feature(model)
    rows = np.zeros((count, feature_count), dtype=np.float32)
    for row in rows:
        for feature in range(feature_count):
            value = np.float32(random.choice(thresholds.get(feature, [0.0])))
            kind = random.integers(0, 12)
            if kind < 3:
                value = np.nextafter(value, np.float32([-np.inf, np.inf, 0][kind]))
            elif kind < 8:
                value = value + np.float32(random.normal() * (abs(value) + 0.1))
            elif kind == 8:
                value = np.float32([np.nan, np.inf, -np.inf][random.integers(0, 3)])
            row[feature] = value
    return rows


def inputs_of(session, rows):
    inputs = session.get_inputs()
    if len(inputs) == 1:
        return {inputs[0].name: rows}
    return {value.name: rows[:, [column]] for column, value in enumerate(inputs)}


def answers_of(model, rows):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # sums in tree order
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    answers = session.run(None, inputs_of(session, rows))
    if len(answers) == 1:
        return {"predictions": [float(value) for value in answers[0].reshape(-1)]}
    labels, scores = answers
    if isinstance(scores, list):  # ZipMap
        scores = [list(row.values()) for row in scores]
    return {
        "labels": [label if isinstance(label, str) else int(label) for label in labels],
        "scores": [[float(value) for value in row] for row in scores],
    }


def as_json(value):
    """A float32 as its shortest decimal, NaN as null, infinities as text; lists likewise."""
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if not isinstance(value, float):
        return value
    if math.isnan(value):
        return None
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return float(np.format_float_positional(np.float32(value), unique=True))


def write_answers(name, model):
    inputs = model.graph.input
    feature_count = len(inputs)
    if feature_count == 1:
        feature_count = inputs[0].type.tensor_type.shape.dim[1].dim_value
    rows = make_rows(model, feature_count)
    answers = answers_of(model, rows)
    versions = f"onnxruntime {onnxruntime.__version__}"
    if name.startswith("skl_"):
        versions += f", skl2onnx {skl2onnx.__version__}, scikit-learn {sklearn.__version__}"
    lines = [f' "made_by": {json.dumps(versions)}']
    for key, values in {"rows": rows.tolist(), **answers}.items():
        texts = [json.dumps(as_json(value)) for value in values]
        lines.append(f' "{key}": [\n  ' + ",\n  ".join(texts) + "]")
    (HERE / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


def main():
    HERE.mkdir(parents=True, exist_ok=True)
    for models in (skl_models(), hand_models()):
        for name, model in models:
            onnx.checker.check_model(model)
            (HERE / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))
            write_answers(name, model)
    for path in sorted(HERE.glob("ours_*.onnx")):
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)
        write_answers(path.stem, model)
    for path in sorted(HERE.iterdir()):
        print(f"{path.stat().st_size:7} {path.name}")


if __name__ == "__main__":
    main()
