"""The garbage collector while a page is read: asked after each slice, and never in the way of what is read."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ftrack_entities import Task
from ftrack_typed import Session
from ftrack_typed.errors import MalformedResponseError
from ftrack_typed.identity.hydration import Hydrator
from ftrack_typed.identity.map import IdentityMap
from ftrack_typed.unit_of_work.changes import ChangeTracker
from ftrack_typed.wire.slices import SLICE

PATHS = ("name", "status.name", "start_date", "status_id", "priority_id")

Read = Callable[[bytes], list[Any]]


@pytest.fixture
def read(session: Session) -> Read:
    hydrator = Hydrator(session, session.types, IdentityMap(), ChangeTracker())
    hydrator.page(Task, PATHS, page(1))  # compiles the projection
    return lambda body: hydrator.page(Task, PATHS, body)[0]


@pytest.fixture
def collections() -> Iterator[list[int]]:
    """Generations that are collected."""
    found: list[int] = []

    def note(phase: str, facts: dict[str, int]) -> None:
        if phase == "start":
            found.append(facts["generation"])

    gc.callbacks.append(note)
    yield found
    gc.callbacks.remove(note)


def page(rows: int, status: str = "status-1") -> bytes:
    data = [
        {
            "__entity_type__": "Task",
            "id": f"task-{number}",
            "name": f"task {number}",
            "start_date": {"__type__": "datetime", "value": "2031-05-04T10:20:30"},
            "status": {"__entity_type__": "Status", "id": status, "name": "Done"},
            "status_id": status,
            "priority_id": None,
        }
        for number in range(rows)
    ]
    return json.dumps([{"action": "query", "data": data, "metadata": {}}]).encode()


def test_what_a_slice_brought_is_collected_once(read: Read, collections: list[int]) -> None:
    body = page(4000)
    collections.clear()
    rows = read(body)
    seen = list(collections)
    assert set(seen) == {0}
    assert len(body) / SLICE * 0.8 <= len(seen) <= len(body) / SLICE + 2
    assert rows[-1].status.name == "Done"


def test_few_rows_are_left_to_the_collector(read: Read, collections: list[int]) -> None:
    body = page(40)
    gc.collect()
    collections.clear()
    rows = read(body)
    assert collections == []
    assert len(rows) == 40


def test_a_collector_that_is_off_stays_off(read: Read, collections: list[int]) -> None:
    body = page(4000)
    gc.disable()
    try:
        collections.clear()
        rows = read(body)
        assert collections == []
        assert not gc.isenabled()
    finally:
        gc.enable()
    assert len(rows) == 4000


def test_the_collector_runs_again_after_an_error(read: Read) -> None:
    with pytest.raises(MalformedResponseError):
        read(page(4000)[:-200])
    assert gc.isenabled()


def test_a_finalizer_may_ask_the_same_query_while_a_page_is_read(read: Read) -> None:
    class Finalised:
        def __init__(self, found: list[Any]) -> None:
            self.found = found
            self.cycle = self

        def __del__(self) -> None:
            self.found += read(page(3, "status-2"))

    found: list[Any] = []
    body = page(4000)
    gc.collect()
    Finalised(found)
    rows = read(body)
    assert [row.name for row in found] == ["task 0", "task 1", "task 2"]
    assert [row.name for row in rows] == [f"task {number}" for number in range(4000)]
    assert {row.start_date for row in rows} == {found[0].start_date}
    assert rows[-1].status.id == "status-1"


def test_foreign_keys_of_a_page_are_one_text(read: Read) -> None:
    rows = read(page(500))
    assert len({id(row.status_id) for row in rows}) == 1
    assert {row.priority_id for row in rows} == {None}
