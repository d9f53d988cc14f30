"""What imports cost, each in a fresh process."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

from benchmarks.measure import Figure, best_of

_BASELINE = "import pydantic, requests"
_STATEMENTS = (
    "import ftrack_typed",
    "from ftrack_typed import Session",
    "import ftrack_entities",
    "from ftrack_entities import Task",
)


def _run(statement: str) -> None:
    subprocess.run([sys.executable, "-c", statement], check=True)


def figures(rounds: int) -> list[Figure]:
    """Time per statement, the start of the interpreter taken off."""
    times = best_of(rounds, {text: partial(_run, text) for text in ("pass", _BASELINE, *_STATEMENTS)})
    start = times["pass"]
    baseline = max(times[_BASELINE] - start, 0.1)
    return [
        Figure(statement, max(times[statement] - start, 0.0), _BASELINE, baseline)
        for statement in _STATEMENTS
    ]
