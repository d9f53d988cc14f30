"""Mistakes in queries."""

from ftrack_entities import Note, Shot, Task
from ftrack_typed import Session


def operators() -> None:
    Task.bid.like("x")  # expect: mypy=misc pyright=reportAttributeAccessIssue
    Task.start_date.contains("x")  # expect: mypy=misc pyright=reportAttributeAccessIssue
    print(Note.is_todo < True)  # expect: mypy=operator pyright=reportOperatorIssue
    Task.name.is_(3)  # expect: mypy=arg-type pyright=reportArgumentType
    Task.notes.has()  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue


def columns(session: Session) -> None:
    tasks, key = session.query(Task), Task.metadata["x"]
    tasks.select(Task.status)  # expect: mypy=call-overload pyright=reportCallIssue,reportArgumentType
    tasks.select(key)  # expect: mypy=call-overload pyright=reportCallIssue,reportArgumentType
    tasks.order_by(key)  # expect: mypy=arg-type pyright=reportArgumentType
    tasks.order_by(Task.status)  # expect: mypy=arg-type pyright=reportArgumentType


def subqueries(session: Session) -> None:
    tasks, shots = session.query(Task), session.query(Shot)
    Task.name.in_(tasks.select(Task.bid))  # expect: mypy=arg-type pyright=reportArgumentType
    Task.parent_id.in_(shots.select(Shot.id, Shot.name))  # expect: mypy=arg-type pyright=reportArgumentType
