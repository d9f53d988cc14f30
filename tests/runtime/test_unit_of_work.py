"""What a commit sends, byte for byte, and what it leaves behind; the server is a loopback that records."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from ftrack_entities import Metadata, Note, Scope, Status, Task, TypedContextLink
from ftrack_typed import NOT_SET, Session
from ftrack_typed.errors import (
    DuplicateItemInCollectionError,
    InvalidStateError,
    OperationError,
    ServerError,
    UnrecognisedEntityTypeError,
)
from ftrack_typed.unit_of_work.operations import Operation

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback

REFUSED = {"exception": "IntegrityError", "content": "no", "error_code": None}


def row(kind: str, identifier: str, /, **values: Any) -> dict[str, Any]:
    return {"__entity_type__": kind, "id": identifier, **values}


@pytest.fixture
def load(scripted: Session, loopback: Loopback) -> Callable[..., Any]:
    """Loads one entity with these values, as if a query had given it."""

    def one(kind: str, identifier: str, /, **values: Any) -> Any:
        loopback.answer_once([{"data": [row(kind, identifier, **values)]}])
        (entity,) = scripted.call([{"action": "query", "expression": kind}])[0]["data"]
        loopback.answer_once([])
        loopback.received.clear()
        return entity

    return one


def sent(loopback: Loopback) -> list[dict[str, Any]]:
    """The operations of the only request since the last look."""
    (request,) = loopback.received
    loopback.received.clear()
    operations: list[dict[str, Any]] = request.operations
    return operations


# -- payloads --------------------------------------------------------------------------------------


def test_a_create(scripted: Session, loopback: Loopback, load: Callable[..., Any]) -> None:
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


def test_an_update_carries_what_changed(
    scripted: Session, loopback: Loopback, load: Callable[..., Any]
) -> None:
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


def test_a_delete_carries_no_data(scripted: Session, loopback: Loopback, load: Callable[..., Any]) -> None:
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


def test_collections_are_lists_of_references(
    scripted: Session, loopback: Loopback, load: Callable[..., Any]
) -> None:
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
    scripted: Session, loopback: Loopback, load: Callable[..., Any]
) -> None:
    task = load("Task", "t1", scopes=[])
    made = scripted.create(Scope, name="new")
    task.scopes.append(made)
    scripted.commit()
    assert [each["action"] for each in sent(loopback)] == ["create", "update"]


def test_names_python_keeps_for_itself_and_their_keys_stay_in_step(
    scripted: Session, loopback: Loopback, load: Callable[..., Any]
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


def test_deleting_twice_is_deleting(scripted: Session, loopback: Loopback, load: Callable[..., Any]) -> None:
    task = load("Task", "t1")
    scripted.delete(task)
    scripted.delete(task)
    scripted.commit()
    assert len(sent(loopback)) == 1


def test_what_is_deleted_is_not_updated(
    scripted: Session, loopback: Loopback, load: Callable[..., Any]
) -> None:
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


def test_unrecorded_changes_are_neither_sent_nor_listed(
    scripted: Session, loopback: Loopback, load: Callable[..., Any]
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


# -- after a commit --------------------------------------------------------------------------------


def test_a_refused_commit_keeps_everything(
    scripted: Session, loopback: Loopback, load: Callable[..., Any]
) -> None:
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


def test_results_are_merged(scripted: Session, loopback: Loopback, load: Callable[..., Any]) -> None:
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
    scripted: Session, loopback: Loopback, load: Callable[..., Any], results: list[Any]
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


def test_rollback_of_key_value_rows(scripted: Session, load: Callable[..., Any]) -> None:
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


def test_committed_key_value_rows_follow_the_server_again(
    scripted: Session, load: Callable[..., Any]
) -> None:
    task = load("Task", "t1", metadata=[])
    task.metadata["a"] = "1"
    assert scripted.modified == [task]
    scripted.commit()
    assert scripted.modified == []
    assert dict(task.metadata) == {"a": "1"}
    load("Task", "t1", metadata=[])
    assert dict(task.metadata) == {}


def test_rollback_of_a_row_deleted_and_made_anew(scripted: Session, load: Callable[..., Any]) -> None:
    kept = load("Metadata", "", parent_id="t1", key="k", value="1")
    scripted.delete(kept)
    scripted.create(Metadata, parent_id="t1", key="k", value="2")
    scripted.rollback()
    assert scripted.get("Metadata", ["t1", "k"]) is kept
    assert kept.session is scripted
    assert kept.value == "1"


def test_rollback_of_a_refused_commit(
    scripted: Session, loopback: Loopback, load: Callable[..., Any]
) -> None:
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


# -- several threads -------------------------------------------------------------------------------


@pytest.fixture
def elsewhere() -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """Does something in another thread, the same one each time."""
    with ThreadPoolExecutor(1) as pool:
        yield lambda action: pool.submit(action)


@pytest.fixture
def in_flight(
    scripted: Session, loopback: Loopback, elsewhere: Callable[[Callable[[], Any]], Any]
) -> Callable[[Callable[[], object]], None]:
    """Does something while the commit of another thread waits for its answer."""

    def meanwhile(action: Callable[[], object]) -> None:
        gate = threading.Event()
        loopback.answer_once([], gate=gate)
        commit = elsewhere(scripted.commit)
        try:
            assert loopback.waiting.wait(10)
            action()
        finally:
            gate.set()
            commit.result(10)
        loopback.answer_once([])

    return meanwhile


def test_what_is_recorded_during_a_commit_is_sent_by_the_next(
    scripted: Session,
    loopback: Loopback,
    load: Callable[..., Any],
    in_flight: Callable[[Callable[[], object]], None],
    elsewhere: Callable[[Callable[[], Any]], Any],
) -> None:
    task = load("Task", "t1", name="a", bid=1.0)
    other = load("Task", "t2", name="a")
    elsewhere(lambda: setattr(task, "name", "b")).result(10)

    def record() -> None:
        task.name = "c"
        task.bid = 2.0
        other.name = "d"
        scripted.create(Status, name="made")

    in_flight(record)
    sent(loopback)
    assert (task.name, task.bid, other.name) == ("c", 2.0, "d")
    assert scripted.modified == [task, other]
    assert len(scripted.created) == 1
    scripted.commit()
    assert [(each["action"], each["entity_data"].get("name")) for each in sent(loopback)] == [
        ("update", "c"),
        ("update", "d"),
        ("create", "made"),
    ]
    assert scripted.modified == []


def test_a_collection_changed_during_a_commit_is_sent_by_the_next(
    scripted: Session,
    loopback: Loopback,
    load: Callable[..., Any],
    in_flight: Callable[[Callable[[], object]], None],
    elsewhere: Callable[[Callable[[], Any]], Any],
) -> None:
    scopes = [load("Scope", f"x{index}", name="s") for index in range(3)]
    task = load("Task", "t1", scopes=[])
    elsewhere(lambda: task.scopes.append(scopes[0])).result(10)
    in_flight(lambda: task.scopes.append(scopes[1]))
    assert [each["id"] for each in sent(loopback)[0]["entity_data"]["scopes"]] == ["x0"]
    assert list(task.scopes) == scopes[:2]
    scripted.commit()
    assert [each["id"] for each in sent(loopback)[0]["entity_data"]["scopes"]] == ["x0", "x1"]
    assert scripted.modified == []


def test_a_commit_sends_nothing_of_other_threads(
    scripted: Session,
    loopback: Loopback,
    in_flight: Callable[[Callable[[], object]], None],
    elsewhere: Callable[[Callable[[], Any]], Any],
) -> None:
    elsewhere(lambda: scripted.create(Status, name="x")).result(10)
    assert scripted.created == []
    scripted.commit()
    assert loopback.received == []
    in_flight(scripted.commit)
    assert len(sent(loopback)) == 1
    assert elsewhere(lambda: scripted.created).result(10) == []


# -- refused ---------------------------------------------------------------------------------------


def test_entities_of_nowhere(scripted: Session, load: Callable[..., Any]) -> None:
    with pytest.raises(InvalidStateError):
        scripted.delete(Task(name="loose"))
    with pytest.raises(UnrecognisedEntityTypeError):
        scripted.create("Nothing", {})


def test_collections_turn_around(scripted: Session, loopback: Loopback, load: Callable[..., Any]) -> None:
    task = load("Task", "t1", scopes=[row("Scope", f"x{index}") for index in range(3)])
    task.scopes.reverse()
    assert [scope.id for scope in task.scopes] == ["x2", "x1", "x0"]
    with pytest.raises(DuplicateItemInCollectionError):
        task.scopes[0] = task.scopes[1]
    task.scopes[0] = task.scopes[0]
    assert {} not in task.scopes
    assert task.scopes != [{}, {}, {}]
    scripted.rollback()


def test_foreign_entities_become_the_own_ones(
    scripted: Session, shared_session: Session, load: Callable[..., Any]
) -> None:
    foreign = shared_session.query("select id from Note")[0]
    task = load("Task", "t1", notes=[])
    task.notes.append(foreign)
    assert task.notes[0] == foreign
    assert task.notes[0].session is scripted
    assert task.notes[0] is scripted.get(Note, foreign.id)
    with pytest.raises(DuplicateItemInCollectionError):
        task.notes.append(foreign)
    assert task.notes[0].content is NOT_SET
