"""Queries: what operators, columns and subqueries are to checkers."""

from datetime import datetime
from typing import Any

from typing_extensions import assert_type

from ftrack_entities import Job, Shot, Status, Task
from ftrack_typed import Session
from ftrack_typed.query.criteria import Criterion
from ftrack_typed.query.typed import Query, Selection


def queries(s: Session, status: Status) -> None:
    assert_type(Job.status.like("r%"), Criterion)
    assert_type(Task.name < "b", Criterion)
    assert_type(Task.description.contains("b"), Criterion)
    assert_type(Task.start_date.is_(None), Criterion)
    assert_type(Task.status.is_(status), Criterion)
    assert_type(Task.parent.is_not(None), Criterion)
    assert_type(Task.metadata["x"] == "y", Criterion)
    assert_type(Task.metadata["x"].startswith("y"), Criterion)
    assert_type(Shot.custom_attributes["fps"] > 24, Criterion)
    assert_type(
        s.query(Task).where(Task.name == "x").select(Task.name, Task.bid, Task.status.name),
        Selection[tuple[str, float, str]],
    )
    assert_type(
        s.query(Task)
        .select(Task.name, Task.start_date)
        .where(Task.name == "x")
        .order_by(Task.name)
        .limit(2)
        .all(),
        list[tuple[str, datetime | None]],
    )
    for name, when in s.query(Task).select(Task.name, Task.start_date):
        assert_type(name, str)
        assert_type(when, datetime | None)
    assert_type(Task.parent_id.in_(s.query(Shot).select(Shot.id)), Criterion)
    assert_type(Shot.id.in_(s.query(Task).select(Task.parent_id)), Criterion)
    assert_type(Task.parent.in_(s.query(Shot)), Criterion)
    assert_type(Task.status.in_([status]), Criterion)
    assert_type(Task.name.in_(["a"]), Criterion)
    assert_type(s.query(Task).order_by(Task.name).load(Task.name).limit(1), Query[Task])
    assert_type(
        s.query(Task)
        .select(
            Task.name, Task.name, Task.name, Task.name, Task.name, Task.name, Task.name, Task.name, Task.bid
        )
        .first(),
        tuple[str, str, str, str, str, str, str, str, float] | None,
    )
    assert_type(
        s.query(Task).select(
            Task.name,
            Task.name,
            Task.name,
            Task.name,
            Task.name,
            Task.name,
            Task.name,
            Task.name,
            Task.bid,
            Task.bid,
            Task.bid,
        ),
        Selection[tuple[Any, ...]],
    )
