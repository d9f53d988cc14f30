"""Keys know what they point to, and are texts all the same."""

from __future__ import annotations

import os

from typing_extensions import assert_type

from ftrack_entities import Context, Job, Status, Task, TypedContext
from ftrack_typed import Session
from ftrack_typed.entity import Key
from ftrack_typed.query.criteria import Criterion
from ftrack_typed.query.operands import Expr


def reading(task: Task, context: Context) -> None:
    assert_type(task.id, Key[Task])
    assert_type(context.id, Key[Context])
    assert_type(task.status_id, Key[Status])
    assert_type(task.parent_id, Key[Context] | None)
    assert_type(task.status_id.upper(), str)
    typed: Key[TypedContext] = task.id  # a task's key is also one of a typed context
    text: str = typed
    assert_type(Key[Status](text), Key[Status])


def using(session: Session, task: Task) -> None:
    task.status_id = os.environ["STATUS"]
    task.status_id = task.status.id
    assert_type(Task.status_id, Expr[str])
    assert_type(Task.status_id == os.environ["STATUS"], Criterion)
    assert_type(Task.status_id == task.status_id, Criterion)
    assert_type(Task.parent_id.in_([task.id, None]), Criterion)
    assert_type(task.status_id == os.environ["STATUS"], bool)
    assert_type(session.get(Status, task.status_id), Status | None)
    session.create(Task, status_id=os.environ["STATUS"], parent_id=task.id)


def options() -> None:
    assert_type(Job.status.like("q%"), Criterion)
