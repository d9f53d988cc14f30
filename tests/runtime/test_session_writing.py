"""Changing things through a session, against the local server."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest

from ftrack_entities import (
    Asset,
    AssetVersion,
    Note,
    Project,
    ReviewSession,
    Shot,
    Status,
    Task,
    Timelog,
    User,
)
from ftrack_typed import NOT_SET, Session
from ftrack_typed.errors import (
    ComputedAttributeError,
    DuplicateEntryError,
    DuplicateItemInCollectionError,
    ImmutableAttributeError,
    InvalidStateError,
    NotUniqueError,
    OperationError,
    ServerError,
    UnknownAttributeError,
    ValueTypeError,
)
from ftrack_typed.unit_of_work.operations import CreateEntityOperation, UpdateEntityOperation

Calls = Callable[[], int]


@pytest.fixture
def shot(session: Session) -> Shot:
    found = session.query(Shot).first()
    assert found is not None
    return found


@pytest.fixture
def task(session: Session, shot: Shot) -> Task:
    made = session.create(Task, name=f"task of {id(session)}", parent=shot)
    session.commit()
    return made


def read_again(other: Session, entity: Any, *names: str) -> Any:
    """The entity as another session sees it now."""
    found = other.get(entity.entity_type, list(entity.primary_key.values()))
    if found is not None and names:
        other.populate(found, list(names))
    return found


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
        ({"name": 3}, ValueTypeError),
        ({"name": None}, ValueTypeError),
        ({"bid": "long"}, ValueTypeError),
        ({"start_date": "soon"}, ValueTypeError),
        ({"time_logged": 3.0}, ComputedAttributeError),
    ],
)
def test_wrong_values_are_refused_and_nothing_is_recorded(
    session: Session, values: dict[str, Any], error: type[Exception]
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


# -- deleting --------------------------------------------------------------------------------------


def test_delete(session: Session, other_session: Session, task: Task) -> None:
    session.delete(task)
    assert session.deleted == [task]
    assert read_again(other_session, task) is not None
    session.commit()
    assert session.deleted == []
    assert session.get(Task, task.id) is None
    assert other_session.query(Task).where(Task.id == task.id).first() is None


def test_created_and_deleted_sends_nothing(session: Session, shot: Shot, calls: Calls) -> None:
    task = session.create(Task, name="short-lived", parent=shot)
    session.delete(task)
    before = calls()
    session.commit()
    assert calls() == before
    assert session.created == session.deleted == []
    assert len(session.recorded_operations) == 0


def test_only_the_own_session_deletes(session: Session, other_session: Session, task: Task) -> None:
    with pytest.raises(InvalidStateError):
        other_session.delete(task)


# -- commit and rollback ---------------------------------------------------------------------------


def test_rollback(session: Session, task: Task, shot: Shot, calls: Calls) -> None:
    name, status = task.name, task.status
    task.name = "changed"
    task.status = session.query(Status).where(Status.id != status.id).first()  # type: ignore[assignment]  # pyright: ignore
    made = session.create(Task, name="made", parent=shot)
    session.delete(task)
    before = calls()
    session.rollback()
    assert calls() == before
    assert (task.name, task.status) == (name, status)
    assert session.created == session.modified == session.deleted == []
    assert made.session is None
    assert made.name == "made"
    assert session.get(Task, made.id) is None


def test_a_refused_commit_changes_nothing_and_can_be_repeated(
    session: Session, other_session: Session, shot: Shot
) -> None:
    good = session.create(Task, name="good", parent=shot)
    bad = session.create("Task", {"name": "bad", "parent_id": "no such parent"})
    with pytest.raises(ServerError):
        session.commit()
    assert session.created == [good, bad]
    assert read_again(other_session, good) is None
    bad.parent = shot
    session.commit()
    assert read_again(other_session, bad, "parent").parent == shot
    assert read_again(other_session, good) is not None


def test_an_empty_commit_sends_nothing(session: Session, calls: Calls) -> None:
    before = calls()
    session.commit()
    assert calls() == before


def test_recording_can_be_switched_off(session: Session, task: Task) -> None:
    with session.operation_recording(False):
        task.name = "unrecorded"
        session.delete(task)
    assert session.record_operations
    assert len(session.recorded_operations) == 0


def test_recording_is_per_thread(session: Session, task: Task) -> None:
    def rename() -> int:
        task.name = "by the other thread"
        return len(session.recorded_operations)

    with session.operation_recording(False), ThreadPoolExecutor(1) as pool:
        assert pool.submit(rename).result(10) == 1
    assert len(session.recorded_operations) == 0


def test_raw_operations_are_committed(session: Session, other_session: Session, task: Task) -> None:
    session.recorded_operations.push(UpdateEntityOperation("Task", {"id": task.id}, "name", NOT_SET, "raw"))
    session.commit()
    assert read_again(other_session, task, "name").name == "raw"


def test_entities_of_another_session_are_taken_by_their_key(
    session: Session, other_session: Session, shot: Shot
) -> None:
    theirs = other_session.query("select name from Status")[0]
    task = session.create(Task, name="x", parent=shot, status=theirs)
    assert task.status == theirs
    assert task.status.session is session
    session.commit()


def test_a_publish_in_one_commit(session: Session, other_session: Session, shot: Shot, calls: Calls) -> None:
    user = session.query(User).where(User.username == session.api_user).one()
    task = session.create(Task, name="publish", parent=shot)
    asset = session.create(Asset, name="render", parent=shot, type=session.query("AssetType")[0])
    version = session.create(AssetVersion, asset=asset, task=task, comment="first")
    session.create("FileComponent", {"name": "main", "file_type": ".exr", "size": 12, "version": version})
    note = session.create(
        Note, content="please review", parent_id=version.id, parent_type="AssetVersion", author=user
    )
    session.create(Timelog, context=task, user=user, duration=60.0, start=datetime(2031, 5, 4))
    project = session.query(Project).where(Project.id == shot.project_id).one()
    review = session.create(ReviewSession, name="dailies", project=project)
    session.create(
        "ReviewSessionObject",
        {
            "review_session": review,
            "asset_version": version,
            "name": "render",
            "version": "v1",
            "description": "",
        },
    )
    before = calls()
    session.commit()
    assert calls() == before + 1
    found = read_again(
        other_session,
        version,
        "components.name",
        "components.size",
        "notes.content",
        "task.name",
        "asset.name",
        "version",
    )
    assert [(component.name, component.size) for component in found.components] == [("main", 12)]
    assert [each.content for each in found.notes] == [note.content]
    assert (found.task, found.asset, found.version) == (task, asset, 1)
    assert [
        item["asset_version"]
        for item in other_session.query("select asset_version from ReviewSessionObject").all()
        if item["asset_version"] == version
    ] == [version]


def test_what_fitted_before_is_still_looked_at(session: Session, other_session: Session) -> None:
    mine, theirs = session.query(Status).first(), other_session.query(Status).all()[-1]
    project = session.query(Project).first()
    assert mine is not None
    assert project is not None
    session.create(Task, name="first", parent=project, project=project, status=mine)
    second = session.create(Task, name="second", parent=project, project=project, status=theirs)
    assert (second.status, second.status_id) == (theirs, theirs.id)
    assert second.status.session is session
    wrong_values: list[dict[str, Any]] = [{"name": 5}, {"status": project}, {"bid": "long"}]
    for wrong in wrong_values:
        with pytest.raises(ValueTypeError):
            session.create("Task", {"name": "third", "parent": project, "project": project, **wrong})
    assert len(session.recorded_operations) == 2
