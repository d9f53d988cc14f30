"""What a page of a large studio costs the local server, compared with its bare SQL."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Engine

from benchmarks.measure import Figure, best_of
from ftrack_local import LocalServer
from ftrack_local.actions import Api, Caller
from ftrack_local.catalogue import build_model
from ftrack_local.storage import Storage
from ftrack_local.tables import build_tables

SIZE = 105
"""Size of the demo seed: more than 100,000 tasks."""
ROWS = 500
MOST_STATEMENTS = 4
"""Statements a page may cost: the page itself and one for each relation."""

_VERSION = 1  # of the kept database; to be counted up when the seed or the tables change
_PROJECTION = "select name, bid, status.name, parent.name, type.name from Task"
_JOINED = """
    SELECT t.id, t.name, t.bid, t._type, s.id AS status_id, s.name AS status, p.id AS parent_id,
        p.name AS parent, p._type AS parent_type, k.id AS type_id, k.name AS type
    FROM context t
    LEFT JOIN status s ON s.id = t.status_id
    LEFT JOIN context p ON p.id = t.parent_id
    LEFT JOIN type k ON k.id = t.type_id
    WHERE t._type = 'Task' {criteria}
    ORDER BY {order} LIMIT {rows} OFFSET {offset}
"""
_PAGES = {
    "first": (f"{_PROJECTION} limit {ROWS}", {"criteria": "", "order": "t._order, t.id", "offset": 0}),
    "deep": (
        f"{_PROJECTION} limit {ROWS} offset 90000",
        {"criteria": "", "order": "t._order, t.id", "offset": 90000},
    ),
    "sorted": (
        f"{_PROJECTION} where bid > 3600 order by name limit {ROWS}",
        {"criteria": "AND t.bid > 3600", "order": "t.name, t._order, t.id", "offset": 0},
    ),
}


def figures(rounds: int) -> list[Figure]:
    """Time of pages of tasks with three relations, by the engine and over HTTP, against the same joins."""
    database = studio()
    url = f"sqlite:///{database.as_posix()}"
    return [*_engine(url, rounds), *_http(url, rounds)]


def studio() -> Path:
    """Path of the database with the large studio; seeded once and kept among temporary files."""
    kept = Path(tempfile.gettempdir()) / f"ftrack-typed-benchmark-{SIZE}-{_VERSION}.db"
    if not kept.is_file():
        with tempfile.TemporaryDirectory(dir=kept.parent) as directory:
            fresh = Path(directory) / "studio.db"
            with LocalServer(db=f"sqlite:///{fresh.as_posix()}", size=SIZE):
                pass
            fresh.replace(kept)
    return kept


def _engine(url: str, rounds: int) -> list[Figure]:
    with closing(Storage(url)) as storage:
        model = build_model()
        api = Api(model, storage, build_tables(model))
        caller = Caller("", "supervisor", "http://studio.example")
        found = []
        for name, (expression, parts) in _PAGES.items():
            operations = [{"action": "query", "expression": expression}]

            def answer(operations: list[dict[str, Any]] = operations) -> Any:
                return api.handle(operations, caller)

            with _counted(storage.engine) as statements:
                rows = answer()[0]["data"]
            if len(rows) != ROWS or len(statements) > MOST_STATEMENTS:
                raise RuntimeError(f"The {name} page has {len(rows)} rows from {len(statements)} statements.")
            bare = _bare(storage.engine, _JOINED.format(rows=ROWS, **parts))
            times = best_of(rounds, {"server": answer, "bare": bare})
            subject = f"{name} page of {ROWS} of 100,000 tasks, three relations"
            found.append(Figure(subject, times["server"], "the same joins in SQL", times["bare"]))
        return found


def _http(url: str, rounds: int) -> list[Figure]:
    expression, parts = _PAGES["first"]
    engine = create_engine(url)
    with LocalServer(db=url) as server, requests.Session() as connection:
        connection.headers.update({"ftrack-user": server.api_user, "ftrack-api-key": server.api_key})

        def answer() -> Any:
            body = json.dumps([{"action": "query", "expression": expression}])
            return connection.post(f"{server.url}/api", data=body, timeout=120).content

        times = best_of(rounds, {"server": answer, "bare": _bare(engine, _JOINED.format(rows=ROWS, **parts))})
    engine.dispose()
    return [Figure("first page, over HTTP as JSON", times["server"], "the same joins in SQL", times["bare"])]


def _bare(engine: Engine, statement: str) -> Callable[[], Any]:
    """Return what runs a statement and makes of each row what SQLAlchemy's users work with."""

    def run() -> Any:
        with engine.connect() as connection:
            return [row._asdict() for row in connection.execute(text(statement))]

    return run


@contextmanager
def _counted(engine: Engine) -> Iterator[list[str]]:
    statements: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", count)
