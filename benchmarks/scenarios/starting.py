"""What a program waits for before it does anything: imports, and the session's start."""

from __future__ import annotations

import json
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.answers import SCHEMA
from benchmarks.bench import Bench, printed, run
from benchmarks.figures import Measured

MILLI = 1e3

OURS = """
import sys
from ftrack_entities import Task
from ftrack_typed import Session
with Session(sys.argv[1], "key", "user", schema_cache_path=sys.argv[2]) as session:
    session.query(Task).first().name
"""
PEER = """
import sys
import ftrack_api
with ftrack_api.Session(
    server_url=sys.argv[1], api_key="key", api_user="user", schema_cache_path=sys.argv[2],
    plugin_paths=[], auto_connect_event_hub=False,
) as session:
    session.query("Task").first()["name"]
"""
# `import pydantic` alone loads next to nothing of it.
_IMPORT = """
import sys, time
from pydantic import BaseModel
clock = time.perf_counter if sys.platform == "win32" else time.process_time
start = clock()
{}
print(clock() - start)
"""


def session_start(bench: Bench) -> Measured:
    """A fresh process from its start to its end: import, session with its schema cached, one entity."""
    with tempfile.TemporaryDirectory(prefix="ftrack-typed-bench-") as directory:
        programs = {"ours": (Path(sys.executable), OURS)}
        if bench.peer_python is not None:
            programs["peer"] = (bench.peer_python, PEER)
        jobs = {}
        for name, (python, text) in programs.items():
            cache = Path(directory) / name
            cache.mkdir()
            jobs[name] = partial(run, python, "-c", text, bench.server.url, str(cache), cwd=cache)
            jobs[name]()  # fills the caches of the schema and of compiled modules
        best = bench.best(jobs)
    return Measured.from_best(best, MILLI)


def import_entities(bench: Bench) -> Measured:
    """Importing the generated package and one of its types, against all of them, in fresh processes."""
    names = sorted(document["id"] for document in json.loads(SCHEMA.read_text(encoding="utf-8")))
    statements = {
        "ours": "import ftrack_entities; from ftrack_entities import Task",
        "limit": f"import ftrack_entities; from ftrack_entities import {', '.join(names)}",
    }
    jobs = {name: partial(_import, statement) for name, statement in statements.items()}
    for job in jobs.values():
        job()
    return Measured.from_best(bench.best(jobs), MILLI)


def _import(statement: str) -> float:
    return float(printed(Path(sys.executable), "-c", _IMPORT.format(statement)))
