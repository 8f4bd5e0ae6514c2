# SPDX-License-Identifier: MIT
"""lleaves: a compiler of LightGBM's models by LLVM, for this very CPU."""

import sys

import lleaves

from engines.peers.c_caller import CCaller, pointer_to
from engines.peers.case import Case, NotPossible

COMPILE = "import sys, lleaves; lleaves.Model(sys.argv[1]).compile(cache=sys.argv[2])"


class Peer:
    def __init__(self, case: Case) -> None:
        if not case.model.file.endswith(".txt"):
            raise NotPossible("reads LightGBM's models only")
        library = case.work / "predict.o"
        case.compile([sys.executable, "-c", COMPILE, case.path, library], library)
        model = lleaves.Model(case.path)
        model.compile(cache=library)
        self.facts = case.compiled(library)
        first = [pointer_to(model._c_entry_func)]
        self._model = model
        self._caller = CCaller(case.work, "call_lleaves", first, case.rows, 1)
        self.calls, self.answers = self._caller.calls, self._caller.answers
