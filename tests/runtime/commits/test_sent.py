"""What a commit sends, byte for byte."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest
from tests.runtime.commits.conftest import Load, row, sent

from ftrack_entities import Metadata, Note, Scope, Status, Task, TypedContextLink
from ftrack_typed import NOT_SET, Session
from ftrack_typed.errors import (
    DuplicateItemInCollectionError,
    InvalidStateError,
    OperationError,
    UnencodableValueError,
    UnrecognisedEntityTypeError,
)
from ftrack_typed.unit_of_work.operations import Operation, UpdateEntityOperation

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback


# -- payloads --------------------------------------------------------------------------------------


def test_a_create(scripted: Session, loopback: Loopback, load: Load) -> None:
    parent = load("Shot", "c1", name="010")
    status = load("Status", "s1", name="wip")
    made = scripted.create(
        Task, name="comp", parent=parent, status=status, start_date=datetime(2031, 5, 4, tzinfo=timezone.utc)
    )
    scripted.commit()
    body = loopback.received[0].body
    (operation,) = sent(loopback)
    data = operation.pop("entity_data")
    assert operation == {"action": "create", "entity_type": "Task", "entity_key": [made.id]}
    assert set(data) - set(Task.__entity__.defaults) - {"name"} == {
        "__entity_type__",
        "parent",
        "status",
        "start_date",
    }
    assert data["parent"] == {"__entity_type__": "Shot", "id": "c1"}
    assert data["status"] == {"__entity_type__": "Status", "id": "s1"}
    assert data["start_date"] == {"__type__": "datetime", "value": "2031-05-04T00:00:00+00:00"}
    assert data["id"] == made.id
    assert body == json.dumps(json.loads(body), separators=(",", ":")).encode()


def test_an_update_carries_what_changed(scripted: Session, loopback: Loopback, load: Load) -> None:
    task = load("Task", "t1", name="a", bid=1.0)
    task.name = "b"
    task.name = "c"
    task.parent = None
    scripted.commit()
    assert sent(loopback) == [
        {
            "action": "update",
            "entity_type": "Task",
            "entity_key": ["t1"],
            "entity_data": {"__entity_type__": "Task", "id": "t1", "name": "c", "parent": None},
        }
    ]


def test_keys_are_sent_as_texts_in_the_order_of_the_schema(scripted: Session, loopback: Loopback) -> None:
    scripted.create(Metadata, key="k", parent_id="p", parent_type="Task", value="v")
    scripted.commit()
    (operation,) = sent(loopback)
    assert operation["entity_key"] == ["p", "k"]


def test_a_delete_carries_no_data(scripted: Session, loopback: Loopback, load: Load) -> None:
    task = load("Task", "t1")
    scripted.delete(task)
    scripted.commit()
    assert sent(loopback) == [{"action": "delete", "entity_type": "Task", "entity_key": ["t1"]}]
    assert task.session is None


def test_only_neighbours_merge(scripted: Session, loopback: Loopback) -> None:
    one = scripted.create(Status, name="one")
    one.color = "#111"
    two = scripted.create(Status, name="two")
    one.sort = 4
    one.name = "uno"
    scripted.commit()
    operations = sent(loopback)
    assert [(each["action"], each["entity_key"]) for each in operations] == [
        ("create", [one.id]),
        ("create", [two.id]),
        ("update", [one.id]),
    ]
    assert operations[0]["entity_data"]["color"] == "#111"
    assert operations[2]["entity_data"] == {
        "__entity_type__": "Status",
        "id": one.id,
        "sort": 4,
        "name": "uno",
    }


def test_collections_are_lists_of_references(scripted: Session, loopback: Loopback, load: Load) -> None:
    scope = load("Scope", "x1", name="one")
    task = load("Task", "t1", scopes=[row("Scope", "x2")])
    task.scopes.append(scope)
    scripted.commit()
    (operation,) = sent(loopback)
    assert operation["entity_data"]["scopes"] == [
        {"__entity_type__": "Scope", "id": "x2"},
        {"__entity_type__": "Scope", "id": "x1"},
    ]


def test_a_created_entity_in_a_collection_is_created_first(
    scripted: Session, loopback: Loopback, load: Load
) -> None:
    task = load("Task", "t1", scopes=[])
    made = scripted.create(Scope, name="new")
    task.scopes.append(made)
    scripted.commit()
    assert [each["action"] for each in sent(loopback)] == ["create", "update"]


def test_names_python_keeps_for_itself_and_their_keys_stay_in_step(
    scripted: Session, loopback: Loopback, load: Load
) -> None:
    one, two, three = (load("Task", f"t{index}", name="x") for index in range(3))
    link = scripted.create(TypedContextLink, from_=one, to=two)
    assert link.from_id == "t0"
    scripted.commit()
    (operation,) = sent(loopback)
    assert {"from", "to"} <= set(operation["entity_data"])
    assert not {"from_id", "to_id"} & set(operation["entity_data"])
    stored = load("TypedContextLink", "l9", **{"from": row("Task", "t0"), "from_id": "t0"})
    stored["from_id"] = "t2"
    assert stored.from_ is three
    stored["from"] = two
    assert stored.from_id == "t1"


# -- nothing to send -------------------------------------------------------------------------------


def test_created_and_deleted(scripted: Session, loopback: Loopback) -> None:
    made = scripted.create(Status, name="x")
    scripted.delete(made)
    assert scripted.created == []
    assert scripted.deleted == [made]
    scripted.commit()
    assert loopback.received == []
    assert scripted.deleted == []
    assert len(scripted.recorded_operations) == 0


def test_deleting_twice_is_deleting(scripted: Session, loopback: Loopback, load: Load) -> None:
    task = load("Task", "t1")
    scripted.delete(task)
    scripted.delete(task)
    scripted.commit()
    assert len(sent(loopback)) == 1


def test_what_is_deleted_is_not_updated(scripted: Session, loopback: Loopback, load: Load) -> None:
    task = load("Task", "t1", name="a")
    scripted.delete(task)
    task.name = "b"
    scripted.commit()
    assert [each["action"] for each in sent(loopback)] == ["delete"]


def test_an_unknown_operation_is_refused_and_kept(scripted: Session, loopback: Loopback) -> None:
    scripted.recorded_operations.push(Operation("Task", {"id": "t1"}))
    with pytest.raises(OperationError, match="can't be committed"):
        scripted.commit()
    assert loopback.received == []
    assert len(scripted.recorded_operations) == 1
    scripted.recorded_operations.pop()


def test_what_cannot_be_sent_is_named_with_its_place(
    scripted: Session, loopback: Loopback, load: Load
) -> None:
    load("Task", "t1", name="a").name = "b"
    scripted.recorded_operations.push(
        UpdateEntityOperation("Task", {"id": "t2"}, "bid", NOT_SET, {"hours": [1, float("nan")]})
    )
    with pytest.raises(UnencodableValueError, match="nan") as caught:
        scripted.commit()
    assert caught.value.path == "[1].entity_data.bid.hours[1]"
    assert len(scripted.recorded_operations) == 2
    assert loopback.received == []
    scripted.rollback()


@pytest.mark.parametrize("text", ["plain", "ünïcode 中文", "lone \ud800 surrogate", '"quoted" \\ \n'])
def test_any_text_arrives_as_ascii(scripted: Session, loopback: Loopback, load: Load, text: str) -> None:
    load("Task", "t1", name="a").name = text
    scripted.commit()
    assert loopback.received[0].body.isascii()
    (operation,) = sent(loopback)
    assert operation["entity_data"]["name"] == text


def test_unrecorded_changes_are_neither_sent_nor_listed(
    scripted: Session, loopback: Loopback, load: Load
) -> None:
    task = load("Task", "t1", name="a", bid=1.0)
    with scripted.operation_recording(False):
        task.name = "b"
    assert scripted.modified == []
    task.bid = 2.0
    assert scripted.modified == [task]
    scripted.commit()
    assert set(sent(loopback)[0]["entity_data"]) == {"__entity_type__", "id", "bid"}
    assert scripted.modified == []
    assert task.name == "b"
    scripted.rollback()
    assert (task.name, task.bid) == ("a", 2.0)


# -- refused ---------------------------------------------------------------------------------------


def test_entities_of_nowhere(scripted: Session, load: Load) -> None:
    with pytest.raises(InvalidStateError):
        scripted.delete(Task(name="loose"))
    with pytest.raises(UnrecognisedEntityTypeError):
        scripted.create("Nothing", {})


def test_collections_turn_around(scripted: Session, loopback: Loopback, load: Load) -> None:
    task = load("Task", "t1", scopes=[row("Scope", f"x{index}") for index in range(3)])
    task.scopes.reverse()
    assert [scope.id for scope in task.scopes] == ["x2", "x1", "x0"]
    with pytest.raises(DuplicateItemInCollectionError):
        task.scopes[0] = task.scopes[1]
    task.scopes[0] = task.scopes[0]
    assert {} not in task.scopes
    assert task.scopes != [{}, {}, {}]
    scripted.rollback()


def test_foreign_entities_become_the_own_ones(scripted: Session, shared_session: Session, load: Load) -> None:
    foreign = shared_session.query("select id from Note")[0]
    task = load("Task", "t1", notes=[])
    task.notes.append(foreign)
    assert task.notes[0] == foreign
    assert task.notes[0].session is scripted
    assert task.notes[0] is scripted.get(Note, foreign.id)
    with pytest.raises(DuplicateItemInCollectionError):
        task.notes.append(foreign)
    assert task.notes[0].content is NOT_SET
