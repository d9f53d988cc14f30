"""Units of work of several threads on one session, with faults on the way, against a model of what they do.

One thread works at a time, and the seed says which and what: a failing seed fails again. It stands in the name of
the test; ``FTRACK_TYPED_SEED=… pytest`` runs another one.
"""

from __future__ import annotations

import copy
import os
import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.sparse_rows import with_sparse_rows

from ftrack_entities import Shot, Task
from ftrack_local import LocalServer
from ftrack_local.testing import DropReply, Reset, Status, Truncate
from ftrack_typed import RetryPolicy, Session

SEEDS = [int(seed) for seed in os.environ.get("FTRACK_TYPED_SEED", "1 2 3 4").split()]
THREADS = 3
STEPS = 90
FAULTS = (Status(503), Reset(), DropReply(), Truncate(30))
DEFAULT = ["normal"]


@dataclass
class State:
    """What a task should be."""

    bid: float = 0.0
    difficulty: list[str] | None = field(default_factory=lambda: list(DEFAULT))
    metadata: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, task: Task) -> State:
        return cls(task.bid, task.custom_attributes["difficulty"], dict(task.metadata))


class FailedError(Exception):
    """Ends a block."""


class Worker:
    """A thread with tasks of its own, and what it expects of them."""

    def __init__(self, session: Session, server: LocalServer, shot: Shot, name: str, chance: random.Random):
        self.session, self.server, self.shot, self.name, self.chance = session, server, shot, name, chance
        self.tasks: dict[str, Task] = {}
        self.now: dict[str, State] = {}
        self.committed: dict[str, State] = {}
        self.made = 0

    def step(self) -> None:
        """Do something and look whether everything is as expected."""
        changes = [self.create, self.change, self.change, self.change, self.delete]
        self.chance.choice([*changes, self.read, self.commit, self.rollback, self.block])()
        self.check()

    def check(self) -> None:
        assert {key: State.of(self.tasks[key]) for key in self.now} == self.now
        created = {task.id for task in self.session.created if isinstance(task, Task)}
        deleted = {task.id for task in self.session.deleted if isinstance(task, Task)}
        assert created == self.now.keys() - self.committed.keys()
        assert deleted >= self.committed.keys() - self.now.keys()
        assert not deleted & self.now.keys()

    def create(self) -> None:
        self.made += 1
        state = State(float(self.made))
        given: dict[str, Any] = {}
        if self.chance.random() < 0.5:
            state.difficulty = ["hard"]
            given["custom_attributes"] = {"difficulty": "hard"}
        if self.chance.random() < 0.5:
            state.metadata = dict(given.setdefault("metadata", {"made": "yes"}))
        task = self.session.create(
            Task, name=f"{self.name} {self.made}", parent=self.shot, bid=state.bid, **given
        )
        self.tasks[task.id], self.now[task.id] = task, state

    def change(self) -> None:
        if not self.now:
            return
        key = self.chance.choice(sorted(self.now))
        task, state = self.tasks[key], self.now[key]
        what = self.chance.choice(["bid", "set", "none", "default", "metadata", "no metadata"])
        if what == "bid":
            task.bid = state.bid = float(self.chance.randrange(100))
        elif what == "set":
            state.difficulty = [self.chance.choice(["easy", "hard"])]
            task.custom_attributes["difficulty"] = list(state.difficulty)
        elif what == "none":
            task.custom_attributes["difficulty"] = state.difficulty = None
        elif what == "default":
            del task.custom_attributes["difficulty"]
            state.difficulty = list(DEFAULT)
        elif what == "metadata":
            name = self.chance.choice("abc")
            task.metadata[name] = state.metadata[name] = str(self.chance.randrange(100))
        elif state.metadata:
            name = self.chance.choice(sorted(state.metadata))
            del task.metadata[name], state.metadata[name]

    def delete(self) -> None:
        if self.now and self.chance.random() < 0.5:
            key = self.chance.choice(sorted(self.now))
            self.session.delete(self.tasks[key])
            del self.now[key]

    def read(self) -> None:
        self.session.query(Task).where(Task.parent.id == self.shot.id).load(
            Task.name, Task.bid, Task.metadata, Task.custom_attributes
        ).all()

    def commit(self) -> None:
        if self.session.recorded_operations and self.chance.random() < 0.5:
            self.server.faults.add(self.chance.choice(FAULTS))
        self.session.commit()
        self.committed = copy.deepcopy(self.now)

    def rollback(self) -> None:
        self.session.rollback()
        self.now = copy.deepcopy(self.committed)

    def block(self) -> None:
        before = copy.deepcopy(self.now)
        fails = self.chance.random() < 0.5
        try:
            with self.session.unit_of_work():
                for _ in range(self.chance.randrange(1, 5)):
                    self.chance.choice([self.create, self.change, self.change, self.delete])()
                if fails:
                    raise FailedError
        except FailedError:
            self.now = before
        else:
            self.committed = copy.deepcopy(self.now)


@pytest.fixture(scope="module", params=["dense", "sparse"])
def server(request: pytest.FixtureRequest, stock_documents: list[dict[str, Any]]) -> Iterator[LocalServer]:
    """A server with rows for all custom attributes, and one with rows for those that were set."""
    documents = stock_documents if request.param == "dense" else with_sparse_rows(stock_documents)
    with LocalServer(schema=documents) as server:
        yield server


@pytest.fixture
def opened(server: LocalServer) -> Iterator[Callable[[], Session]]:
    with ExitStack() as stack:

        def one() -> Session:
            retries = RetryPolicy(first_delay=0.001, longest_delay=0.01)
            return stack.enter_context(
                Session(server.url, server.api_key, server.api_user, schema_cache_path=False, retries=retries)
            )

        yield one


@pytest.mark.parametrize("seed", SEEDS)
def test_threads_take_turns(server: LocalServer, opened: Callable[[], Session], seed: int) -> None:
    chance = random.Random(seed)
    session = opened()
    shot = session.query(Shot).offset(seed % 20).first()
    assert shot is not None
    there = set(session.query(Task).select(Task.id).where(Task.parent.id == shot.id))
    workers = [
        Worker(session, server, shot, f"{seed} {index}", random.Random(f"{seed} {index}"))
        for index in range(THREADS)
    ]
    with ExitStack() as stack:
        threads = [stack.enter_context(ThreadPoolExecutor(1)) for _ in workers]
        for _ in range(STEPS):
            index = chance.randrange(THREADS)
            threads[index].submit(workers[index].step).result(60)
        for thread, worker in zip(threads, workers, strict=True):
            thread.submit(worker.rollback).result(60)
            thread.submit(worker.check).result(60)
    expected = {key: state for worker in workers for key, state in worker.committed.items()}
    found = opened().query(Task).where(Task.parent.id == shot.id).all()
    assert {task.id: State.of(task) for task in found if (task.id,) not in there} == expected
