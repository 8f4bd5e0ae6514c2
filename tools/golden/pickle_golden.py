# SPDX-License-Identifier: MIT
"""Makes tests/golden/pickle: files that Python, numpy and joblib wrote, and what they hold.

    python3 -m venv build/pickle-venv-1
    build/pickle-venv-1/bin/pip install numpy==1.26.4 joblib==1.1.1
    build/pickle-venv-1/bin/python tools/golden/pickle_golden.py np1
    python3 -m venv build/pickle-venv-2
    build/pickle-venv-2/bin/pip install numpy==2.4.6 joblib==1.6.0 lz4==4.4.5
    build/pickle-venv-2/bin/python tools/golden/pickle_golden.py np2

VALUE.NUMPY.HOW is a file, VALUE.txt what repr_of() of the C++ tests says of it; it is the same
whoever wrote the file and how. Development only: the C++ tests read what it wrote.
"""

import collections
import pathlib
import pickle
import sys
import types

import joblib
import numpy as np

HERE = pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden" / "pickle"


class Estimator:
    """Stands for a class of scikit-learn, without scikit-learn."""

    def __init__(self, **state):
        self.__dict__.update(state)


class Bunch(dict):
    """A dict with a name of its own."""


def pretend(cls):
    """Lets a class stand in a module of scikit-learn, for pickle to name."""
    cls.__module__ = "sklearn.pretended"
    module = sys.modules.setdefault(cls.__module__, types.ModuleType(cls.__module__))
    sys.modules.setdefault("sklearn", types.ModuleType("sklearn"))
    setattr(module, cls.__name__, cls)


# ---- the values


def plain_value():
    shared = ["shared"]
    return {
        "numbers": [0, 1, -1, 255, 256, 65536, -(2**31), 2**31, 2**62, -(2**63), 0.5, -2.25, 1e300],
        "big": 2**70,
        "truth": (True, False, None),
        "texts": ["", "a", "grün", "日本", "😀", "x" * 300],
        "bytes": (b"", b"\x00\xff", bytes(range(256)), bytearray(b"ab")),
        "nested": [[[]], {}, (), (1,), {"a": {"b": (1, 2, 3, 4)}}],
        "set": {7},
        "frozen": frozenset([8]),
        "slice": slice(1, None, 2),
        "ordered": collections.OrderedDict([("b", 1), ("a", 2)]),
        "shared": (shared, shared),
        "many": list(range(1100)),
    }


def array_value():
    record = np.dtype(
        {"names": ["left", "value", "leaf"], "formats": ["<i8", "<f8", "u1"], "itemsize": 24}
    )
    packed = np.dtype([("value", "<f8"), ("count", "<u4"), ("leaf", "u1")])
    objects = np.empty((2, 2), dtype=object)
    objects[:] = [["a", None], [np.arange(3.0), {"b": 1}]]
    classes = np.array(["x", "yy"])
    return Estimator(
        c=np.arange(6.0).reshape(2, 3),
        fortran=np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        sliced=np.arange(12, dtype=np.int32).reshape(3, 4)[::2, 1::2],
        ints=[np.arange(3, dtype=t) for t in ("i1", "u1", "<i2", "<u2", "<i4", "<u4", "<i8")],
        big=np.arange(3, dtype=">f8"),
        floats=(np.array([0.5, -1.5], "f4"), np.array([0.5, -2], "f2")),
        bools=np.array([True, False]),
        texts=np.array(["a", "grün", ""]),
        raw=np.array([b"ab", b"c"]),
        empty=np.empty((0, 3)),
        zero=np.array(2.5),
        records=np.array([(1, 0.5, 1), (-1, 1.5, 0)], record),
        packed=np.array([(0.5, 3, 1)], packed),
        objects=objects,
        classes=(classes, classes),
        scalars=[np.float64(0.5), np.int64(-3), np.float32(0.25), np.bool_(True), np.str_("s")],
        dtype=np.dtype("f4"),
        type=np.ndarray,
        bunch=Bunch(a=np.arange(2)),
    )


VALUES = {"plain": plain_value, "arrays": array_value}


# ---- what they are, as testing/pickle_repr.cc says it


def number_text(value):
    return repr(float(value)).removesuffix(".0") if isinstance(value, float) else repr(int(value))


def type_text(dtype):
    if dtype.kind == "O":
        return "object"
    size = dtype.itemsize // 4 if dtype.kind == "U" else dtype.itemsize
    order = "" if size == 1 or dtype.kind in "VS" else (">" if dtype.byteorder == ">" else "<")
    return f"{order}{dtype.kind}{size}"


def array_text(array):
    if array.dtype.names:
        fields = array.dtype.names
        items = "".join(
            "(" + " ".join(f"{name}={number_text(row[name].item())}" for name in fields) + ")"
            for row in array
        )
    elif array.dtype.kind == "O":
        items = ", ".join(text(item) for item in array.ravel().tolist())
    elif array.dtype.kind == "U":
        items = ", ".join(array.ravel().tolist())
    elif array.dtype.kind == "S":
        items = ", ".join(item.decode() for item in array.ravel().tolist())
    else:
        items = ", ".join(number_text(float(item)) for item in array.ravel().tolist())
    shape = repr(array.shape)
    return f"array({type_text(array.dtype)}{shape} {items})"


def scalar_text(scalar):
    if isinstance(scalar, np.str_):
        return f"scalar('{scalar}')"
    return f"{type_text(scalar.dtype)}({number_text(float(scalar))})"


def items_text(items):
    return ", ".join(text(item) for item in items)


def entries_text(value):
    return "{" + ", ".join(f"{text(key)}: {text(value[key])}" for key in value) + "}"


def text(value):
    match value:
        case np.generic():
            return scalar_text(value)
        case None | True | False:
            return repr(value)
        case int() if -(2**63) <= value < 2**63:
            return number_text(value)
        case int():
            size = value.bit_length() // 8 + 1
            return f"x'{value.to_bytes(size, 'little', signed=True).hex()}'"
        case float():
            return number_text(value)
        case str():
            return f"'{value}'"
        case bytes() | bytearray():
            return f"x'{value.hex()}'"
        case tuple():
            return f"({items_text(value)}{',' if len(value) == 1 else ''})"
        case list():
            return f"[{items_text(value)}]"
        case set() | frozenset():
            return f"{{{items_text(value)}}}"
        case slice():
            return f"slice({items_text((value.start, value.stop, value.step))})"
        case Bunch():
            return f"sklearn.pretended.Bunch() entries {entries_text(value)}"
        case dict():
            return entries_text(value)
        case np.ndarray():
            return array_text(value)
        case np.dtype():
            return f"dtype({type_text(value)})"
        case type():
            return f"{value.__module__}.{value.__name__}"
        case Estimator():
            return f"sklearn.pretended.Estimator() state {entries_text(value.__dict__)}"
    raise TypeError(type(value))


# ---- the files


def write_files(name, value, numpy_name):
    base = HERE / f"{name}.{numpy_name}"
    for protocol in (2, 3, 4, 5):
        path = pathlib.Path(f"{base}.p{protocol}")
        path.write_bytes(pickle.dumps(value, protocol=protocol))
    joblib.dump(value, f"{base}.joblib")
    methods = ["zlib", "gzip", "bz2", "xz", "lzma", "lz4"] if numpy_name == "np2" else ["zlib"]
    for method in methods:
        joblib.dump(value, f"{base}.joblib_{method}", compress=(method, 3))


def main():
    for cls in (Estimator, Bunch):
        pretend(cls)
    HERE.mkdir(parents=True, exist_ok=True)
    for name, make in VALUES.items():
        value = make()
        expected = text(value) + "\n"
        (HERE / f"{name}.txt").write_text(expected, encoding="utf-8")
        write_files(name, value, sys.argv[1])


if __name__ == "__main__":
    main()
