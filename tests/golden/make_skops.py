#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes golden files of skops: the models of make_sklearn.py in .skops files, with their answers.

    python make_skops.py FOLDER [full]

tests/golden/make calls it for each pinned pair of skops and scikit-learn. Without `full` it writes
each eighth model, and the eighth goes round with the versions. Small files are stored, as skops does
by itself, larger ones deflated. What a version of skops does not write is left out, and said.
"""

import sys
import zipfile
from pathlib import Path

import sklearn
import skops
import skops.io

from make_sklearn import VERSION, models, write_golden

SHARE = 8
STORED_MAX = 40_000
SKOPS = tuple(int(part) for part in skops.__version__.split(".")[:2])


def skops_bytes(model, full):
    stored = skops.io.dumps(model)
    if len(stored) <= STORED_MAX:
        return stored
    if SKOPS >= (0, 7):
        return skops.io.dumps(model, compression=zipfile.ZIP_DEFLATED)
    if full:
        return stored
    raise ValueError(f"{len(stored)} bytes, and this version does not compress")


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    full = len(sys.argv) > 2
    for number, (name, model, data, target, fit, tags) in enumerate(models(full)):
        if not full and number % SHARE != (sum(VERSION) + SKOPS[1]) % SHARE:
            continue
        model.fit(data, **({} if target is None else {"y": target}), **fit)
        name = f"skops{skops.__version__}_sk{sklearn.__version__}_{name}"
        try:
            content = skops_bytes(model, full)
        except Exception as error:
            print(f"{name}: not written: {type(error).__name__}: {error}", file=sys.stderr)
            continue
        (folder / f"{name}.skops").write_bytes(content)
        write_golden(folder, name, "skops", model, data, tags, every=3, skops=skops.__version__)


main()
