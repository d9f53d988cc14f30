"""Results behave like lists, and cost what they should."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_entities import Metadata, Shot, Task
from ftrack_typed import Session
from ftrack_typed.query.cohort import Cohort
from ftrack_typed.query.frame import read
from ftrack_typed.query.result import QueryResult
from ftrack_typed.query.text import QueryText

Calls = Callable[[], int]


class Numbers:
    """Rows 0, 1, 2, …, and what was asked for."""

    def __init__(self, count: int) -> None:
        self.rows = list(range(count))
        self.asked: list[tuple[int, int]] = []

    def _page(
        self, query: QueryText, offset: int | None, limit: int, cohort: Cohort
    ) -> tuple[list[Any], int | None]:
        start = offset or 0
        self.asked.append((start, limit))
        end = start + limit
        return self.rows[start:end], end if end < len(self.rows) else None

    def _values(
        self,
        query: QueryText,
        offset: int | None,
        limit: int,
        columns: tuple[str, ...],
        cohort: Cohort | None,
    ) -> tuple[list[tuple[tuple[Any, ...], Any]], int | None]:
        raise NotImplementedError


bounds = st.none() | st.integers(-12, 12)


@given(
    count=st.integers(0, 10),
    size=st.integers(1, 5),
    start=bounds,
    stop=bounds,
    step=st.sampled_from([None, 1, 2, -1, -2]),
)
def test_slices_are_those_of_a_list(
    count: int, size: int, start: int | None, stop: int | None, step: int | None
) -> None:
    source = Numbers(count)
    result: QueryResult[int] = QueryResult(source, read("Task"), size)
    wanted = slice(start, stop, step)
    assert result[wanted] == source.rows[wanted]
    if start is not None and stop is not None and start >= 0 and stop >= 0:
        needed = max([index + 1 for index in range(*wanted.indices(10**6))], default=0)
        assert len(source.asked) <= -(-needed // size)


@given(count=st.integers(0, 10), size=st.integers(1, 5), limit=st.integers(0, 12))
def test_pages_never_ask_for_more_than_the_limit(count: int, size: int, limit: int) -> None:
    source = Numbers(count)
    result: QueryResult[int] = QueryResult(source, read(f"Task limit {limit}"), size)
    assert list(result) == source.rows[:limit]
    assert bool(result) is bool(source.rows[:limit])
    assert sum(wanted for _, wanted in source.asked) <= limit
    assert (len(result), list(reversed(result))) == (
        len(source.rows[:limit]),
        list(reversed(source.rows[:limit])),
    )


def test_indices_are_those_of_a_list() -> None:
    result: QueryResult[int] = QueryResult(Numbers(7), read("Task"), 2)
    assert (result[0], result[3], result[-1], result[-7]) == (0, 3, 6, 0)
    for index in (7, -8):
        with pytest.raises(IndexError):
            result[index]
    assert 6 in result
    assert 7 not in result


@pytest.mark.parametrize(
    "text",
    [
        "Task",
        "Task where name != ''",
        "select name from Task where name like '%' or name is 'order by' order by name, bid desc",
        "Task order by name",
    ],
)
def test_an_entity_is_looked_up_by_its_key(session: Session, calls: Calls, text: str) -> None:
    task = session.query("select id from Task limit 1")[0]
    shot = session.query("select id from Shot limit 1")[0]
    row = session.query("select parent_id, key from Metadata limit 1")[0]
    before = calls()
    result = session.query(text, page_size=2)
    assert task in result
    assert shot not in result
    assert calls() - before == 2
    assert "text" not in session.query("select id from Task limit 2")
    assert row in session.query(Metadata)
    found = result[:2]
    before = calls()
    assert found[1] in result
    assert calls() == before


def test_membership_respects_criteria_and_windows(session: Session, calls: Calls) -> None:
    first, *_, last = session.query(Task).order_by(Task.id).all()
    assert last in session.query(Task).where(Task.name == last.name)
    assert last not in session.query(Task).where((Task.name == "no such") | (Task.name == "nor such"))
    assert first in session.query(Task).order_by(Task.id).limit(3)
    assert last not in session.query(Task).order_by(Task.id).limit(3)
    assert last in session.query(Task).where(Task.id.in_([first.id, *(str(n) for n in range(900)), last.id]))
    assert (last.name,) in session.query(Task).select(Task.name)
    assert last not in session.query(Task).select(Task.name)
    made = session.create(Task, name="made", parent=session.query(Shot).first())
    assert made not in session.query(Task)
    session.rollback()
