"""Batches of every kind, and the entities they are about."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import TypeVar

from ftrack_entities import AssetVersion, Note, Task, TypedContextList, User
from ftrack_typed import Session
from ftrack_typed.entity import Entity

Change = Callable[[Session], object]
E = TypeVar("E", bound=Entity)


def some(session: Session, kind: type[E]) -> E:
    found = session.query(kind).first()
    assert found is not None
    return found


def first_task(session: Session) -> Task:
    found = session.query(Task).order_by(Task.id).first()
    assert found is not None
    return found


def same(session: Session, entity: E) -> E:
    """The same entity in another session."""
    found = session.get(type(entity), entity.primary_key)
    assert found is not None
    return found


def create_one(session: Session) -> None:
    session.create(Task, name="lost", parent=first_task(session).parent)


def create_many(session: Session) -> None:
    parent = first_task(session).parent
    for index in range(220):  # more than fit in one query of the check
        session.create(Task, name=f"lost {index}", parent=parent)


def create_numbered(session: Session) -> None:
    version = some(session, AssetVersion)
    session.create(AssetVersion, asset=version.asset, task=first_task(session))


def create_with_rows(session: Session) -> None:
    task = session.create(Task, name="lost", parent=first_task(session).parent)
    task.metadata["a"] = "1"
    task.metadata["b"] = "2"
    session.create(Note, content="lost", author=some(session, User), parent_id=task.id, parent_type="task")


def update_one(session: Session) -> None:
    first_task(session).description = "lost"


def update_many(session: Session) -> None:
    for task in session.query(Task).order_by(Task.id).limit(20):
        task.bid = 3.25
        task.end_date = datetime(2031, 5, 4, 10, 20, 30, 400, tzinfo=timezone.utc)


def update_relation(session: Session) -> None:
    tasks = session.query(Task).order_by(Task.id).limit(2).all()
    tasks[0].parent = tasks[1].parent
    tasks[0].priority = tasks[1].priority


def update_collection(session: Session) -> None:
    some(session, TypedContextList)["items"] = session.query(Task).order_by(Task.id).limit(3).all()


def update_row(session: Session) -> None:
    first_task(session).metadata["kept"] = "lost"


def create_row(session: Session) -> None:
    first_task(session).metadata["new"] = "lost"


def delete_row(session: Session) -> None:
    del first_task(session).metadata["kept"]


def delete_many(session: Session) -> None:
    for note in session.query(Note).limit(5):
        session.delete(note)


def everything(session: Session) -> None:
    create_with_rows(session)
    update_many(session)
    delete_many(session)


KINDS: list[Change] = [
    create_one,
    create_numbered,
    create_with_rows,
    update_one,
    update_many,
    update_relation,
    update_collection,
    update_row,
    create_row,
    delete_row,
    delete_many,
    everything,
]
