"""What a page of a large studio costs the local server, against the SQL for it."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import requests
from sqlalchemy import create_engine, text

from benchmarks.bench import Bench
from benchmarks.figures import Measured
from benchmarks.workers.loop import timed
from ftrack_local import LocalServer

MILLI = 1e3
ROWS = 500

_VERSION = 1  # of the kept database; to be counted up when the seed or the tables change
_QUERY = f"select name, bid, status.name, parent.name, type.name from Task limit {ROWS}"
_SQL = f"""
    SELECT t.id, t.name, t.bid, t._type, s.id AS status_id, s.name AS status, p.id AS parent_id,
        p.name AS parent, p._type AS parent_type, k.id AS type_id, k.name AS type
    FROM context t
    LEFT JOIN status s ON s.id = t.status_id
    LEFT JOIN context p ON p.id = t.parent_id
    LEFT JOIN type k ON k.id = t.type_id
    WHERE t._type = 'Task'
    ORDER BY t._order, t.id LIMIT {ROWS}
"""


def server_page(bench: Bench) -> Measured:
    """A page with three relations over HTTP, against the joins that find its values.

    The joins run as the server runs its own, by SQLAlchemy, and give dicts; what the driver alone takes is among the
    details.
    """
    database = studio(bench.sizes.studio)
    url = f"sqlite:///{database.as_posix()}"
    engine = create_engine(url)
    with (
        LocalServer(db=url) as server,
        requests.Session() as connection,
        engine.connect() as joins,
        closing(sqlite3.connect(database)) as driver,
    ):
        connection.headers.update({"ftrack-user": server.api_user, "ftrack-api-key": server.api_key})
        body = json.dumps([{"action": "query", "expression": _QUERY}])
        answer = connection.post(f"{server.url}/api", data=body, timeout=120)
        if len(answer.json()[0]["data"]) != ROWS:
            raise RuntimeError("The local server's page is not full.")
        alternatives: dict[str, Callable[[], object]] = {
            "ours": lambda: connection.post(f"{server.url}/api", data=body, timeout=120).content,
            "limit": lambda: [row._asdict() for row in joins.execute(text(_SQL))],
            "driver": lambda: driver.execute(_SQL).fetchall(),
        }
        best = bench.best({name: partial(timed, action) for name, action in alternatives.items()})
    engine.dispose()
    return Measured(
        best["ours"] * MILLI,
        limit=best["limit"] * MILLI,
        details={"driver_milliseconds": best["driver"] * MILLI},
    )


def studio(size: int) -> Path:
    """Path of the database of a demo studio; seeded once and kept among temporary files."""
    kept = Path(tempfile.gettempdir()) / f"ftrack-typed-benchmark-{size}-{_VERSION}.db"
    if not kept.is_file():
        with tempfile.TemporaryDirectory(dir=kept.parent) as directory:
            fresh = Path(directory) / "studio.db"
            with LocalServer(db=f"sqlite:///{fresh.as_posix()}", size=size):
                pass
            fresh.replace(kept)
    return kept
