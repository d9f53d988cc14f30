"""Working with entities: reading what is loaded and what isn't, changing, creating, committing."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import partial

from benchmarks import payload
from benchmarks.bench import Bench
from benchmarks.figures import Measured
from benchmarks.workers.process import Worker

MILLI = 1e3
NANO = 1e9

_NOT_LOADED = ("bid", "description", "end_date")
"""What the naive loop reads."""

_HELD = 500
"""Tasks that are there when one of them is read."""
_PROCESSES = 4


def read_loaded(bench: Bench) -> Measured:
    """One loaded attribute, against an attribute of a plain object, and the existing client's item."""
    jobs = {"ours": ("ours", "read_loaded"), "limit": ("ours", "read_plain"), "peer": ("peer", "read_item")}
    return _reads(bench, jobs)


def read_item(bench: Bench) -> Measured:
    """The same, read as from a mapping by both."""
    return _reads(bench, {client: (client, "read_item") for client in ("ours", "peer")})


def _reads(bench: Bench, jobs: Mapping[str, tuple[str, str]]) -> Measured:
    """The least time of reads in a few processes.

    The interpreter looks attributes up in a cache by addresses: where two fall together in a process, all its reads
    take up to half longer.

    Args:
        bench: Has the processes.
        jobs: Clients and what they do, by column.
    """
    query = payload.query("repeated", min(_HELD, bench.sizes.rows))
    least: dict[str, float] = {}
    for _ in range(min(_PROCESSES, bench.sizes.rounds)):
        with bench.holding(query) as clients:
            best = bench.best(
                {
                    name: partial(clients[client].call, job)
                    for name, (client, job) in jobs.items()
                    if client in clients
                }
            )
        least = {name: min(seconds, least.get(name, seconds)) for name, seconds in best.items()}
    return _nanoseconds(least)


def read_nested(bench: Bench) -> Measured:
    """An attribute of a related entity, once of each entity of a result that just came."""
    read = {"job": "read_nested", "query": payload.query("repeated", bench.sizes.rows)}
    return _nanoseconds(
        bench.best({name: partial(worker.call, **read) for name, worker in bench.workers().items()})
    )


def _nanoseconds(best: dict[str, float]) -> Measured:
    return Measured.from_best(best, NANO)


def naive_loop(bench: Bench) -> Measured:
    """Requests of a loop over tasks that reads what was not loaded; those for the tasks count."""
    query = payload.query("repeated", bench.sizes.looped, ("name",))
    found: dict[str, float] = {}
    for name, worker in bench.workers().items():
        worker.call("renew")
        bench.server.requests()
        worker.call("naive_loop", query=query, attributes=list(_NOT_LOADED))
        found[name] = bench.server.requests()
    return Measured.from_best(found, 1.0)


def commit_one(bench: Bench) -> Measured:
    """CPU time of the client to change one of many entities it holds, and commit."""
    number = itertools.count()

    def commit(worker: Worker) -> float:
        return float(worker.call("commit_one", number=next(number)))

    with bench.holding(payload.query("distinct", bench.sizes.cached)) as clients:
        best = bench.best({name: partial(commit, worker) for name, worker in clients.items()})
    return Measured.from_best(best, MILLI)


def commit_many(bench: Bench) -> Measured:
    """Creating many entities with references, changing as many others, and one commit of it all."""
    count = bench.sizes.written
    query = payload.query("repeated", count)
    jobs = {
        name: partial(worker.call, "commit_many", query=query) for name, worker in bench.workers().items()
    }
    for job in jobs.values():
        job()  # has the answer encoded
    return Measured.from_best(bench.best(jobs), MILLI)
