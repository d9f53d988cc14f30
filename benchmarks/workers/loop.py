"""The child's side of a worker: reads requests as JSON lines, answers with JSON lines.

Runs in the environment of either client, so it needs nothing but the standard library.
"""

from __future__ import annotations

import gc
import json
import sys
import time
import timeit
import traceback
import tracemalloc
from collections.abc import Callable
from typing import Any

_READS = 100_000

computing = time.perf_counter if sys.platform == "win32" else time.process_time
"""The clock for work that waits for nothing: other programs on the machine don't count. Windows' is too coarse."""


def serve(jobs: object) -> None:
    """Do what the lines of the input say, with the methods of `jobs`, until the input ends."""
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever a library prints is no answer
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = {"result": getattr(jobs, request["job"])(**request["arguments"])}
        except Exception:
            answer = {"error": traceback.format_exc()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def timed(action: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds that an action takes; freeing what it returns is not part of them."""
    gc.collect()
    started = clock()
    kept = action()
    elapsed = clock() - started
    del kept
    return elapsed


def seconds_per_read(expression: str, **names: Any) -> float:
    """Seconds that evaluating `expression` takes, as :mod:`timeit` measures it; `names` are local variables."""
    setup = "; ".join(f"{name} = _{name}" for name in names)
    timer = timeit.Timer(expression, setup, computing, {f"_{name}": value for name, value in names.items()})
    timer.timeit(_READS // 10)
    return timer.timeit(_READS) / _READS


def allocated(make: Callable[[], object]) -> float:
    """Bytes of Python's memory that what `make` returns takes."""
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = make()
        gc.collect()
        after = tracemalloc.get_traced_memory()[0]
        del kept
        return after - before
    finally:
        tracemalloc.stop()
