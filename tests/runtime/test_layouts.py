"""Rows of any layout are read, and the functions made for layouts do the least."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from ftrack_entities import Task
from ftrack_typed import Session
from ftrack_typed.identity.hydration import Hydrator
from ftrack_typed.identity.layouts import Moments, Namespace, Texts, raw, reading_code
from ftrack_typed.identity.map import IdentityMap
from ftrack_typed.unit_of_work.changes import ChangeTracker

PATHS = ("name", "bid", "status.name", "parent.name", "start_date")


@pytest.fixture
def hydrator(session: Session) -> Hydrator:
    return Hydrator(session, session.types, IdentityMap(), ChangeTracker())


def row(number: int, statuses: int) -> dict[str, Any]:
    return {
        "__entity_type__": "Task",
        "id": f"task-{number}",
        "name": f"task {number}",
        "bid": 1.5,
        "start_date": {"__type__": "datetime", "value": f"2031-05-04T10:20:{number % 60:02d}"},
        "status": {"__entity_type__": "Status", "id": f"status-{number % statuses}", "name": "Done"},
        "parent": {"__entity_type__": "Shot", "id": f"shot-{number}", "name": "010"},
    }


def body(rows: list[dict[str, Any]]) -> bytes:
    return json.dumps([{"action": "query", "data": rows, "metadata": {}}]).encode()


def python_calls(hydrator: Hydrator, page: bytes) -> int:
    """Calls of functions written in Python while a page is read."""
    calls = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    sys.setprofile(count)
    try:
        rows, _ = hydrator.page(Task, PATHS, page)
    finally:
        sys.setprofile(None)
    assert rows
    return calls


def test_a_page_costs_one_call_for_each_entity(hydrator: Hydrator) -> None:
    held, _ = hydrator.page(Task, PATHS, body([row(0, 3)]))
    few = python_calls(hydrator, body([row(number, 3) for number in range(1, 201)]))
    many = python_calls(hydrator, body([row(number, 3) for number in range(201, 601)]))
    # A task and its shot each; the statuses and moments repeat.
    assert many - few == pytest.approx(200 * 2, abs=10)
    assert held[0].status.name == "Done"


def test_rows_of_many_layouts(hydrator: Hydrator) -> None:
    rows = [row(number, 5) for number in range(128)]
    optional = ("name", "bid", "start_date", "status", "parent")
    for number, each in enumerate(rows):
        for place, name in enumerate(optional):
            if number >> place & 1:
                del each[name]
        each["unasked"] = number
    read, _ = hydrator.page(Task, PATHS, body(rows))
    assert [sorted(vars(entity)) for entity in read] == [
        sorted(each.keys() - {"__entity_type__", "unasked"}) for each in rows
    ]


def test_a_name_is_never_code() -> None:
    names = Namespace()
    hostile = "']; raise SystemExit #\n\\"
    code = reading_code(
        frozenset({hostile}), {hostile: (hostile[::-1], raw)}, ["return loaded"], "other", names
    )
    read = names.define(code, "rows")
    assert read({hostile: 1}) == {hostile[::-1]: 1}


@pytest.mark.parametrize("text", ["2031-05-04", "2031-13-04T10:20:30", "tomorrow", 5, 2.5, ""])
def test_only_moments_are_remembered(text: Any) -> None:
    moments = Moments()
    try:
        found = moments[text]
    except ValueError:
        assert text not in moments
    else:
        assert found is moments[text]
        assert found is not None
        assert found.tzinfo is not None


def test_texts_are_checked_once_and_numbers_each_time() -> None:
    reported: list[str] = []
    texts = Texts(lambda value: f"text {value}", ["task", "show"], reported.append)
    first = "".join(["oth", "er"])
    assert [texts[value] for value in ("task", None, first, "".join(["ot", "her"]))] == [
        "task",
        None,
        "other",
        "other",
    ]
    assert texts["other"] is first
    assert reported == ["other"]
    assert [texts[value] for value in (1, True, 1.0)] == ["text 1", "text True", "text 1.0"]


def test_what_is_kept_for_a_reply_is_forgotten_after_it(hydrator: Hydrator) -> None:
    (one,), _ = hydrator.page(Task, ("context_type",), body([{**row(1, 1), "context_type": "task"}]))
    (two,), _ = hydrator.page(Task, ("context_type",), body([{**row(2, 1), "context_type": "task"}]))
    shape = hydrator._shape(Task, ("context_type",))
    assert shape is not None
    kept = [each for each in shape._names.globals.values() if isinstance(each, (Texts, Moments))]
    assert kept
    assert not any(kept)
    assert one.context_type == two.context_type == "task"
