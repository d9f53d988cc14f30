"""Tell what a fresh process spends its time on up to its first entity: ``python -m benchmarks.starts``.

Processes that do more and more take turns, and the best of several turns counts: what a line adds to the one above
is what that takes, with the freeing of it. The lines without Python's end leave by ``os._exit``: nothing is freed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.bench import FULL, QUICK, Bench, run
from benchmarks.scenarios.starting import OURS, PEER

_MILLI = 1e3
_NO_END = "\nimport os\nos._exit(0)\n"

_STEPS = {
    "Python": "",
    "pydantic's BaseModel": "from pydantic import BaseModel",
    "and urllib3": "from pydantic import BaseModel\nimport urllib3",
    "and requests": "from pydantic import BaseModel\nimport requests",
    "ftrack_typed imported": "from ftrack_entities import Task\nfrom ftrack_typed import Session",
    "session and query, without Python's end": OURS + _NO_END,
    "session and query": OURS,
}
_PEER_STEPS = {
    "existing client: requests": "import requests",
    "existing client imported": "import ftrack_api",
    "existing client: session and query, without Python's end": PEER + _NO_END,
    "existing client: session and query": PEER,
}


def main() -> int:
    """Measure and print; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.starts", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="measure once")
    sizes = QUICK if parser.parse_args().quick else FULL
    with Bench(sizes) as bench, tempfile.TemporaryDirectory(prefix="ftrack-typed-bench-") as directory:
        programs = [(Path(sys.executable), _STEPS)]
        if bench.peer_python is not None:
            programs.append((bench.peer_python, _PEER_STEPS))
        jobs: dict[str, Callable[[], float]] = {}
        for python, steps in programs:
            cache = Path(directory) / str(len(jobs))
            cache.mkdir()
            for name, text in steps.items():
                jobs[name] = partial(run, python, "-c", text, bench.server.url, str(cache), cwd=cache)
                jobs[name]()  # fills the caches of the schema and of compiled modules
        for name, seconds in bench.best(jobs).items():
            print(f"{name:58} {seconds * _MILLI:6.1f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
