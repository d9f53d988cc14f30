"""Sessions shared by threads, forked for workers, and carried through ``os.fork``: docs/threads.md."""

from __future__ import annotations

import gc
import json
import logging
import os
import random
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ftrack_entities import Shot, Task
from ftrack_typed import Session
from ftrack_typed.errors import ConnectionClosedError

from .conftest import Loopback

Calls = Callable[[], int]


class Meeting(threading.Event):
    """A gate that opens when so many requests stand before it."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._barrier = threading.Barrier(count)

    def wait(self, timeout: float | None = None) -> bool:
        self._barrier.wait(timeout)
        return True


def rows(*found: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"action": "query", "data": list(found), "metadata": {"next": {"offset": None}}}]


# -- reading ---------------------------------------------------------------------------------------


def test_reads_of_many_threads_are_under_way_at_once(scripted: Session, loopback: Loopback) -> None:
    task = {"__entity_type__": "Task", "id": "t1", "name": "x"}
    loopback.answer_once(rows(task), gate=Meeting(8))
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(scripted.query("select name from Task").all) for _ in range(8)]
        found = [each.result(20)[0] for each in asked]
    assert len(found) == 8
    assert all(each is found[0] for each in found)


@pytest.mark.parametrize("threads", [1, 4, 24])
def test_connections_are_as_many_as_threads_and_stay(
    scripted: Session, loopback: Loopback, threads: int
) -> None:
    task = {"__entity_type__": "Task", "id": "t1", "name": "x"}
    loopback.connections.clear()
    fork = scripted.fork()
    for session in (scripted, fork, scripted):
        # No request is answered before all are there.
        loopback.answer_once(rows(task), gate=Meeting(threads))
        with ThreadPoolExecutor(threads) as pool:
            asked = [pool.submit(session.query("select name from Task").all) for _ in range(threads)]
            assert [len(each.result(20)) for each in asked] == [1] * threads
    assert len(loopback.connections) == threads
    fork.close()


def test_missing_attributes_read_by_many_threads(session: Session) -> None:
    tasks = session.query("select id from Task order by id limit 100").all()
    expected = session.query(Task).select(Task.bid, Task.status.name).order_by(Task.id).limit(100).all()
    barrier = threading.Barrier(6)

    def read(seed: int) -> dict[str, tuple[Any, Any]]:
        order = list(tasks)
        random.Random(seed).shuffle(order)
        barrier.wait(10)
        return {task.id: (task.bid, task.status.name) for task in order}

    with ThreadPoolExecutor(6) as pool:
        for found in pool.map(read, range(6), timeout=60):
            assert [found[task.id] for task in tasks] == expected


# -- a unit of work belongs to a thread ------------------------------------------------------------


def test_a_thread_sees_and_takes_back_its_own_work(session: Session) -> None:
    tasks = session.query("select name from Task order by id limit 3").all()
    names = [task.name for task in tasks]
    tasks[0].name = "mine"
    mine = session.create("Task", {"name": "made here", "parent": tasks[0].parent})

    def other() -> list[int]:
        seen = [len(session.recorded_operations), len(session.created), len(session.modified)]
        tasks[1].name = "theirs"
        session.delete(tasks[2])
        seen.append(len(session.recorded_operations))
        session.rollback()
        return [*seen, len(session.deleted)]

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(other).result(10) == [0, 0, 0, 2, 0]
    assert [task.name for task in tasks] == ["mine", *names[1:]]
    assert (session.created, session.modified) == ([mine], [tasks[0]])
    session.rollback()
    assert tasks[0].name == names[0]


def test_threads_take_back_what_each_changed_of_one_entity(session: Session) -> None:
    task = session.query(Task).load(Task.name, Task.description, Task.bid).first()
    assert task is not None
    before = task.name, task.description, task.bid
    with ThreadPoolExecutor(1) as pool:

        def elsewhere(name: str, value: object) -> None:
            pool.submit(setattr, task, name, value).result(10)

        task.name = "mine"
        elsewhere("description", "theirs")
        elsewhere("bid", 1.5)
        task.bid = 2.5  # who changes an attribute last takes it back
        pool.submit(session.rollback).result(10)
        assert (task.name, task.description, task.bid) == ("mine", before[1], 2.5)
        elsewhere("name", "theirs")
        session.rollback()
        assert (task.name, task.description, task.bid) == ("theirs", *before[1:])
        pool.submit(session.rollback).result(10)
    assert (task.name, task.description, task.bid) == before


def test_work_of_a_thread_that_ended_is_told(session: Session, caplog: pytest.LogCaptureFixture) -> None:
    task = session.query(Task).first()
    assert task is not None
    thread = threading.Thread(target=setattr, args=(task, "name", "left behind"), name="worker 7")
    thread.start()
    thread.join(10)
    with caplog.at_level(logging.WARNING, "ftrack_typed.session"):
        session.commit()
        session.commit()
        assert [record.getMessage() for record in caplog.records] == [
            "Thread 'worker 7' ended with 1 operations not committed; a thread commits its own work only."
        ]
        session.close()
    assert "closed with 1 operations" in caplog.records[-1].getMessage()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_units_of_work_side_by_side(session: Session, other_session: Session, seed: int) -> None:
    shot = session.query(Shot).first()

    def work(index: int) -> dict[str, tuple[str, float]]:
        chance = random.Random(f"{seed} {index}")
        committed: dict[str, tuple[str, float]] = {}
        held: dict[str, Any] = {}
        local: dict[str, tuple[str, float]] = {}
        for turn in range(12):
            action = chance.choice(["create", "change", "commit", "rollback", "read"])
            if action == "create":
                task = session.create(Task, name=f"side {seed} {index} {turn}", parent=shot, bid=1.0)
                held[task.id] = task
                local[task.id] = (task.name, 1.0)
            elif action == "change" and local:
                key = chance.choice(sorted(local))
                held[key].bid = bid = float(turn)
                local[key] = (local[key][0], bid)
            elif action == "commit":
                session.commit()
                committed = dict(local)
            elif action == "rollback":
                session.rollback()
                local = dict(committed)
            else:
                session.query("select name, bid from Task order by id limit 20").all()
            assert {key: held[key].bid for key in local} == {key: bid for key, (_, bid) in local.items()}
        session.rollback()
        return committed

    with ThreadPoolExecutor(5) as pool:
        expected: dict[str, tuple[str, float]] = {}
        for committed in pool.map(work, range(5), timeout=100):
            expected.update(committed)
    found = (
        other_session.query(Task).select(Task.id, Task.name, Task.bid).where(Task.name.like(f"side {seed} %"))
    )
    assert {key: (name, bid) for key, name, bid in found} == expected
    for task in session.query(Task).where(Task.name.like(f"side {seed} %")):
        session.delete(task)
    session.commit()


# -- sessions for workers --------------------------------------------------------------------------


def test_a_fork_shares_what_does_not_change(session: Session, calls: Calls) -> None:
    before = calls()
    fork = session.fork()
    assert calls() == before
    assert fork.types is session.types
    assert fork.schemas is session.schemas
    here, there = (each.query("select name from Task order by id limit 1")[0] for each in (session, fork))
    assert here == there
    assert here is not there
    assert type(here) is type(there)
    there.name = "in the fork"
    assert (len(fork.recorded_operations), len(session.recorded_operations)) == (1, 0)
    fork.close()
    assert not session.closed
    assert session.query("select id from Task limit 1").all()


def test_a_fork_outlives_its_origin(session: Session) -> None:
    fork = session.fork()
    session.close()
    with fork:
        assert fork.query("select id from Task limit 1").all()
    with pytest.raises(ConnectionClosedError):
        fork.query("select id from Task limit 1").all()
    with pytest.raises(ConnectionClosedError):
        fork.fork()


def test_budgets_and_switches_are_of_one_fork(session: Session) -> None:
    fork = session.fork()
    with session.budget(0), session.auto_populating(False):
        assert fork.auto_populate
        assert fork.query("select id from Task limit 1").all()
    dropped = weakref.ref(fork)
    del fork
    gc.collect()
    assert dropped() is None


# -- processes -------------------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no os.fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_has_connections_of_its_own(session: Session) -> None:
    task = session.query("select name from Task order by id limit 1")[0]
    name = task.name
    task.name = "of the parent"
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        told: dict[str, Any] = {}
        try:
            told["pending"] = len(session.recorded_operations)
            told["name"] = task.name
            told["found"] = [each.id for each in session.query("select id from Task order by id limit 30")]
        except BaseException as error:
            told["error"] = repr(error)
        finally:
            os.write(writing, json.dumps(told).encode())
            os._exit(0)
    os.close(writing)
    here = [session.query("select id from Task order by id limit 30").all() for _ in range(5)]
    with os.fdopen(reading) as pipe:
        told = json.loads(pipe.read())
    os.waitpid(child, 0)
    assert told == {"pending": 0, "name": name, "found": [each.id for each in here[0]]}
    assert task.name == "of the parent"
    assert len(session.recorded_operations) == 1
    session.rollback()
