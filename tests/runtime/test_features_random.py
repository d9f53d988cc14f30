"""Random work, with refused and lost batches in between: what a session shows is what the server has.

Each seed is a run that can be repeated.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ftrack_entities import Shot, Status, User
from ftrack_local import LocalServer
from ftrack_local.testing import DropReply
from ftrack_typed import Session, inspection
from ftrack_typed.errors import CommitStoppedError, ServerError
from ftrack_typed.symbol import DELETED

SEEDS = range(24)
MOVES = """
create create rename relate relate_by_key set_row set_row delete_row add_note add_note take_note delete_note delete
commit commit_in_chunks refused lost rollback block failing_block query
""".split()


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer(seed="demo") as running:
        yield running


def _open(server: LocalServer) -> Session:
    return Session(server.url, server.api_key, server.api_user, schema_cache_path=False)


class Work:
    """What one user does to tasks of their own, at random."""

    def __init__(self, session: Session, server: LocalServer, seed: int) -> None:
        self.session = session
        self.server = server
        self.random = random.Random(seed)
        self.shot: Any = session.query(Shot).first()
        self.author: Any = session.query(User).first()
        self.statuses: list[Any] = list(session.query(Status).limit(3))
        self.tasks: list[Any] = []
        self.count = 0

    def move(self) -> None:
        self.count += 1
        task = self.random.choice(self.alive() or [None])
        name = self.random.choice(MOVES)
        if name == "create":
            self.create()
        elif name in ("commit", "rollback"):
            getattr(self.session, name)()
        elif task is not None:
            move: Callable[[Any], None] = getattr(self, name)
            move(task)

    def alive(self) -> list[Any]:
        return [task for task in self.tasks if task.session and inspection.state(task) is not DELETED]

    def create(self) -> None:
        data = {"name": f"random {self.count}", "parent": self.shot, "metadata": {"a": "first"}}
        self.tasks.append(self.session.create("Task", data))

    def rename(self, task: Any) -> None:
        task["name"] = f"random {self.count}"

    def relate(self, task: Any) -> None:
        task["status"] = self.random.choice(self.statuses)

    def relate_by_key(self, task: Any) -> None:
        task["status_id"] = self.random.choice(self.statuses)["id"]

    def set_row(self, task: Any) -> None:
        task["metadata"][self.random.choice("abc")] = str(self.count)

    def delete_row(self, task: Any) -> None:
        if task["metadata"]:
            del task["metadata"][self.random.choice(list(task["metadata"]))]

    def add_note(self, task: Any) -> None:
        data = {"content": str(self.count), "author": self.author}
        task["notes"].append(self.session.create("Note", data))

    def take_note(self, task: Any) -> None:
        if task["notes"]:
            task["notes"].pop(self.random.randrange(len(task["notes"])))

    def delete_note(self, task: Any) -> None:
        if task["notes"]:
            self.session.delete(task["notes"].pop(0))

    def delete(self, task: Any) -> None:
        self.session.delete(task)

    def commit_in_chunks(self, task: Any) -> None:
        self.session.commit(chunk=self.random.randint(1, 4))

    def refused(self, task: Any) -> None:
        task["status_id"] = "no such status"
        with pytest.raises((ServerError, CommitStoppedError)):
            self.session.commit(chunk=self.random.choice([None, 1, 3]))
        if self.random.random() < 0.5:
            self.session.rollback()
        else:
            self.relate_by_key(task)

    def lost(self, task: Any) -> None:
        self.server.faults.add(DropReply(), action=self.random.choice(["create", "update", "delete"]))
        self.session.commit(chunk=self.random.choice([None, 2]))
        self.server.faults.clear()

    def block(self, task: Any) -> None:
        with self.session.unit_of_work():
            self.rename(task)
            self.set_row(task)
            self.add_note(task)

    def failing_block(self, task: Any) -> None:
        with pytest.raises(ZeroDivisionError), self.session.unit_of_work():  # noqa: PT012 - the block is what fails
            self.rename(task)
            self.set_row(task)
            self.add_note(task)
            raise ZeroDivisionError

    def query(self, task: Any) -> None:
        self.session.query(
            f'select name, status.name, notes, metadata from Task where id is "{task["id"]}"'
        ).all()


def _seen(task: Any) -> tuple[Any, ...]:
    notes = sorted(note["content"] for note in task["notes"])
    return task["name"], task["status_id"], task["status"]["id"], notes, dict(task["metadata"])


@pytest.mark.parametrize("seed", SEEDS)
def test_the_session_shows_what_the_server_has(server: LocalServer, seed: int) -> None:
    with _open(server) as session, _open(server) as fresh:
        work = Work(session, server, seed)
        for _ in range(work.random.randint(5, 25)):
            work.move()
        session.commit()
        assert not session.recorded_operations
        assert (session.created, session.modified, session.deleted) == ([], [], [])
        for task in work.tasks:
            there = fresh.get("Task", task["id"])
            assert (there is None) == (task.session is None)
            if there is not None:
                assert _seen(task) == _seen(there)
