"""Typed tuples: what ``select`` asks for and gives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from ftrack_entities import AssetVersion, Context, Metadata, Project, Shot, Status, Task
from ftrack_typed import Session
from ftrack_typed.errors import MultipleResultsFoundError, NoResultFoundError, QueryError


def test_rows_are_tuples_of_the_selected_values(session: Session) -> None:
    rows = session.query(Task).order_by(Task.id).select(Task.id, Task.name, Task.status.name, Task.start_date)
    tasks = session.query(Task).order_by(Task.id).load(Task.name, Task.status.name, Task.start_date)
    assert str(rows) == "select id, name, status.name, start_date from Task order by id ascending"
    assert rows.all() == [(task.id, task.name, task.status.name, task.start_date) for task in tasks]
    when = rows[0][3]
    assert isinstance(when, datetime)
    assert when.tzinfo is timezone.utc


def test_pages_are_fetched_when_they_are_looked_at(session: Session, calls: Callable[[], int]) -> None:
    rows = session.query(Task, page_size=10).select(Task.id, Task.name)
    before = calls()
    assert calls() == before
    assert len(rows[0]) == 2
    assert calls() == before + 1
    assert rows[:25] == rows.limit(25).all()
    assert calls() == before + 3 + 3
    assert rows.first() == rows[0]


def test_a_selection_can_be_narrowed_on(session: Session) -> None:
    rows = (
        session.query(Task)
        .select(Task.name)
        .where(Task.name == "animation")
        .order_by(Task.id)
        .offset(1)
        .limit(2)
    )
    assert rows.all() == [("animation",), ("animation",)]
    with pytest.raises(NoResultFoundError):
        session.query(Task).where(Task.name == "no such").select(Task.id).one()
    with pytest.raises(MultipleResultsFoundError):
        session.query(Task).select(Task.id).one()


def test_the_same_column_may_be_selected_twice(session: Session) -> None:
    name, again = session.query(Project).select(Project.name, Project.name)[0]
    assert name == again


def test_behind_an_empty_relation_there_is_none(session: Session) -> None:
    project = session.query(Project).one()
    (row,) = session.query(Context).where(Context.id == project.id).select(Context.id, Context.parent.name)
    assert list(row) == [project.id, None]


def test_a_cast_leads_to_entities_of_that_type_only(session: Session) -> None:
    rows = session.query(Task).select(Task.parent.cast(Shot).name, Task.parent.name)
    found: list[tuple[str | None, str]] = list(rows)
    inside = [(shot, parent) for shot, parent in found if shot is not None]
    assert inside
    assert all(shot == parent for shot, parent in inside)
    assert len(inside) < len(rows)


def test_attributes_of_composite_types_and_subtypes(session: Session) -> None:
    rows = session.query(Metadata).select(Metadata.parent_id, Metadata.key, Metadata.value)
    assert rows.all() == [
        (row.parent_id, row.key, row.value) for row in session.query(Metadata).load("value")
    ]
    face: Any = Context
    names = dict(session.query(Context).select(Context.id, face.full_name))
    assert names[session.query(Project).one().id] == session.query(Project).load("full_name").one().full_name


def test_values_are_the_servers_and_leave_the_session_as_it_is(
    session: Session, calls: Callable[[], int]
) -> None:
    task = session.query(Task).load(Task.name).first()
    assert task is not None
    before, task.name = task.name, "changed here"
    assert session.query(Task).where(Task.id == task.id).select(Task.name).one() == (before,)
    assert task.name == "changed here"
    version_id, comment = session.query(AssetVersion).select(AssetVersion.id, AssetVersion.comment)[0]
    asked = calls()
    version = session.get(AssetVersion, version_id)
    assert version is not None
    assert calls() == asked + 1, "selecting values keeps no entities"
    assert version.comment == comment


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ([Task.status], "can't be selected"),
        ([Task.notes], "can't be selected"),
        ([Task.metadata["a"]], "can't be selected"),
        (["name"], "can't be selected"),
        ([Task.notes.each.content], "several values per row"),
    ],
)
def test_only_single_plain_values_can_be_selected(session: Session, columns: list[Any], words: str) -> None:
    with pytest.raises(TypeError, match=words):
        session.query(Task).select(*columns)


def test_something_has_to_be_selected(session: Session) -> None:
    query: Any = session.query(Task)
    with pytest.raises(QueryError, match="at least one column"):
        query.select()


@pytest.mark.parametrize("key", [Task.status, Task.metadata["a"], Task.notes, "name"])
def test_only_plain_values_can_be_sorted_by(session: Session, key: Any) -> None:
    with pytest.raises(TypeError, match="can't be sorted by"):
        session.query(Task).order_by(key)


def test_subqueries(session: Session) -> None:
    shots = session.query(Shot).where(Shot.name.endswith("0010"))
    expected = {task.id for shot in shots for task in session.query(Task).where(Task.parent == shot)}
    assert expected
    for criterion in (
        Task.parent_id.in_(shots.select(Shot.id)),
        Task.parent_id.in_(shots.load(Shot.id)),
        Task.parent.in_(shots),
    ):
        assert {task.id for task in session.query(Task).where(criterion)} == expected
    outside = session.query(Task).where(Task.parent.not_in(shots))
    assert len(outside) + len(expected) == len(session.query(Task))
    with_tasks = session.query(Shot).where(Shot.id.in_(session.query(Task).select(Task.parent_id)))
    assert 0 < len(with_tasks) <= len(session.query(Shot))
    first = session.query(Task).where(Task.parent.in_(shots.order_by(Shot.name).limit(1)))
    assert {task.parent_id for task in first.load(Task.parent_id)} == {shots.order_by(Shot.name)[0].id}


def test_a_subquery_selects_exactly_one_column(session: Session) -> None:
    shots = session.query(Shot)
    with pytest.raises(QueryError, match="exactly one column"):
        Task.parent_id.in_(shots)
    with pytest.raises(QueryError, match="this one has id, name"):
        Task.parent_id.in_(shots.select(Shot.id, Shot.name))  # type: ignore[arg-type]  # pyright: ignore


def test_asking_for_a_subquery_asks_the_server_once(session: Session, calls: Callable[[], int]) -> None:
    before = calls()
    status = session.query(Status).where(Status.name == "Approved")
    session.query(Task).where(Task.status.in_(status)).first()
    assert calls() == before + 1
