"""Entities as JSON and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ftrack_entities import Status, Task
from ftrack_typed import Session


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ("set_only", {"description": "first", "name": "new"}),
        ("modified_only", {"name": "new"}),
        ("persisted_only", {"description": "first", "name": "old"}),
    ],
)
def test_a_strategy_selects_attributes(
    open_session: Callable[..., Session], strategy: str, expected: dict[str, Any]
) -> None:
    session = open_session(auto_populate=False)
    task = session._hydrator.walk(
        {"__entity_type__": "Task", "id": "t1", "name": "old", "description": "first"}
    )
    task.name = "new"
    encoded = json.loads(session.encode(task, strategy))
    assert encoded == {"__entity_type__": "Task", "id": "t1", **expected}
    session.rollback()


def test_the_strategy_all_loads_what_is_missing(session: Session) -> None:
    status = session.query(Status).load(Status.id).first()
    encoded = json.loads(session.encode(status, "all"))
    assert status is not None
    assert encoded["name"] == status.name
    assert set(encoded) >= {"__entity_type__", "id", "name", "color", "sort"}


def test_there_are_no_other_strategies(session: Session) -> None:
    with pytest.raises(ValueError, match="Did you mean 'set_only'"):
        session.encode({}, "setonly")


def test_what_was_encoded_is_decoded_as_entities_of_no_session(session: Session) -> None:
    task = session.query(Task).load(Task.name, Task.end_date, Task.status.name, Task.assignments).first()
    assert task is not None
    decoded = session.decode(session.encode({"tasks": [task], "n": 1}))
    (again,) = decoded["tasks"]
    assert again == task
    assert again is not task
    assert again.session is None
    assert (again.name, again.end_date, again.status) == (task.name, task.end_date, task.status)
    assert list(again.assignments) == list(task.assignments)
    assert session.entity_reference(again) == {"__entity_type__": "Task", "id": task.id}
    assert session.decode(session.encode(again)) == again


def test_unknown_types_and_attributes_are_no_reason_to_fail(session: Session) -> None:
    data = session.decode(
        '[{"__entity_type__": "Nova", "id": "1"}, {"__entity_type__": "Task", "id": "t", "nova": 1}]'
    )
    assert data[0] == {"__entity_type__": "Nova", "id": "1"}
    assert session.entity_reference(data[1]) == {"__entity_type__": "Task", "id": "t"}
    with pytest.raises(ValueError, match="line 1 column 2"):
        session.decode("{")


def test_dates_come_back_as_the_same_moment(session: Session) -> None:
    decoded = session.decode(
        '[{"__type__": "datetime", "value": "2031-05-04T10:20:30+02:00"}, {"__type__": "date", "value": "2031-05-04"}]'
    )
    assert [moment.isoformat() for moment in decoded] == [
        "2031-05-04T08:20:30+00:00",
        "2031-05-04T00:00:00+00:00",
    ]
    assert session.decode(session.encode(decoded)) == decoded


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", object(), float("nan")])
def test_what_json_can_not_hold_is_refused(session: Session, value: Any) -> None:
    with pytest.raises(TypeError):
        session.encode({"value": value})
