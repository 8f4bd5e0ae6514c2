# SPDX-License-Identifier: MIT
"""What bench/engines/run measures: the models, the peers, and the bars of each."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Model:
    name: str
    file: str
    title: str
    feature_count: int
    output_count: int
    rows_are_float32: bool  # a float32 entry gives the same answers


MODELS = {
    model.name: model
    for model in (
        Model("iris", "iris.joblib", "(1) Iris forest of 100 trees", 4, 3, False),
        Model("forest54", "forest54.joblib", "(2) 500 deep trees, 54 features", 54, 7, True),
        Model("xgb1000", "xgb1000.ubj", "(3) XGBoost, 1000 trees of depth 6", 100, 1, True),
        Model("lgb500", "lgb500.txt", "(4) LightGBM, 500 trees of 255 leaves", 28, 1, False),
    )
}
