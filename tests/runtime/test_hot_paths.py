"""What is done most often does the least: counted in calls, not in time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

import ftrack_typed
from ftrack_entities import Project, Task
from ftrack_typed import Entity, Session
from ftrack_typed.entity import UNSET, Attr, EntityInfo
from ftrack_typed.identity.straight import OFTEN

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback

CALLS_OF_A_COMMIT = 92
"""Calls of our own code to commit one change: nothing is done for what is held or could have changed."""
CALLS_OF_A_CHANGE = 8
"""Calls for one change more in a commit: its part of the batch, and its result, which straight code reads."""
CALLS_OF_CREATING = 11
"""Calls to record one entity more with four references: straight code makes it, no value is looked at by a call."""
CALLS_OF_A_CREATION = 10
"""Calls for one entity more in a commit that creates: no lookups by class, no value encoded on its own."""


def calls_of(action: Callable[[], object], place: str = "") -> list[str]:
    """Names of the functions written in Python that `action` calls, of those in files with `place` in their path."""
    called: list[str] = []

    def note(frame: FrameType, event: str, argument: Any) -> None:
        code = frame.f_code
        if event == "call" and code is not action.__code__ and place in code.co_filename:
            called.append(code.co_name)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(before)
    return called


def test_a_loaded_attribute_is_read_without_a_call() -> None:
    task = Task(name="modelling")
    assert calls_of(lambda: task.name) == []


def test_a_loaded_item_is_read_by_one_call() -> None:
    task = Task(name="modelling")
    assert calls_of(lambda: task["name"]) == ["__getitem__"]


class Twins(Entity):
    """A name of one attribute in Python is the name of another one on the wire."""

    __entity__: ClassVar[EntityInfo] = EntityInfo(
        "Twins", primary_key=("id",), wire_names={"from_": "from", "from__": "from_"}
    )
    from_: Attr[str] = UNSET
    from__: Attr[str] = UNSET


def test_items_have_their_wire_names() -> None:
    twins = Twins(from_="here", from__="there")
    assert (twins["from"], twins["from_"]) == ("here", "there")
    with pytest.raises(KeyError, match="from__"):
        twins["from__"]


@pytest.mark.parametrize("name", [5, None, ["name"], slice(2)])
def test_an_item_that_is_no_name(name: Any) -> None:
    with pytest.raises(KeyError):
        Task(name="modelling")[name]


def test_a_commit_of_one_change_does_little(session: Session) -> None:
    task = session.query(Task).first()
    assert task is not None

    def calls(value: str) -> int:
        task.description = value
        return len(calls_of(lambda: session.commit(), str(Path(ftrack_typed.__file__).parent)))

    calls("what is made once is made here")
    assert calls("changed") < CALLS_OF_A_COMMIT * 1.05


def calls_of_changes(session: Session, count: int) -> int:
    """Calls of the commit of a change of each of `count` new tasks."""
    project = session.query(Project).first()
    assert project is not None
    tasks = [
        session.create(Task, name=f"{count} {number}", parent=project, project=project)
        for number in range(count)
    ]
    session.commit()
    for task in tasks:
        task.description = "changed"
    return len(calls_of(lambda: session.commit()))


def test_a_change_costs_little_in_a_commit_of_many(session: Session) -> None:
    calls_of_changes(session, OFTEN)  # what is made once is made here
    few, many = calls_of_changes(session, 10), calls_of_changes(session, 110)
    assert (many - few) / 100 < CALLS_OF_A_CHANGE * 1.05


def calls_of_creating(session: Session, loopback: Loopback, count: int) -> tuple[list[str], list[str]]:
    """Calls of creating this many tasks with references, and of the commit of them."""
    related = {"parent": "Project", "project": "Project", "type": "Type", "status": "Status"}
    row = {wire: {"__entity_type__": name, "id": f"{name} 1"} for wire, name in related.items()}
    data = [{"__entity_type__": "Task", "id": "task 1", **row}]
    loopback.answer_once([{"action": "query", "data": data, "metadata": {}}])
    task = session.query(Task).load(Task.parent, Task.project, Task.type, Task.status).one()
    references = {wire: task[wire] for wire in related}
    made: list[Task] = []

    def create() -> None:
        for number in range(count):
            made.append(session.create("Task", {"name": f"{count} {number}", **references}))

    created = calls_of(create)
    moment = {"__type__": "datetime", "value": "2031-05-04T10:20:30"}
    results = [
        {
            "__entity_type__": "Task",
            "id": each.id,
            "name": each.name,
            "type_id": "Type 1",
            "created_at": moment,
        }
        for each in made
    ]
    loopback.answer_once([{"action": "create", "data": result} for result in results])
    return created, calls_of(lambda: session.commit())


def test_creating_costs_little_in_a_commit_of_many(scripted: Session, loopback: Loopback) -> None:
    calls_of_creating(scripted, loopback, OFTEN)  # what is made once is made here
    few, many = calls_of_creating(scripted, loopback, 10), calls_of_creating(scripted, loopback, 110)
    recorded, committed = ((len(one) - len(other)) / 100 for one, other in zip(many, few, strict=True))
    assert recorded < CALLS_OF_CREATING * 1.05
    assert committed < CALLS_OF_A_CREATION * 1.05
    assert [calls.count("straight") for calls in many] == [110, 110]


def test_a_body_is_read_in_few_pieces(scripted: Session, loopback: Loopback) -> None:
    data = [{"__entity_type__": "User", "id": f"u{number}", "username": "u" * 500} for number in range(500)]

    def pieces(count: int) -> int:
        loopback.answer_once([{"action": "query", "data": data[:count], "metadata": {}}])
        return calls_of(lambda: scripted.call([{"action": "query", "expression": "User"}])).count("generate")

    few, many = pieces(1), pieces(500)  # 270 kB
    assert many - few <= 6
