# SPDX-License-Identifier: MIT
"""The program with models of each kind, whose documents differ."""

from program import ROOT, Program, ready_program

GOLDEN = ROOT / "tests/golden/onnx"

# By kind: the flags of a program that serves it.
MODELS = {
    "texts": (),  # the built-in one: no missing value, no infinity
    "numbers": ("--model", str(GOLDEN / "skl_iris_numbers.onnx")),
    "margins": ("--model", str(GOLDEN / "hand_two_classes_signed.onnx")),  # below 0, beyond 1
    "regression": ("--model", str(GOLDEN / "ours_number_average.onnx")),
}


def served(kind, *flags):
    return ready_program(*MODELS[kind], *flags)


def without_model():
    program = Program("--model", "/nothing.onnx", "--on-model-failure", "stay")
    try:
        program.wait_for(lambda line: line["message"].startswith("Model failed: "))
        return program
    except BaseException:
        program.__exit__()
        raise
