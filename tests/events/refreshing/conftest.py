"""What tests of refreshing begin with."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ftrack_entities import Shot, Task
from ftrack_local import LocalServer
from ftrack_typed import Session
from ftrack_typed.events import Event


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer(seed="demo") as server:
        yield server


@pytest.fixture
def open_session(server: LocalServer) -> Iterator[Callable[..., Session]]:
    opened: list[Session] = []

    def open_one(**options: Any) -> Session:
        session = Session(server.url, server.api_key, server.api_user, schema_cache_path=False, **options)
        opened.append(session)
        return session

    yield open_one
    for session in opened:
        session.close()


@pytest.fixture
def session(open_session: Callable[..., Session]) -> Session:
    return open_session()


@pytest.fixture
def other(open_session: Callable[..., Session]) -> Session:
    return open_session()


@pytest.fixture
def calls(caplog: pytest.LogCaptureFixture) -> Callable[[], int]:
    """Counts the requests sent since it was last asked, by the line each one logs."""
    caplog.set_level(logging.DEBUG, logger="ftrack_typed.transport")
    seen = [0]

    def count() -> int:
        total = sum(record.name == "ftrack_typed.transport" for record in caplog.records)
        new, seen[0] = total - seen[0], total
        return new

    return count


class Listener:
    """Collects the updates a session is told of."""

    def __init__(self, session: Session) -> None:
        self.events: list[Event] = []
        self._hub = session.event_hub
        self._hub.subscribe("topic=ftrack.update", self._take)
        self._hub.connect()
        assert self._hub.flush()

    def _take(self, event: Event) -> None:
        self.events.append(event)

    def after(self, work: Callable[[], object]) -> Event:
        """The next event once something was done."""
        known = len(self.events)
        work()
        for _ in range(100):
            if len(self.events) > known:
                return self.events[-1]
            self._hub.wait(0.1)
        pytest.fail("No event came.")


def fresh_task(session: Session, name: str = "told") -> Task:
    """A task of its own, so that tests don't meet."""
    parent = session.query(Shot).first()
    assert parent is not None
    task = session.create(Task, name=name, parent=parent, bid=1.0)
    session.commit()
    return task


def same(session: Session, task: Task) -> Task:
    """A session's own object for a task, with its plain values and its status loaded."""
    return (
        session.query(Task)
        .where(Task.id == task.id)
        .load(Task.name, Task.bid, Task.description, Task.start_date, Task.status.name, Task.status_id)
        .one()
    )


def update(*entities: dict[str, Any]) -> Event:
    return Event("ftrack.update", data={"entities": list(entities)})


def entry(task: Task, action: str = "update", **changes: tuple[Any, Any]) -> dict[str, Any]:
    told = {name: {"old": old, "new": new} for name, (old, new) in changes.items()}
    return {
        "action": action,
        "entityType": "task",
        "entity_type": "Task",
        "entityId": task.id,
        "changes": told,
    }
