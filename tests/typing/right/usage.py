"""Code as pipelines write it; checkers must have nothing to say about it."""

from __future__ import annotations

from collections.abc import MutableMapping
from datetime import datetime, timezone
from typing import Any, Literal

from typing_extensions import assert_type

from ftrack_entities import (
    Asset,
    AssetVersion,
    Context,
    Job,
    Metadata,
    Note,
    Project,
    Shot,
    Status,
    Task,
    TypedContext,
    TypedContextLink,
    UserView,
)
from ftrack_typed import Session
from ftrack_typed.entity import Collection, CustomAttributeMapping, Link, ValueSource
from ftrack_typed.query.criteria import Criterion
from ftrack_typed.query.paths import Expr, ManyPath, MappedPath


def values(task: Task, version: AssetVersion) -> None:
    assert_type(task.name, str)
    assert_type(task.bid, float)
    assert_type(task.start_date, datetime | None)
    assert_type(task.status, Status)
    assert_type(task.status.name, str)
    assert_type(task.project.full_name, str)
    assert_type(task.parent, Context | None)
    assert_type(task.notes, Collection[Note])
    assert_type(task.metadata, MutableMapping[str, str])
    assert_type(task.custom_attributes, CustomAttributeMapping)
    assert_type(task.link, Link)
    assert_type(task.link[0]["name"], str)
    assert_type(version.task, TypedContext | None)
    assert_type(version.version, int)
    for note in task.notes:
        assert_type(note, Note)
        assert_type(note.content, str)
    if isinstance(task.parent, Shot):
        assert_type(task.parent, Shot)


def paths() -> None:
    assert_type(Task.name, Expr[str])
    assert_type(Task.status, type[Status])
    assert_type(Task.status.name, Expr[str])
    assert_type(Task.parent.parent.name, Expr[str])
    assert_type(Task.start_date, Expr[datetime | None])
    assert_type(Task.notes, ManyPath[Note])
    assert_type(Task.notes.each.author.id, Expr[str])
    assert_type(Task.metadata, MappedPath[Metadata, str])
    assert_type(TypedContextLink.from_.name, Expr[str])
    assert_type(UserView.global_, Expr[bool])


def criteria(status: Status, shot: Shot) -> None:
    assert_type(Task.status.name == "done", Criterion)
    assert_type(Task.status == status, Criterion)
    assert_type(Task.parent != None, Criterion)
    assert_type(Task.status.in_([status]), Criterion)
    assert_type(Task.notes.any(Note.content.like("%fix%")), Criterion)
    assert_type(Task.bid > 3600, Criterion)
    assert_type(Task.start_date < datetime.now(timezone.utc), Criterion)
    assert_type((Task.name == "a") & ~(Task.name == "b") | (Task.bid == 0), Criterion)
    assert_type(type(shot) == Task, bool)  # noqa: E721 - must stay a plain comparison
    assert_type(Task.parent.cast(Shot).bid, Expr[float])


def writing(task: Task, shot: Shot, status: Status) -> None:
    task.name = "compositing"
    task.bid = 3600
    task.status = status
    task.parent = shot
    task.parent = None
    task.start_date = datetime.now(timezone.utc)
    task.notes = [Note(content="x")]
    task.notes.append(Note(content="y"))
    task.metadata["key"] = "value"
    task.metadata = {"key": "value"}
    task.custom_attributes["fps"] = 24


def making(project: Project, status: Status) -> None:
    assert_type(Task(name="a", status=status, parent=project), Task)
    assert_type(Shot(name="a", bid=3600.0), Shot)  # settable at creation, read-only later
    assert_type(Job(status="running"), Job)


def session(session: Session, project: Project, status: Status) -> None:
    assert_type(session.query(Task).where(Task.project == project).all(), list[Task])
    assert_type(session.query(Task).order_by(Task.name.desc(), Task.bid).limit(3).first(), Task | None)
    assert_type(session.query(Task).load(Task.status.name, Task.notes, Task.parent).one(), Task)
    assert_type(session.get(Task, "id"), Task | None)
    assert_type(session.create(Task, name="a", parent=project, status=status), Task)
    for asset in session.query(Asset):
        assert_type(asset, Asset)


def custom_values(task: Task, entity: Context) -> None:
    source = task.custom_attributes.source("fps")
    assert_type(source, ValueSource)
    assert_type(source.kind, Literal["own", "inherited", "default"])
    task.custom_attributes["fps"] = 25.0
    task.custom_attributes = {"fps": 24.0}
    assert_type(entity.custom_attributes["fps"], Any)
    assert_type(Task.custom_attributes["fps"] > 24, Criterion)
