# SPDX-License-Identifier: MIT
"""The program with models of each kind, whose documents differ."""

import json
import pathlib
import shutil

from program import ROOT, Program, ready_program

GOLDEN = ROOT / "tests/golden/onnx"
LIBRARIES = ROOT / "tests/golden"

# By kind: the flags of a program that serves it.
MODELS = {
    "texts": (),  # the built-in one: no missing value, no infinity
    "numbers": ("--model", str(GOLDEN / "skl_iris_numbers.onnx")),
    "margins": ("--model", str(GOLDEN / "hand_two_classes_signed.onnx")),  # below 0, beyond 1
    "regression": ("--model", str(GOLDEN / "ours_number_average.onnx")),
    "missing": ("--model", str(LIBRARIES / "wrappers/xgb2.0.3_missing.model.json")),
    "categories": ("--model", str(LIBRARIES / "lightgbm/4.6.0/pandas_mixed.txt")),
    "cities": ("--model", str(GOLDEN / "converted/scikit-learn_1.6.1_sk161_frame_cities.onnx")),
    "colours": ("--model", str(GOLDEN / "converted/xgboost_3.2.0_categories_named.onnx")),
    "two_numbers": ("--model", str(LIBRARIES / "skops/skops0.10.0_sk1.4.2_rfr_two.skops")),
    "two_classes": ("--model", str(LIBRARIES / "sklearn/sk102_dt_two.joblib")),
    "any_width": ("--model", str(LIBRARIES / "sklearn/sk102_dummy_true.joblib")),
}

# The same of a model that refuses rows for what they are as a whole, which no document can tell.
REFUSING = {
    "masked": ("--model", str(LIBRARIES / "skops/skops0.12.0_sk1.6.1_hgb_mask.skops")),
}

# Models of a repository by folder: of different rows, one of them in two versions with labels,
# which take the same rows: any of the two may be the default.
REPOSITORY = {
    "iris/1": GOLDEN / "skl_iris_text.onnx",
    "price/2": GOLDEN / "skl_diabetes_boosting.onnx",
    "price/5": GOLDEN / "skl_diabetes_boosting.onnx",
}


def served(kind, *flags):
    return ready_program(*(MODELS | REFUSING)[kind], *flags)


def served_repository(folder, *flags):
    """The program with REPOSITORY, which is laid into the folder."""
    root = pathlib.Path(folder) / "models"
    for place, file in REPOSITORY.items():
        (root / place).mkdir(parents=True)
        shutil.copy(file, root / place)
    labels = {"stable": 2, "canary": 5}
    (root / "price/version_labels.json").write_text(json.dumps(labels))
    return ready_program("--model-repository", str(root), "--default-model", "iris",
                         "--version-policy", "all", *flags)


def without_model():
    program = Program("--model", "/nothing.onnx", "--on-model-failure", "stay")
    try:
        program.wait_for(lambda line: line["message"].startswith("Model failed: "))
        return program
    except BaseException:
        program.__exit__()
        raise
