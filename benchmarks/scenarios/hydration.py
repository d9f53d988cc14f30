"""Replies to entities: what it costs in time and in memory, on pages and over HTTP, for few rows and for many."""

from __future__ import annotations

from functools import partial
from typing import Any

from benchmarks import payload
from benchmarks.bench import Bench
from benchmarks.figures import Measured
from benchmarks.workers.process import Worker

MILLI = 1e3
MICRO = 1e6

TIME = "time per row, most ÷ fewest rows"
MEMORY = "memory per row, most ÷ fewest rows"

LATENCY = 0.02
"""Seconds until the canned server answers, where threads are measured."""
THREADS = 8
_PAGE = 500


def hydrate(bench: Bench, variant: payload.Variant) -> Measured:
    """Bytes of one page to entities, against the same bytes to dicts."""
    rows = bench.sizes.rows
    best = bench.best(
        {
            "ours": lambda: bench.ours.call("hydrate", variant=variant, rows=rows),
            "limit": lambda: bench.ours.call("parse", variant=variant, rows=rows),
        }
    )
    return Measured.from_best(best, MILLI)


def query_all(bench: Bench) -> Measured:
    """All rows of a query over HTTP, in pages of the usual size."""
    rows = bench.sizes.rows
    query = payload.query("repeated", rows)
    bench.ours.call("download", query=query, rows=rows)
    alternatives = {name: partial(worker.call, "fetch", query=query) for name, worker in _both(bench)}
    best = bench.best({**alternatives, "limit": lambda: bench.ours.call("download", query=query, rows=rows)})
    return Measured.from_best(best, MILLI)


def memory(bench: Bench) -> Measured:
    """Bytes per entity, all of them different, against the dicts of the same bytes; each in a fresh process."""
    rows = bench.sizes.rows
    page = {"variant": "distinct", "rows": rows}
    entities = rows * payload.ENTITIES_PER_ROW
    with bench.fresh(bench.ours) as worker:
        ours = worker.call("memory", **page) / entities
    with bench.fresh(bench.ours) as worker:
        limit = worker.call("parsed_memory", **page) / entities
    peer = None
    if bench.peer is not None:
        few = min(rows, bench.sizes.scale[0])
        with bench.fresh(bench.peer) as worker:
            found = worker.call("fetched_memory", query=payload.query("distinct", few))
        peer = found / (few * payload.ENTITIES_PER_ROW)
    return Measured(ours=ours, peer=peer, limit=limit)


def threads(bench: Bench) -> Measured:
    """Pages per second by several threads, against one thread, when each answer takes its time."""
    queries = [payload.query("repeated", _PAGE, offset=_PAGE * number) for number in range(bench.sizes.pages)]
    fetch = partial(bench.ours.call, "seconds_of_pages", queries=queries)
    fetch(threads=THREADS)
    bench.server.set_latency(LATENCY)
    try:
        best = bench.best({"ours": lambda: fetch(threads=THREADS), "limit": lambda: fetch(threads=1)})
    finally:
        bench.server.set_latency(0.0)
    return Measured(ours=len(queries) / best["ours"], limit=len(queries) / best["limit"])


def scale(bench: Bench) -> Measured:
    """Time and memory per row of results of growing size; the ratio is the worse of the two."""
    series: dict[str, dict[str, list[float | None]]] = {"time": {}, "memory": {}}
    sizes = bench.sizes.scale
    for rows in sizes:
        found = _at_size(bench, rows)
        for kind, figures in found.items():
            for name in ("ours", "peer", "limit"):
                series[kind].setdefault(name, []).append(figures.get(name))
    growth = {label: _growth(series[kind]["ours"]) for label, kind in ((TIME, "time"), (MEMORY, "memory"))}
    return Measured(
        ours=series["time"]["ours"][-1],
        peer=series["time"]["peer"][-1],
        limit=series["time"]["limit"][-1],
        values=growth,
        details={"rows": list(sizes), "microseconds": series["time"], "bytes": series["memory"]},
    )


def _at_size(bench: Bench, rows: int) -> dict[str, dict[str, float]]:
    """Microseconds and bytes per row of a result of one size."""
    query = payload.query("repeated", rows)
    bench.ours.call("download", query=query, rows=rows)
    workers = [
        (name, worker) for name, worker in _both(bench) if name == "ours" or rows <= bench.sizes.peer_rows
    ]
    download: dict[str, Any] = {"query": query, "rows": rows}
    best = bench.best(
        {
            **{name: partial(worker.call, "fetch", query=query) for name, worker in workers},
            "limit": lambda: bench.ours.call("download", **download),
        }
    )
    held: dict[str, float] = {}
    for name, worker in workers:
        with bench.fresh(worker) as process:
            held[name] = process.call("fetched_memory", query=query)
    with bench.fresh(bench.ours) as process:
        held["limit"] = process.call("downloaded_memory", **download)
    return {
        "time": {name: seconds * MICRO / rows for name, seconds in best.items()},
        "memory": {name: size / rows for name, size in held.items()},
    }


def _growth(figures: list[float | None]) -> float:
    fewest, most = figures[0], figures[-1]
    assert fewest is not None
    assert most is not None
    return most / fewest


def _both(bench: Bench) -> list[tuple[str, Worker]]:
    return list(bench.workers().items())
