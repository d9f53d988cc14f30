"""Deleting, committing and rolling back, against the local server."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from tests.runtime.session_writing.conftest import read_again

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
from ftrack_typed.errors import InvalidStateError, ServerError, ValueTypeError
from ftrack_typed.unit_of_work.operations import UpdateEntityOperation

Calls = Callable[[], int]


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
