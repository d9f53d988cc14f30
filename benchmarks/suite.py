"""The rows of the table, and what each of them has to reach."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from benchmarks.bench import Bench
from benchmarks.figures import (
    OURS,
    OURS_TO_LIMIT,
    OURS_TO_PEER,
    PEER_TO_OURS,
    Measured,
    Target,
)
from benchmarks.scenarios import entities, generating, hydration, listening, serving, starting


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    work: str
    """What is measured, in a few words."""
    unit: str
    targets: tuple[Target, ...]
    """What it has to reach; the first is the one that ``ratio`` is about."""
    measure: Callable[[Bench], Measured]


ATTRIBUTE_READS = 1.5 if sys.version_info >= (3, 12) else 4.0
"""Times that a read may cost what one of a plain object does; Python 3.12 made lookups past a class's
``__getattr__`` fast."""

ROWS = {
    "hydrate_repeated": Row(
        "a page of rows to entities, related ones shared",
        "ms",
        (Target(OURS_TO_LIMIT, "<=", 1.5),),
        partial(hydration.hydrate, variant="repeated"),
    ),
    "hydrate_distinct": Row(
        "the same, all entities different",
        "ms",
        (Target(OURS_TO_LIMIT, "<=", 2.0),),
        partial(hydration.hydrate, variant="distinct"),
    ),
    "query_all": Row(
        "all rows of a query over HTTP", "ms", (Target(PEER_TO_OURS, ">=", 100),), hydration.query_all
    ),
    "read_loaded": Row(
        "a loaded attribute",
        "ns",
        (Target(OURS_TO_LIMIT, "<=", ATTRIBUTE_READS), Target(PEER_TO_OURS, ">=", 20)),
        entities.read_loaded,
    ),
    "read_item": Row(
        "a loaded attribute by wire name", "ns", (Target(PEER_TO_OURS, ">=", 8),), entities.read_item
    ),
    "read_nested": Row(
        "an attribute of a related entity", "ns", (Target(PEER_TO_OURS, ">=", 25),), entities.read_nested
    ),
    "naive_loop": Row(
        "a loop that reads what is not loaded", "requests", (Target(OURS, "<=", 9),), entities.naive_loop
    ),
    "commit_one": Row(
        "CPU to commit one change, many entities held",
        "ms",
        (Target(PEER_TO_OURS, ">=", 1000), Target(OURS, "<=", 1.0)),
        entities.commit_one,
    ),
    "commit_many": Row(
        "many creates and updates in one commit",
        "ms",
        (Target(PEER_TO_OURS, ">=", 50),),
        entities.commit_many,
    ),
    "session_start": Row(
        "a fresh process up to its first entity",
        "ms",
        (Target(OURS_TO_PEER, "<=", 1.0),),
        starting.session_start,
    ),
    "import_entities": Row(
        "importing one entity type, on top of pydantic",
        "ms",
        (Target(OURS_TO_LIMIT, "<=", 0.2),),
        starting.import_entities,
    ),
    "memory": Row("memory of an entity", "bytes", (Target(OURS_TO_LIMIT, "<=", 1.25),), hydration.memory),
    "threads": Row(
        "pages per second with eight threads, answers slow",
        "pages/s",
        (Target(OURS_TO_LIMIT, ">=", 6),),
        hydration.threads,
    ),
    "scale": Row(
        "a row of a large result",
        "µs",
        (Target(hydration.TIME, "<=", 1.2), Target(hydration.MEMORY, "<=", 1.2)),
        hydration.scale,
    ),
    "regen": Row("schema to formatted package", "s", (Target(OURS_TO_LIMIT, "<=", 2.5),), generating.regen),
    "listen": Row("events matched and dispatched", "ms", (Target(PEER_TO_OURS, ">=", 20),), listening.listen),
    "server_page": Row(
        "a page of the local server", "ms", (Target(OURS_TO_LIMIT, "<=", 4),), serving.server_page
    ),
}
"""By name, in the order of the table."""


def chosen(names: Iterable[str]) -> list[str]:
    """Names in the order of the table; all of them when none is given."""
    wanted = set(names)
    return [name for name in ROWS if not wanted or name in wanted]
