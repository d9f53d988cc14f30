"""What a commit, refused or not, and a rollback leave behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.runtime.commits.conftest import Load, row, sent

from ftrack_entities import Metadata, Status
from ftrack_typed import Session
from ftrack_typed.errors import ServerError

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback


REFUSED = {"exception": "IntegrityError", "content": "no", "error_code": None}


# -- after a commit --------------------------------------------------------------------------------


def test_a_refused_commit_keeps_everything(scripted: Session, loopback: Loopback, load: Load) -> None:
    task, doomed = load("Task", "t1", name="a"), load("Task", "t2")
    task.name = "b"
    made = scripted.create(Status, name="x")
    scripted.delete(doomed)
    loopback.answer_once(REFUSED)
    with pytest.raises(ServerError, match="IntegrityError"):
        scripted.commit()
    first = loopback.received.pop().body
    assert (scripted.created, scripted.modified, scripted.deleted) == ([made], [task], [doomed])
    loopback.answer_once([])
    scripted.commit()
    assert loopback.received.pop().body == first
    assert (scripted.created, scripted.modified, scripted.deleted) == ([], [], [])


def test_the_server_may_choose_the_key(scripted: Session, loopback: Loopback) -> None:
    made = scripted.create(Status, name="x")
    old = made.id
    loopback.answer_once([{"action": "create", "data": row("Status", "chosen", name="x", sort=7)}])
    scripted.commit()
    assert made.id == "chosen"
    assert made.sort == 7
    assert scripted.get(Status, "chosen") is made
    loopback.answer_once([{"data": []}])
    assert scripted.get(Status, old) is None


def test_results_are_merged(scripted: Session, loopback: Loopback, load: Load) -> None:
    task = load("Task", "t1", name="a")
    task.name = "b"
    loopback.answer_once([{"action": "update", "data": row("Task", "t1", name="B", description="filled in")}])
    scripted.commit()
    assert (task.name, task.description) == ("B", "filled in")
    assert scripted.modified == []


@pytest.mark.parametrize(
    "results",
    [
        [None],
        [5],
        [{}],
        [{"data": None}],
        [{"data": True}],
        [{"data": {"name": "b"}}],
        [{"data": [1]}],
        [{}, {}, {}],
    ],
)
def test_odd_results_do_not_undo_a_commit(
    scripted: Session, loopback: Loopback, load: Load, results: list[Any]
) -> None:
    task = load("Task", "t1", name="a")
    task.name = "b"
    loopback.answer_once(results)
    scripted.commit()
    assert task.name == "b"
    assert len(scripted.recorded_operations) == 0


def test_entities_whose_key_the_server_chooses_stay_apart(scripted: Session, loopback: Loopback) -> None:
    events = [scripted.create("Event", {"action": f"a{index}"}) for index in range(2)]
    events[0]["data"] = "first"
    events[1]["data"] = "second"
    loopback.answer_once([{"data": row("Event", f"e{index}")} for index in range(2)])
    scripted.commit()
    operations = sent(loopback)
    assert [each["action"] for each in operations] == ["create", "create"]
    assert [each["entity_data"]["data"] for each in operations] == ["first", "second"]
    assert [event["id"] for event in events] == ["e0", "e1"]


# -- rollback --------------------------------------------------------------------------------------


def test_rollback_of_key_value_rows(scripted: Session, load: Load) -> None:
    def pair(key: str, value: str) -> dict[str, Any]:
        return {"__entity_type__": "Metadata", "parent_id": "t1", "key": key, "value": value}

    task = load("Task", "t1", metadata=[pair("a", "1"), pair("b", "2")])
    held = task.metadata
    held["a"] = "changed"
    held["new"] = "x"
    del held["b"]
    assert dict(held) == {"a": "changed", "new": "x"}
    load("Task", "t1", metadata=[pair("a", "1"), pair("b", "3"), pair("c", "4")])
    assert dict(held) == {"a": "changed", "new": "x"}
    scripted.rollback()
    assert task.metadata is held
    assert dict(held) == {"a": "1", "b": "3", "c": "4"}


def test_committed_key_value_rows_follow_the_server_again(scripted: Session, load: Load) -> None:
    task = load("Task", "t1", metadata=[])
    task.metadata["a"] = "1"
    assert scripted.modified == [task]
    scripted.commit()
    assert scripted.modified == []
    assert dict(task.metadata) == {"a": "1"}
    load("Task", "t1", metadata=[])
    assert dict(task.metadata) == {}


def test_rollback_of_a_row_deleted_and_made_anew(scripted: Session, load: Load) -> None:
    kept = load("Metadata", "", parent_id="t1", key="k", value="1")
    scripted.delete(kept)
    scripted.create(Metadata, parent_id="t1", key="k", value="2")
    scripted.rollback()
    assert scripted.get("Metadata", ["t1", "k"]) is kept
    assert kept.session is scripted
    assert kept.value == "1"


def test_rollback_of_a_refused_commit(scripted: Session, loopback: Loopback, load: Load) -> None:
    task = load("Task", "t1", name="a", scopes=[row("Scope", "x1")])
    scopes = task.scopes
    task.name = "b"
    scopes.clear()
    loopback.answer_once(REFUSED)
    with pytest.raises(ServerError):
        scripted.commit()
    scripted.rollback()
    assert task.name == "a"
    assert [scope.id for scope in scopes] == ["x1"]
    assert len(scripted.recorded_operations) == 0
