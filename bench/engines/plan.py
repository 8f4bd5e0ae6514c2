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
    takes_float32: bool  # its library rounds rows to float32, so float32 rows give the same


MODELS = {
    model.name: model
    for model in (
        Model("iris", "iris.joblib", "(1) Iris forest of 100 trees", 4, 3, True),
        Model("forest54", "forest54.joblib", "(2) 500 deep trees, 54 features", 54, 7, True),
        Model("xgb1000", "xgb1000.ubj", "(3) XGBoost, 1000 trees of depth 6", 100, 1, True),
        Model("lgb500", "lgb500.txt", "(4) LightGBM, 500 trees of 255 leaves", 28, 1, False),
    )
}


@dataclass(frozen=True)
class Peer:
    module: str  # in engines/peers
    packages: tuple[str, ...]  # whose versions the report names


PEERS = {
    "scikit-learn": Peer("scikit_learn", ("scikit-learn",)),
    "onnxruntime": Peer("onnxruntime", ("onnxruntime", "skl2onnx", "onnxmltools")),
    "xgboost": Peer("xgboost", ("xgboost-cpu",)),
    "lightgbm": Peer("lightgbm", ("lightgbm",)),
    "treelite GTIL": Peer("gtil", ("treelite",)),
    "tl2cgen": Peer("tl2cgen", ("tl2cgen", "treelite")),
    "lleaves": Peer("lleaves", ("lleaves", "llvmlite")),
    "m2cgen": Peer("m2cgen", ("m2cgen",)),
    "ydf": Peer("ydf", ("ydf",)),
    "oneDAL": Peer("onedal", ("scikit-learn-intelex", "daal")),
}


BATCHES = (1, 64, 10_000)

# How many times as fast as the fastest peer, by model and batch; with AVX2 alone half of it.
BARS = {
    ("iris", 1): 1.5,
    ("iris", 10_000): 3.0,
    ("forest54", 1): 5.0,
    ("forest54", 10_000): 2.5,
    ("xgb1000", 1): 6.0,
    ("xgb1000", 10_000): 6.0,
    ("lgb500", 1): 4.0,
    ("lgb500", 10_000): 4.0,
}

OURS = "ml-inference"
# What engines/simd_targets.h calls them.
SIMD_TARGETS = {"avx512": "AVX3", "avx2": "AVX2", "sse4": "SSE4", "scalar": "SCALAR"}
OURS_BY_TARGET = {
    "best": OURS,
    "avx512": f"{OURS}, AVX-512",
    "avx2": f"{OURS}, AVX2",
    "sse4": f"{OURS}, SSE4",
    "scalar": f"{OURS}, scalar",
}


def ours_with_the_forest_of(peer: str) -> str:
    """Our name when we run the forest that a peer has trained for itself."""
    return f"{OURS}, {peer}'s forest"


def chosen(named: dict, names: str | None) -> dict:
    """Those of `named` whose names stand in the list, separated by commas. None: all of them.
    Raises: ValueError that says which are known."""
    wanted = names.split(",") if names else list(named)
    if unknown := [name for name in wanted if name not in named]:
        raise ValueError(f"unknown: {', '.join(unknown)}; known: {', '.join(named)}")
    return {name: value for name, value in named.items() if name in wanted}
