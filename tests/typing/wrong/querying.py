"""Mistakes in queries; every line that says so must be refused by both checkers."""

# ruff: noqa: B015, B018

from __future__ import annotations

from ftrack_entities import Note, Status, Task, Type, UserView
from ftrack_typed import Session
from ftrack_typed.query.typed import Query


def paths() -> None:
    Task.nmae  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue
    Task.status.nmae  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue
    Task.parent.status  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue
    Task.notes.content  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue
    Task.name.status  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue
    Task.notes.each.nmae  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue


def comparisons(query: Query[Task], status: Status, kind: Type) -> None:
    query.where(Task.name == 3)  # expect: mypy=arg-type pyright=reportArgumentType
    query.where(Task.bid == "long")  # expect: mypy=arg-type pyright=reportArgumentType
    query.where(Task.status == "done")  # expect: mypy=arg-type pyright=reportArgumentType
    query.where(Task.status != 3)  # expect: mypy=arg-type pyright=reportArgumentType
    query.where(Task.status.id == 3)  # expect: mypy=arg-type pyright=reportArgumentType
    query.where(Task.start_date == "2024-01-01")  # expect: mypy=arg-type pyright=reportArgumentType
    query.where(Task.notes == kind)  # expect: mypy=arg-type pyright=reportArgumentType
    Task.name > 3  # expect: mypy=operator pyright=reportOperatorIssue
    Task.start_date > "2024-01-01"  # expect: mypy=operator pyright=reportOperatorIssue
    Task.custom_attributes > 3  # expect: mypy=operator pyright=reportOperatorIssue


def operators(status: Status) -> None:
    Task.bid.like("3%")  # expect: mypy=misc pyright=reportAttributeAccessIssue
    Task.start_date.like("2024%")  # expect: mypy=misc pyright=reportAttributeAccessIssue
    Task.status.like("done")  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue
    Task.notes.like("x")  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue
    Task.name.any(Task.name == "x")  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue
    Task.status.any(Status.name == "x")  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue
    Task.name.in_([3])  # expect: mypy=list-item pyright=reportArgumentType
    Task.bid.in_(["long"])  # expect: mypy=list-item pyright=reportArgumentType
    Task.status.in_(["done"])  # expect: mypy=list-item pyright=reportArgumentType
    Task.thumbnail_url > {}  # expect: mypy=misc pyright=reportOperatorIssue
    UserView.global_ < True  # expect: mypy=operator pyright=reportOperatorIssue


def queries(session: Session, query: Query[Task]) -> None:
    session.query(3)  # expect: mypy=call-overload pyright=reportArgumentType,reportCallIssue
    query.where(True)  # expect: mypy=arg-type pyright=reportArgumentType
    query.where(Task.name)  # expect: mypy=arg-type pyright=reportArgumentType
    query.wehre(Task.name == "x")  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue
    query.limit("3")  # expect: mypy=arg-type pyright=reportArgumentType
    query.order_by(Task.notes)  # expect: mypy=arg-type pyright=reportArgumentType
    query.load(3)  # expect: mypy=arg-type pyright=reportArgumentType
    query.first().name  # expect: mypy=union-attr pyright=reportOptionalMemberAccess
    name: str = query.first()  # expect: mypy=assignment pyright=reportAssignmentType
    note: Note = query.one()  # expect: mypy=assignment pyright=reportAssignmentType
    print(name, note)


def creating(session: Session, kind: Type) -> None:
    session.create(Task, nmae="x")  # expect: mypy=call-overload pyright=reportCallIssue
    session.create(Task, name=3)  # expect: mypy=call-overload pyright=reportArgumentType
    session.create(Task, status=kind)  # expect: mypy=call-overload pyright=reportArgumentType
    session.create(Task, time_logged=3.0)  # expect: mypy=call-overload pyright=reportCallIssue
    session.get(3, "id")  # expect: mypy=call-overload pyright=reportArgumentType,reportCallIssue
