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

READS = 20
"""Reads written out in a loop's body, so that the loop itself hardly counts."""
_LOOPS = 5_000


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
    """Seconds that evaluating `expression` takes; `names` are local variables of the loop."""
    setup = "; ".join(f"{name} = _{name}" for name in names)
    timer = timeit.Timer(
        "; ".join([expression] * READS), setup, globals={f"_{name}": value for name, value in names.items()}
    )
    timer.timeit(_LOOPS // 10)
    return timer.timeit(_LOOPS) / (_LOOPS * READS)


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
