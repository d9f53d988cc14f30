"""Tell where the time of a row goes: run our side of it under the profiler and print what costs most.

``python -m benchmarks.profile hydrate_distinct``; times are longer than those of the table, as every call is counted.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import sys
from collections.abc import Callable

from benchmarks import payload
from benchmarks.bench import FULL, QUICK, Sizes
from benchmarks.canned import CannedServer
from benchmarks.workers.ours import Jobs

_Job = Callable[[Jobs, Sizes], object]

JOBS: dict[str, _Job] = {
    "hydrate_repeated": lambda jobs, sizes: jobs.hydrate("repeated", sizes.rows),
    "hydrate_distinct": lambda jobs, sizes: jobs.hydrate("distinct", sizes.rows),
    "query_all": lambda jobs, sizes: jobs.fetch(payload.query("repeated", sizes.rows)),
    "commit_one": lambda jobs, sizes: (
        jobs.hold(payload.query("distinct", sizes.cached)) and jobs.commit_one(0)
    ),
    "commit_many": lambda jobs, sizes: jobs.commit_many(payload.query("repeated", sizes.written)),
    "listen": lambda jobs, sizes: jobs.dispatch(sizes.events, sizes.subscribers),
}
"""Rows whose time passes in this process, and how each is done."""


def main() -> int:
    """Profile and print; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.profile", description=__doc__)
    parser.add_argument("name", choices=list(JOBS), metavar="NAME", help=", ".join(JOBS))
    parser.add_argument("--lines", type=int, default=25, metavar="N", help="functions to tell")
    parser.add_argument("--quick", action="store_true", help="do little")
    arguments = parser.parse_args()
    sizes = QUICK if arguments.quick else FULL
    with CannedServer() as server:
        jobs = Jobs()
        jobs.open(server.url)
        job = JOBS[arguments.name]
        job(jobs, sizes)  # what is made once, and what the server encodes
        profiler = cProfile.Profile()
        profiler.enable()
        job(jobs, sizes)
        profiler.disable()
    pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(arguments.lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
