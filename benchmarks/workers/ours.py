"""The jobs of `ftrack_typed`, and of what is taken as its limit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests
from pydantic_core import from_json

from benchmarks import payload
from benchmarks.workers.listening import Listening
from benchmarks.workers.loop import allocated, computing, seconds_per_read, serve, timed
from ftrack_typed import Session
from ftrack_typed.events import Event, EventHub


class Jobs(Listening):
    """What can be asked of this worker; times in seconds, sizes in bytes."""

    def __init__(self) -> None:
        self._base: Session
        """Never read through: forks of it are sessions that hold nothing and have asked for nothing."""
        self._session: Session
        self._tasks: list[Any] = []
        self._connection = requests.Session()
        self._bodies: dict[tuple[str, int], bytes] = {}

    def open(self, url: str) -> None:
        """Open a session."""
        self._base = Session(url, "key", "user", schema_cache_path=False)

    # -- bytes to entities -------------------------------------------------------------------------

    def hydrate(self, variant: payload.Variant, rows: int) -> float:
        """Time from the bytes of a page to validated entities in an empty identity map."""
        body = self._body(variant, rows)
        with self._base.fork() as session:
            read = self._hydration(session, variant)
            return timed(lambda: read(body), computing)

    def parse(self, variant: payload.Variant, rows: int) -> float:
        """Time from the same bytes to dicts."""
        body = self._body(variant, rows)
        return timed(lambda: from_json(body), computing)

    def memory(self, variant: payload.Variant, rows: int) -> float:
        """Memory that the entities of a page take."""
        body = self._body(variant, rows)
        with self._base.fork() as session:
            read = self._hydration(session, variant)
            return allocated(lambda: read(body))

    def parsed_memory(self, variant: payload.Variant, rows: int) -> float:
        """Memory that the dicts of the same page take."""
        body = self._body(variant, rows)
        return allocated(lambda: from_json(body))

    def _body(self, variant: payload.Variant, rows: int) -> bytes:
        if (variant, rows) not in self._bodies:
            self._bodies[variant, rows] = payload.reply(variant, rows)
        return self._bodies[variant, rows]

    def _hydration(self, session: Session, variant: payload.Variant) -> Callable[[bytes], object]:
        """What a session does with a page; the first one is read here, as its projection is compiled then."""
        hydrator, cls = session._hydrator, session.types["Task"]
        hydrator.page(cls, payload.PROJECTION, self._body(variant, 1))
        return lambda body: hydrator.page(cls, payload.PROJECTION, body)

    # -- over HTTP ---------------------------------------------------------------------------------

    def fetch(self, query: str) -> float:
        """Time of ``.all()`` in a session that holds nothing."""
        with self._base.fork() as session:
            return timed(session.query(query).all)

    def download(self, query: str, rows: int) -> float:
        """Time of the same pages, only parsed."""
        return timed(lambda: self._download(query, rows))

    def fetched_memory(self, query: str) -> float:
        """Memory that the entities of ``.all()`` take."""
        with self._base.fork() as session:
            result = session.query(query)
            session.query(f"{query.rpartition(' limit ')[0]} limit 1").all()
            return allocated(result.all)

    def downloaded_memory(self, query: str, rows: int) -> float:
        """Memory that the dicts of the same pages take."""
        self._download(query, 1)
        return allocated(lambda: self._download(query, rows))

    def seconds_of_pages(self, queries: list[str], threads: int) -> float:
        """Time until threads that share a session have fetched what all queries find."""
        remaining = iter(queries)
        lock = threading.Lock()

        def work(session: Session) -> None:
            while True:
                with lock:
                    query = next(remaining, None)
                if query is None:
                    return
                session.query(query).all()

        with self._base.fork() as session, ThreadPoolExecutor(threads) as pool:
            return timed(
                lambda: [done.result(60) for done in [pool.submit(work, session) for _ in range(threads)]]
            )

    def _download(self, query: str, rows: int) -> list[Any]:
        text, url = query.rpartition(" limit ")[0], f"{self._base.server_url}/api"
        found: list[Any] = []
        for offset in range(0, rows, 500):
            operation = {
                "action": "query",
                "expression": f"{text} offset {offset} limit {min(500, rows - offset)}",
            }
            answer = self._connection.post(url, json=[operation], timeout=60)
            found.extend(from_json(answer.content)[0]["data"])
        return found

    # -- reading -----------------------------------------------------------------------------------

    def hold(self, query: str) -> int:
        """Load entities and keep them for the jobs below."""
        self._session = self._base.fork()
        self._tasks = list(self._session.query(query).all())
        return len(self._tasks)

    def read_loaded(self) -> float:
        """Time to read an attribute that is loaded."""
        return seconds_per_read("task.name", task=self._tasks[0])

    def read_plain(self) -> float:
        """Time to read an attribute of an object of a plain class."""
        return seconds_per_read("task.name", task=_Plain("task"))

    def read_item(self) -> float:
        """Time to read it by its wire name."""
        return seconds_per_read("task['name']", task=self._tasks[0])

    def read_nested(self, query: str) -> float:
        """Time to read an attribute of a related entity, of each task of a fresh result in turn."""
        with self._base.fork() as session:
            tasks = session.query(query).all()

            def sweep() -> None:
                for task in tasks:
                    task.status.name  # noqa: B018

            return timed(sweep, computing) / len(tasks)

    def renew(self) -> None:
        """Make a session that holds nothing, for the job below."""
        self._session = self._base.fork()

    def naive_loop(self, query: str, attributes: list[str]) -> int:
        """Read attributes that are not loaded, one by one."""
        tasks = self._session.query(query).all()
        for task in tasks:
            for attribute in attributes:
                getattr(task, attribute)
        return len(tasks)

    # -- writing -----------------------------------------------------------------------------------

    def commit_one(self, number: int) -> float:
        """CPU time to change one of the tasks held and commit, the mean of several."""
        task = self._tasks[0]
        values = [f"renamed {number} {turn}" for turn in range(_COMMITS)]

        def commit() -> None:
            for value in values:
                task.name = value
                self._session.commit()

        return timed(commit, time.process_time) / _COMMITS

    def commit_many(self, query: str) -> float:
        """Time to create a task beside each one found, to change the ones found, and to commit it all."""
        with self._base.fork() as session:
            tasks = session.query(query).all()

            keys = [payload.identity("created", number) for number in range(len(tasks))]

            def work() -> None:
                for number, task in enumerate(tasks):
                    values = {
                        "id": keys[number],
                        "name": f"created {number}",
                        "parent": task.parent,
                        "project": task.project,
                        "status": task.status,
                        "type": task.type,
                    }
                    session.create("Task", values)
                    task.description = f"number {number}"
                session.commit()

            return timed(work)

    # -- events ------------------------------------------------------------------------------------

    def new_hub(self) -> EventHub:
        """A hub that is not connected."""
        return EventHub(self._base.server_url, "user", "key")

    def new_event(self, arguments: dict[str, Any]) -> Event:
        """An event to publish."""
        return Event(**arguments)


class _Plain:
    """A class without anything special."""

    def __init__(self, name: str) -> None:
        self.name: str = name


_COMMITS = 20
"""Commits of one change in a row: the clock of some systems is too coarse for one."""


if __name__ == "__main__":
    serve(Jobs())
