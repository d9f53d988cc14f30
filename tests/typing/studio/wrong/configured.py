"""Mistakes about a studio's configuration; every line that says so must be refused by both checkers."""

# ruff: noqa: B015, B018

from __future__ import annotations

from studio_entities import AssetBuild, Shot, Status, Task, Type
from studio_entities.constants import Statuses, Types, Workflows

from ftrack_typed import Session
from ftrack_typed.entity import Key
from ftrack_typed.query.typed import Query


def reading(shot: Shot, task: Task, build: AssetBuild, key: str) -> None:
    shot.custom_attributes.handels  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue
    task.custom_attributes.handles  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue
    shot.custom_attributes["handels"]  # expect: mypy=call-overload pyright=reportCallIssue,reportArgumentType
    shot.custom_attributes[key]  # expect: mypy=call-overload pyright=reportCallIssue,reportArgumentType
    build.custom_attributes.delivery_date.year  # expect: mypy=union-attr pyright=reportOptionalMemberAccess


def writing(shot: Shot, task: Task) -> None:
    values = shot.custom_attributes
    values.handles = 2.5  # expect: mypy=assignment pyright=reportAttributeAccessIssue
    values["handles"] = "a"  # expect: mypy=call-overload pyright=reportCallIssue,reportArgumentType
    chosen = task.custom_attributes
    chosen.difficulty = "impossible"  # expect: mypy=assignment pyright=reportAttributeAccessIssue
    chosen.difficulty = ["x"]  # expect: mypy=list-item pyright=reportAttributeAccessIssue


def criteria(query: Query[Shot]) -> None:
    paths = Shot.custom_attributes
    paths.handels  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue
    paths.handles > "8"  # expect: mypy=operator pyright=reportOperatorIssue
    paths.handles.like("8")  # expect: mypy=misc pyright=reportAttributeAccessIssue
    query.order_by(paths.fps)  # expect: mypy=arg-type pyright=reportArgumentType
    query.where(paths.fps == "a")  # expect: mypy=arg-type pyright=reportArgumentType


def constants(session: Session, task: Task) -> None:
    kind = Types.ANIMATION
    Statuses.IN_PROGRES  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue
    Statuses.APPROVED  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue
    task.status = kind  # expect: mypy=assignment pyright=reportAttributeAccessIssue
    session.create(Task, status=kind)  # expect: mypy=call-overload pyright=reportArgumentType
    Workflows.FEATURE_FILM.types("Task")  # expect: mypy=arg-type pyright=reportArgumentType


def keys(task: Task, kind: Type) -> None:
    status: Key[Status] = task.status_id
    wrong: Key[Status] = task.type_id  # expect: mypy=assignment pyright=reportAssignmentType
    status = kind.id  # expect: mypy=arg-type pyright=reportAssignmentType
    task.status_id = 3  # expect: mypy=assignment pyright=reportAttributeAccessIssue
    (status, wrong)
