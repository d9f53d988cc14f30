"""What a commit sends and leaves behind, seen from outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from ftrack_entities import Shot, Task, User
from ftrack_typed import NOT_SET, Session, inspection
from ftrack_typed.symbol import MODIFIED

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback


def _task(session: Session, name: str) -> Any:
    return session.create("Task", {"name": name, "parent": session.query(Shot).first()})


@pytest.mark.parametrize("persisted", [True, False])
def test_a_collection_takes_entities_made_one_after_the_other(
    session: Session, other_session: Session, persisted: bool
) -> None:
    author = session.query(User).first()
    task = _task(session, f"one-after-the-other-{persisted}")
    if persisted:
        session.commit()
    for text in ("a", "b"):
        task["notes"].append(session.create("Note", {"content": text, "author": author}))
    task["description"] = "between"
    task["notes"].extend(session.create("Note", {"content": text, "author": author}) for text in "cd")
    task["notes"].pop(1)
    session.commit()
    again = other_session.query(Task).where(Task.id == task["id"]).load("notes.content", "description").one()
    assert sorted(note.content for note in again.notes) == ["a", "c", "d"]
    assert again.description == "between"


def test_the_collection_goes_behind_what_it_holds(scripted: Session, loopback: Loopback) -> None:
    task = scripted.create("Task", {"name": "t", "parent_id": "p"})
    for text in ("a", "b"):
        task["notes"].append(scripted.create("Note", {"content": text, "user_id": "u"}))
    loopback.answer_once([{"action": "create", "data": {}}] * 3 + [{"action": "update", "data": {}}])
    scripted.commit()
    sent = loopback.received[-1].operations
    assert [(each["action"], each["entity_type"]) for each in sent] == [
        ("create", "Task"),
        ("create", "Note"),
        ("create", "Note"),
        ("update", "Task"),
    ]
    assert [note["id"] for note in sent[-1]["entity_data"]["notes"]] == [
        each["entity_key"][0] for each in sent[1:3]
    ]


def test_what_is_taken_off_the_stack_by_hand_is_not_sent(
    session: Session, other_session: Session, calls: Callable[[], int]
) -> None:
    kept = _task(session, "stack")
    kept["metadata"]["a"] = "1"
    session.commit()
    kept["description"] = "never"
    kept["metadata"]["b"] = "2"
    new, gone = _task(session, "stack-new"), _task(session, "stack-gone")
    session.delete(gone)
    session.recorded_operations.clear()
    assert inspection.states([kept, new, gone]) == [NOT_SET] * 3
    assert (session.created, session.modified, session.deleted) == ([], [], [])
    assert kept["description"] == "never"
    before = calls()
    session.commit()
    assert calls() == before
    kept["description"] = "now"
    assert inspection.state(kept) is MODIFIED
    session.commit()
    assert inspection.state(kept) is NOT_SET
    again = other_session.query(Task).where(Task.id == kept["id"]).load("description", "metadata").one()
    assert (again.description, dict(again.metadata)) == ("now", {"a": "1"})


def test_the_last_operation_may_be_taken_back(session: Session, other_session: Session) -> None:
    task = _task(session, "stack-pop")
    session.commit()
    task["description"] = "first"
    task["name"] = "never"
    taken: Any = session.recorded_operations.pop()
    assert (taken.entity, taken.attribute_name) == (task, "name")
    assert inspection.state(task) is MODIFIED
    session.commit()
    again = other_session.get(Task, task["id"])
    assert again is not None
    assert (again.name, again.description) == ("stack-pop", "first")


@pytest.mark.parametrize("new", [True, False])
def test_of_a_relation_and_its_key_the_last_is_sent(
    session: Session, other_session: Session, new: bool
) -> None:
    first, second = session.query("Status").all()[:2]
    for last in ("relation", "key"):
        task = _task(session, f"halves-{new}-{last}")
        if not new:
            session.commit()
        if last == "key":
            task["status"] = first
            task["status_id"] = second["id"]
        else:
            task["status_id"] = first["id"]
            task["status"] = second
        assert task["status"] is second
        session.commit()
        again = other_session.query(Task).where(Task.id == task["id"]).load("status_id", "status").one()
        assert (again.status_id, again.status.id) == (second["id"], second["id"])


def test_the_key_replaces_the_relation_given_at_creation(session: Session, other_session: Session) -> None:
    first, second = session.query("Status").all()[:2]
    shot = session.query(Shot).first()
    task = session.create("Task", {"name": "halves-created", "parent": shot, "status": first})
    task["status_id"] = second["id"]
    session.commit()
    assert (
        other_session.query(Task).where(Task.id == task["id"]).load("status_id").one().status_id
        == second["id"]
    )
