# SPDX-License-Identifier: MIT
"""tl2cgen: Treelite's compiler to C, its files compiled with gcc -O3."""

import ctypes
import shutil

import tl2cgen

from engines.peers import gtil
from engines.peers.c_caller import CCaller, pointer_to
from engines.peers.case import Case

FILE_COUNT = 16  # that the trees are spread over: gcc takes more than linear time for a large one


class Peer:
    def __init__(self, case: Case) -> None:
        model = gtil.load(case, Case.forest_for_code)
        library = case.work / "predict.so"
        sources = case.work / "sources"
        if not library.exists():
            shutil.rmtree(sources, ignore_errors=True)
            tl2cgen.generate_c_code(model, sources, params={"parallel_comp": FILE_COUNT})
        files = sorted(sources.glob("*.c"))
        case.compile(["gcc", "-O3", "-shared", "-fPIC", "-o", library, *files, "-lm"], library)
        self.facts = case.compiled(library)
        float32 = model.input_type == "float32"
        self._caller = CCaller(
            case.work,
            "call_tl2cgen",
            [pointer_to(ctypes.CDLL(str(library)).predict)],
            gtil.rows_for(case, model),
            case.model.output_count,
            "f4" if float32 else "f8",
        )
        self.calls, self.answers = self._caller.calls, self._caller.answers
