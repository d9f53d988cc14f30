"""Events: matching them against subscriptions and calling who subscribed."""

from __future__ import annotations

from functools import partial

from benchmarks.bench import Bench
from benchmarks.figures import Measured

MILLI = 1e3


def listen(bench: Bench) -> Measured:
    """Events handed to a hub with many subscribers, none of it over a network.

    Raises:
        RuntimeError: when the clients don't call the same number of subscribers.
    """
    work = {"events": bench.sizes.events, "subscribers": bench.sizes.subscribers}
    calls = {name: worker.call("called", **work) for name, worker in bench.workers().items()}
    if len(set(calls.values())) != 1:
        raise RuntimeError(f"The clients don't agree on who is called: {calls}")
    jobs = {name: partial(worker.call, "dispatch", **work) for name, worker in bench.workers().items()}
    return Measured.from_best(bench.best(jobs), MILLI)
