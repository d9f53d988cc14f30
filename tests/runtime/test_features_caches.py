"""Caches beneath a session stay true when nobody knows what became of a write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ftrack_entities import Project, Task
from ftrack_local import LocalServer
from ftrack_local.testing import DropReply, Reset
from ftrack_typed import RetryPolicy, Session
from ftrack_typed.cache import MemoryCache
from ftrack_typed.errors import OutcomeUnknown

Write = Callable[[Session, Task], object]


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer(seed="demo") as running:
        yield running


def _open(server: LocalServer, cache: MemoryCache) -> Session:
    retries = RetryPolicy(sleep=lambda seconds: None, attempts=2)
    return Session(
        server.url, server.api_key, server.api_user, schema_cache_path=False, cache=cache, retries=retries
    )


def _commit(session: Session, task: Task) -> None:
    task.name = "afterwards"
    session.commit()


def _call(session: Session, task: Task) -> None:
    data = {"__entity_type__": "Task", "name": "afterwards"}
    session.call([{"action": "update", "entity_type": "Task", "entity_key": [task.id], "entity_data": data}])


@pytest.mark.parametrize("write", [_commit, _call])
def test_what_may_have_been_written_is_not_kept(server: LocalServer, write: Write) -> None:
    shared = MemoryCache()
    with _open(server, shared) as session, _open(server, shared) as reader:
        task = session.query(Task).load(Task.name, Task.project).limit(1).all()[0]
        server.faults.add(DropReply(), action="update")
        server.faults.add(Reset(), action="query", times=5)
        with pytest.raises(OutcomeUnknown):
            write(session, task)
        server.faults.clear()
        again = reader.get(Task, task.id)
        assert again is not None
        assert again.name == "afterwards", "the server took it"


def test_a_new_row_of_unknown_outcome_parts_its_parent_from_its_kept_children(server: LocalServer) -> None:
    shared = MemoryCache()
    with _open(server, shared) as session, _open(server, shared) as reader:
        project = session.query(Project).load(Project.name, Project.children).limit(1).all()[0]
        session.create(Task, name="lost", parent=project)
        server.faults.add(DropReply(), action="create")
        server.faults.add(Reset(), action="query", times=5)
        with pytest.raises(OutcomeUnknown):
            session.commit()
        server.faults.clear()
        again = reader.get(Project, project.id)
        assert again is not None
        assert "lost" in [child.name for child in again.children]


def test_what_was_written_by_hand_is_not_kept_as_it_was(server: LocalServer) -> None:
    shared = MemoryCache()
    with _open(server, shared) as session, _open(server, shared) as reader:
        task = session.query(Task).load(Task.name).limit(1).all()[0]
        gone = session.create(Task, name="gone", parent=task.parent)
        session.commit()
        _call(session, task)
        operation: dict[str, Any] = {"action": "delete", "entity_type": "Task", "entity_key": [gone.id]}
        session.call([operation])
        again = reader.get(Task, task.id)
        assert again is not None
        assert again.name == "afterwards"
        assert reader.get(Task, gone.id) is None


def test_a_refused_commit_leaves_what_is_kept(server: LocalServer) -> None:
    shared = MemoryCache()
    with _open(server, shared) as session:
        task = session.query(Task).load(Task.name).limit(1).all()[0]
        before = set(shared.keys())
        task.status_id = "no such status"
        with pytest.raises(Exception, match="no such status"):
            session.commit()
        assert set(shared.keys()) == before
