"""Changing things through a session, against the local server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from tests.runtime.session_writing.conftest import read_again

from ftrack_entities import Asset, AssetVersion, Shot, Status, Task
from ftrack_typed import NOT_SET, Session
from ftrack_typed.errors import (
    ComputedAttributeError,
    DuplicateEntryError,
    DuplicateItemInCollectionError,
    ImmutableAttributeError,
    NotUniqueError,
    OperationError,
    UnknownAttributeError,
    ValueTypeError,
)
from ftrack_typed.unit_of_work.operations import CreateEntityOperation, UpdateEntityOperation

Calls = Callable[[], int]


# -- creating --------------------------------------------------------------------------------------


def test_create_is_sent_by_commit(session: Session, other_session: Session, shot: Shot, calls: Calls) -> None:
    before = calls()
    task = session.create(Task, name="comp", parent=shot, bid=7200)
    assert calls() == before
    assert session.created == [task]
    assert task.id
    assert task.parent is shot
    assert task.parent_id == shot.id
    assert read_again(other_session, task) is None
    session.commit()
    assert session.created == []
    assert len(session.recorded_operations) == 0
    found = read_again(other_session, task, "name", "bid", "parent.name", "project_id", "status.name")
    assert found.name == "comp"
    assert found.bid == 7200.0
    assert found.parent == shot
    assert found.project_id == shot.project_id
    assert found.status.name


def test_both_spellings_create_the_same(session: Session, other_session: Session, shot: Shot) -> None:
    by_class = session.create(Task, name="a", parent=shot, description="x")
    by_name = session.create("Task", {"name": "a", "parent": shot, "description": "x"})
    by_mapping: Any = session.create(Task, {"name": "a", "parent": shot, "description": "x"})  # type: ignore[call-overload]  # pyright: ignore
    assert type(by_name) is type(by_class) is type(by_mapping) is Task
    operations = [
        operation for operation in session.recorded_operations if isinstance(operation, CreateEntityOperation)
    ]
    data = [
        {name: value for name, value in operation.entity_data.items() if name != "id"}
        for operation in operations
    ]
    assert data[0] == data[1] == data[2]
    session.commit()
    assert read_again(other_session, by_name, "description").description == "x"


def test_a_created_entity_fetches_nothing(session: Session, shot: Shot, calls: Calls) -> None:
    task = session.create(Task, name="a", parent=shot)
    before = calls()
    assert task.bid is NOT_SET
    assert task.description is NOT_SET
    assert list(task.notes) == []
    assert calls() == before


def test_what_the_server_fills_in_is_there_after_commit(session: Session, shot: Shot) -> None:
    asset = session.create(Asset, name="plate", parent=shot, type=session.query("AssetType")[0])
    first = session.create(AssetVersion, asset=asset, task=None)
    session.commit()
    second = session.create(AssetVersion, asset=asset)
    session.commit()
    assert (first.version, second.version) == (1, 2)
    assert second.user is not None
    assert second.user.username == session.api_user
    assert second.date.tzinfo is not None


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"nmae": "x"}, UnknownAttributeError),
        ({1: "x"}, UnknownAttributeError),
        ({"name": 3}, ValueTypeError),
        ({"name": None}, ValueTypeError),
        ({"bid": "long"}, ValueTypeError),
        ({"start_date": "soon"}, ValueTypeError),
        ({"time_logged": 3.0}, ComputedAttributeError),
    ],
)
def test_wrong_values_are_refused_and_nothing_is_recorded(
    session: Session, values: dict[Any, Any], error: type[Exception]
) -> None:
    with pytest.raises(error, match="Task"):
        session.create("Task", values)
    assert len(session.recorded_operations) == 0
    assert session.created == []


def test_a_relation_takes_only_entities_of_its_type(session: Session, task: Task, shot: Shot) -> None:
    loose: Any = task
    for name, value in (
        ("status", shot),
        ("status", "s-1"),
        ("parent", session.query(Status).first()),
        ("assignments", [shot]),
    ):
        with pytest.raises(ValueTypeError, match=f"Task.{name} takes"):
            loose[name] = value
    assert len(session.recorded_operations) == 0


def test_duplicates_are_refused(session: Session, other_session: Session, task: Task) -> None:
    with pytest.raises(NotUniqueError, match="already exists in this session"):
        session.create(Task, id=task.id, name="again")
    other_session.create(Task, id=task.id, name="again", parent=task.parent)
    with pytest.raises(DuplicateEntryError):
        other_session.commit()
    assert len(other_session.recorded_operations) == 1
    other_session.rollback()


def test_a_composite_key_must_be_complete(session: Session) -> None:
    with pytest.raises(OperationError, match="parent_id"):
        session.create("Metadata", {"key": "k", "value": "v"})


# -- changing --------------------------------------------------------------------------------------


def test_assign_as_attribute_and_as_item(
    session: Session, other_session: Session, task: Task, calls: Calls
) -> None:
    status = session.query(Status).where(Status.name == "In progress").one()
    before = calls()
    task.name = "renamed"
    task["bid"] = 3600
    task.status = status
    assert session.modified == [task]
    assert task.status_id == status.id
    session.commit()
    assert calls() == before + 1
    assert session.modified == []
    found = read_again(other_session, task, "name", "bid", "status.name")
    assert (found.name, found.bid, found.status.name) == ("renamed", 3600.0, "In progress")


def test_a_foreign_key_and_its_relation_stay_in_step(
    session: Session, other_session: Session, task: Task
) -> None:
    first, second = session.query("select name from Status order by sort limit 2")
    task.status = first
    assert task.status_id == first.id
    task.status_id = second.id
    assert task.status is second
    session.rollback()
    assert task.status_id == task.status.id
    task.status_id = first.id
    session.commit()
    assert read_again(other_session, task, "status").status == first


@pytest.mark.parametrize(
    "given",
    [
        datetime(2031, 5, 4, 10, 0),
        datetime(2031, 5, 4, 12, 0, tzinfo=timezone(timedelta(hours=2))),
        "2031-05-04T10:00:00Z",
    ],
)
def test_dates_are_moments(session: Session, other_session: Session, task: Task, given: Any) -> None:
    task.start_date = given
    assert task.start_date == datetime(2031, 5, 4, 10, 0, tzinfo=timezone.utc)
    session.commit()
    assert read_again(other_session, task, "start_date").start_date == datetime(
        2031, 5, 4, 10, 0, tzinfo=timezone.utc
    )


def test_a_day_is_its_midnight(session: Session, task: Task) -> None:
    task["start_date"] = date(2031, 5, 4)
    assert task.start_date == datetime(2031, 5, 4, tzinfo=timezone.utc)


def test_what_cannot_be_set_is_refused(session: Session, task: Task, shot: Shot) -> None:
    loose: Any = task
    with pytest.raises(ComputedAttributeError, match="time_logged"):
        loose.time_logged = 1.0
    with pytest.raises(ImmutableAttributeError, match="id"):
        loose.id = "other"
    loose_shot: Any = shot
    with pytest.raises(ImmutableAttributeError, match=r"Shot\.bid"):
        loose_shot.bid = 1.0
    with pytest.raises(UnknownAttributeError, match="Did you mean 'status'"):
        loose.staus = shot
    with pytest.raises(ValueTypeError, match=r"Task\.name takes str"):
        loose.name = 3
    assert len(session.recorded_operations) == 0


def test_a_query_does_not_overwrite_local_changes(
    session: Session, other_session: Session, task: Task
) -> None:
    task.name = "mine"
    theirs = read_again(other_session, task)
    theirs.name = "theirs"
    theirs.description = "new"
    other_session.commit()
    session.query("select name, description from Task").all()
    assert task.name == "mine"
    assert task.description == "new"
    session.rollback()
    assert task.name == "theirs"


def test_taking_back_one_attribute(session: Session, task: Task) -> None:
    before = task.name
    task.name = "x"
    task.bid = 1.0
    del task["name"]
    assert task.name == before
    assert [
        operation.attribute_name
        for operation in session.recorded_operations
        if isinstance(operation, UpdateEntityOperation)
    ] == ["bid"]
    task.clear()
    assert len(session.recorded_operations) == 0
    with pytest.raises(KeyError):
        del task["no_such"]


# -- collections and mappings ----------------------------------------------------------------------


def test_a_collection_is_sent_as_a_whole(session: Session, other_session: Session, task: Task) -> None:
    scopes = [session.create("Scope", {"name": f"scope {index} {task.id}"}) for index in range(3)]
    session.commit()
    loaded: Any = task.scopes
    for scope in scopes:
        loaded.append(scope)
    loaded.remove(scopes[1])
    with pytest.raises(DuplicateItemInCollectionError):
        loaded.append(scopes[0])
    with pytest.raises(ValueTypeError):
        loaded.append(task)
    assert session.modified == [task]
    session.commit()
    assert read_again(other_session, task, "scopes.name").scopes == [scopes[0], scopes[2]]
    loaded[:] = []
    session.rollback()
    assert task.scopes is loaded
    assert loaded == [scopes[0], scopes[2]]


def test_metadata_rows_come_and_go(session: Session, other_session: Session, task: Task) -> None:
    task.metadata["colour"] = "red"
    task.metadata["shape"] = "round"
    session.commit()
    task.metadata["colour"] = "blue"
    del task.metadata["shape"]
    session.commit()
    assert dict(read_again(other_session, task, "metadata").metadata) == {"colour": "blue"}
    task.metadata = {"size": "big"}
    session.commit()
    third = read_again(other_session, task)
    other_session.populate(third, "metadata")
    assert dict(third.metadata) == {"size": "big"}


def test_metadata_deleted_and_set_again_before_the_commit(
    session: Session, other_session: Session, task: Task
) -> None:
    task.metadata["k"] = "1"
    session.commit()
    del task.metadata["k"]
    task.metadata["k"] = "2"
    session.commit()
    assert dict(read_again(other_session, task, "metadata").metadata) == {"k": "2"}


def test_metadata_at_creation(session: Session, other_session: Session, shot: Shot) -> None:
    task = session.create(Task, name="with metadata", parent=shot, metadata={"a": "1", "b": "2"})
    session.commit()
    assert dict(read_again(other_session, task, "metadata").metadata) == {"a": "1", "b": "2"}


def test_custom_attributes_are_set_by_key(session: Session, other_session: Session, shot: Shot) -> None:
    keys = [
        key
        for key, value in shot.custom_attributes.items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    ]
    assert keys
    shot.custom_attributes[keys[0]] = 42
    session.commit()
    assert read_again(other_session, shot, "custom_attributes").custom_attributes[keys[0]] == 42
    with pytest.raises(KeyError, match="no_such_key"):
        shot.custom_attributes["no_such_key"] = 1
