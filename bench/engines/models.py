# SPDX-License-Identifier: MIT
"""models.py FOLDER [NAME...]: makes the models that bench/engines/run measures, once.

For each model FOLDER gets, under the names of `plan.MODELS`,

  the model       as its own library writes it
  NAME.rows       10 000 rows the model has not seen, float64, little-endian, row-major
  NAME.answers    what its own library says about them, float64, [10 000, outputs]
  NAME.made.json  what it was made with: a model is made again when that changes

Every number comes from a fixed seed. Rows are float32 numbers in all models but Iris and lgb500.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from engines.plan import MODELS, Model  # noqa: E402

ROW_COUNT = 10_000
RECIPES_VERSION = 2  # one more whenever a recipe below gives another model or other rows
LIBRARIES = ("numpy", "scikit-learn", "xgboost-cpu", "lightgbm")


def iris(path: Path):
    """RandomForestClassifier as it comes; the rows are Iris rows, moved by a tenth or so."""
    flowers, species = training_rows("iris")
    forest = _fitted_forest(path, flowers, species, n_estimators=100)
    random = numpy.random.default_rng(1)
    rows = flowers[random.integers(0, len(flowers), ROW_COUNT)]
    rows = numpy.round(rows + random.normal(0, 0.1, rows.shape), 1)
    return rows, forest.predict_proba(rows)


def forest54(path: Path):
    """500 trees without a limit of depth on a table like Covertype: ten whole numbers, some of
    which hang together, one of four areas, one of forty soils; seven classes, some wrong."""
    forest = _fitted_forest(path, *training_rows("forest54"), n_estimators=500)
    rows, _ = _like_covertype(numpy.random.default_rng(5), ROW_COUNT)
    return rows, forest.predict_proba(rows)


def xgb1000(path: Path):
    """Regression on 100 normal features, of which half count for something."""
    import xgboost

    random = numpy.random.default_rng(3)

    def draw(count: int):
        table = random.normal(size=(count, 100)).astype("f4")
        target = table[:, :20].sum(axis=1) + (table[:, 20:35] * table[:, 35:50]).sum(axis=1)
        return table, target + random.normal(size=count)

    data = xgboost.DMatrix(*draw(20_000))
    settings = {"max_depth": 6, "eta": 0.1, "tree_method": "hist", "seed": 3, "nthread": 1}
    booster = xgboost.train(settings, data, num_boost_round=1000)
    booster.save_model(path)
    rows, _ = draw(ROW_COUNT)
    return rows, booster.inplace_predict(rows)


def lgb500(path: Path):
    """Two classes, 28 features, half normal and half positive, as measurements of particles are."""
    import lightgbm

    random = numpy.random.default_rng(4)

    def draw(count: int):
        table = numpy.hstack([random.normal(size=(count, 14)), random.gamma(2, size=(count, 14))])
        score = (table[:, :7] * table[:, 7:14]).sum(axis=1) + table[:, 14:].sum(axis=1) - 28
        return table, score + 3 * random.normal(size=count) > 0

    settings = {"objective": "binary", "num_leaves": 255, "learning_rate": 0.05, "seed": 4}
    settings |= {"deterministic": True, "num_threads": 1, "verbose": -1}
    booster = lightgbm.train(settings, lightgbm.Dataset(*draw(100_000)), num_boost_round=500)
    booster.save_model(path)
    rows, _ = draw(ROW_COUNT)
    return rows, booster.predict(rows)


def training_rows(name: str):
    """What the forests are trained on, for peers that have to train one themselves."""
    if name == "forest54":
        return _like_covertype(numpy.random.default_rng(2), 20_000)
    from sklearn.datasets import load_iris

    return load_iris(return_X_y=True)


def _like_covertype(random: numpy.random.Generator, count: int):
    hill = random.normal(size=count)
    highs = (3858, 360, 66, 1397, 601, 7117, 254, 254, 254, 7173)
    normal = 0.6 * random.normal(size=(count, 10))
    normal[:, ::3] += 0.8 * hill[:, None]
    numbers = numpy.round(numpy.asarray(highs) / (1 + numpy.exp(-normal)))
    area = random.integers(0, 4, count)
    soil = numpy.clip(numpy.round(20 + 8 * hill + 5 * random.normal(size=count)), 0, 39).astype(int)
    table = numpy.hstack([numbers, numpy.eye(4)[area], numpy.eye(40)[soil]]).astype("f4")
    height = normal[:, 0] + 0.3 * normal[:, 5] + 0.3 * area + 0.02 * (soil % 7)
    cover = numpy.digitize(height, [-1.6, -0.9, -0.2, 0.5, 1.2, 1.9])
    wrong = random.random(count) < 0.01  # for some 4.4 million nodes
    cover[wrong] = random.integers(0, 7, wrong.sum())
    return table, cover


def _fitted_forest(path: Path, table, classes, n_estimators: int):
    import joblib
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(n_estimators=n_estimators, random_state=0, n_jobs=2)
    forest.fit(table, classes).set_params(n_jobs=None)
    joblib.dump(forest, path)
    return forest


MAKERS = {"iris": iris, "forest54": forest54, "xgb1000": xgb1000, "lgb500": lgb500}


def made_with() -> dict:
    return {name: version(name) for name in LIBRARIES} | {"recipes": RECIPES_VERSION}


def make(model: Model, folder: Path) -> None:
    stamp = folder / f"{model.name}.made.json"
    wanted = made_with()
    if stamp.exists() and json.loads(stamp.read_text()) == wanted:
        return
    print(f"making {model.file}", file=sys.stderr, flush=True)
    rows, answers = MAKERS[model.name](folder / model.file)
    rows.astype("<f8").tofile(folder / f"{model.name}.rows")
    answers.reshape(ROW_COUNT, -1).astype("<f8").tofile(folder / f"{model.name}.answers")
    stamp.write_text(json.dumps(wanted, indent=1))


def main() -> None:
    folder, names = Path(sys.argv[1]), sys.argv[2:]
    folder.mkdir(parents=True, exist_ok=True)
    for model in MODELS.values():
        if not names or model.name in names:
            make(model, folder)


if __name__ == "__main__":
    main()
