"""Tell the least that reading a page into an identity map can take in Python, in multiples of ``from_json``.

``python -m benchmarks.floors`` prints, for each kind of page, what doing more and more with the parsed rows takes. The
steps are timed without the garbage collector, which sessions put off, too; the limit is timed with it, as in the table
of all figures. None of the steps checks or converts anything; the last line is what a session takes, which does both.
"""

from __future__ import annotations

import argparse
import gc
import sys
import weakref
from collections.abc import Callable, Iterable
from typing import Any, Final, get_args

from pydantic_core import from_json

from benchmarks import payload
from benchmarks.canned import CannedServer
from benchmarks.workers.loop import computing, timed
from benchmarks.workers.ours import Jobs

_Work = Callable[[list[dict[str, Any]]], object]

_RELATED: Final = ("status", "type", "project", "parent")

LIMIT: Final = "from_json"
OURS: Final = "a session"
STEPS: Final = {
    "parsing": "",
    "walking the rows": "entity = values",
    "making entities": """
entity = new(Entity)
set_loaded(entity, values)
""",
    "looking up identities": """
entity = find(values["id"])
if entity is None:
    entity = known[values["id"]] = new(Entity)
    set_loaded(entity, values)
""",
    "by weak references": """
reference = find(values["id"])
entity = None if reference is None else reference()
if entity is None:
    entity = new(Entity)
    set_loaded(entity, values)
    known[values["id"]] = refer(entity)
""",
}
"""What is done with the values of each entity of a page, by the name it is told under; each does more than the last."""


class Entity:
    """The least an entity can be: what was loaded, and a place for weak references."""

    __slots__ = ("__dict__", "__weakref__")


def straight(step: str) -> _Work:
    """A step as code without loops over what is the same for all rows, as hydration has it.

    Returns:
        A function that takes rows; it returns the entities of a page, or rows where the step makes no entities.
    """
    if not step:
        return lambda rows: rows
    lines = ["def work(rows):", "    known, page = {}, []", "    find = known.get", "    for row in rows:"]
    for name in _RELATED:
        lines += [f"        values = row[{name!r}]", *_indented(step), f"        row[{name!r}] = entity"]
    lines += ["        values = row", *_indented(step), "        page.append(entity)", "    return page"]
    scope: dict[str, Any] = {
        "Entity": Entity,
        "new": object.__new__,
        "set_loaded": Entity.__dict__["__dict__"].__set__,
        "refer": weakref.ref,
    }
    exec("\n".join(lines), scope)
    work: _Work = scope["work"]
    return work


def _indented(step: str) -> list[str]:
    return [f"        {line}" for line in step.strip().splitlines()]


def floors(jobs: Jobs, variant: payload.Variant, rows: int, rounds: int) -> dict[str, float]:
    """Seconds of processor time by step, the best of several rounds in which all take turns."""
    body = payload.reply(variant, rows)
    work: dict[str, Callable[[], float]] = {LIMIT: lambda: timed(lambda: from_json(body), computing)}
    for name, step in STEPS.items():
        work[name] = _timed_apart(body, straight(step))
    work[OURS] = lambda: jobs.hydrate(variant, rows)
    best = dict.fromkeys(work, float("inf"))
    for _ in range(rounds):
        for name, measure in work.items():
            best[name] = min(best[name], measure())
    return best


def _timed_apart(body: bytes, work: _Work) -> Callable[[], float]:
    """Times parsing and a step without the garbage collector."""

    def measure() -> float:
        gc.disable()
        try:
            return timed(lambda: work(from_json(body)[0]["data"]), computing)
        finally:
            gc.enable()

    return measure


def told(variant: str, best: dict[str, float]) -> Iterable[str]:
    """The lines of the table of one kind of page."""
    yield f"{f'hydrate_{variant}':24}{'ms':>10}{f'÷ {LIMIT}':>14}"
    for name, seconds in best.items():
        yield f"{name:24}{seconds * 1e3:10.1f}{seconds / best[LIMIT]:14.2f}"


def main() -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.floors", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000, metavar="N", help="rows of a page")
    parser.add_argument("--rounds", type=int, default=15, metavar="N", help="turns each step has")
    arguments = parser.parse_args()
    with CannedServer() as server:
        jobs = Jobs()
        jobs.open(server.url)
        for variant in get_args(payload.Variant):
            print(
                "\n".join(told(variant, floors(jobs, variant, arguments.rows, arguments.rounds))), end="\n\n"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
