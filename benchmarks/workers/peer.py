"""The jobs of the existing client; runs in its environment."""

from __future__ import annotations

import time
from typing import Any

import ftrack_api  # type: ignore[import-not-found]  # pyright: ignore[reportMissingImports]

from benchmarks import payload
from benchmarks.workers.listening import Listening
from benchmarks.workers.loop import allocated, computing, seconds_per_read, serve, timed


def connect(url: str) -> Any:
    """A session that neither connects to events nor looks for plugins."""
    return ftrack_api.Session(
        server_url=url,
        api_key="key",
        api_user="user",
        schema_cache_path=False,
        plugin_paths=[],
        auto_connect_event_hub=False,
    )


class Jobs(Listening):
    """What can be asked of this worker; times in seconds, sizes in bytes."""

    def __init__(self) -> None:
        self._url = ""
        self._session: Any = None
        self._tasks: list[Any] = []

    def open(self, url: str) -> None:
        """Tell where the server is."""
        self._url = url

    def fetch(self, query: str) -> float:
        """Time of ``.all()`` in a session that holds nothing."""
        with connect(self._url) as session:
            return timed(session.query(query).all)

    def fetched_memory(self, query: str) -> float:
        """Memory that the entities of ``.all()`` take."""
        with connect(self._url) as session:
            result = session.query(query)
            return allocated(result.all)

    def hold(self, query: str) -> int:
        """Load entities and keep them for the jobs below."""
        self._session = connect(self._url)
        self._tasks = self._session.query(query).all()
        return len(self._tasks)

    def read_item(self) -> float:
        """Time to read an attribute that is loaded."""
        return seconds_per_read("task['name']", task=self._tasks[0])

    def read_nested(self, query: str) -> float:
        """Time to read an attribute of a related entity, of each task of a fresh result in turn."""
        with connect(self._url) as session:
            tasks = session.query(query).all()

            def sweep() -> None:
                for task in tasks:
                    task["status"]["name"]

            return timed(sweep, computing) / len(tasks)

    def renew(self) -> None:
        """Make a session that holds nothing, for the job below."""
        self._session = connect(self._url)

    def naive_loop(self, query: str, attributes: list[str]) -> int:
        """Read attributes that are not loaded, one by one."""
        tasks = self._session.query(query).all()
        for task in tasks:
            for attribute in attributes:
                task[attribute]
        return len(tasks)

    def commit_one(self, number: int) -> float:
        """CPU time to change one of the tasks held and commit."""
        task = self._tasks[0]

        def commit() -> None:
            task["name"] = f"renamed {number}"
            self._session.commit()

        return timed(commit, time.process_time)

    def commit_many(self, query: str) -> float:
        """Time to create a task beside each one found, to change the ones found, and to commit it all."""
        with connect(self._url) as session:
            tasks = session.query(query).all()

            keys = [payload.identity("created", number) for number in range(len(tasks))]

            def work() -> None:
                for number, task in enumerate(tasks):
                    values = {
                        "id": keys[number],
                        "name": f"created {number}",
                        "parent": task["parent"],
                        "project": task["project"],
                        "status": task["status"],
                        "type": task["type"],
                    }
                    session.create("Task", values)
                    task["description"] = f"number {number}"
                session.commit()

            return timed(work)

    def new_hub(self) -> Any:
        """A hub that is not connected."""
        return ftrack_api.event.hub.EventHub(self._url, "user", "key")

    def new_event(self, arguments: dict[str, Any]) -> Any:
        """An event to publish."""
        return ftrack_api.event.base.Event(**arguments)


if __name__ == "__main__":
    serve(Jobs())
