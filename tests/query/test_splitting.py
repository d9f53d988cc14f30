"""Lists of values too long for one request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_entities import Note, Shot, Task, TypedContext
from ftrack_typed import Session
from ftrack_typed.errors import MultipleResultsFoundError, QueryError
from ftrack_typed.query.collation import merged
from ftrack_typed.query.operands import Expr, Ordering
from ftrack_typed.query.splitting import VALUES_PER_REQUEST, conditions

STRANGERS = [f"no-such-{number}" for number in range(3 * VALUES_PER_REQUEST)]


@pytest.fixture
def ids(session: Session) -> list[str]:
    """The ids of all tasks among many that are of none."""
    known = [key for (key,) in session.query(Task).select(Task.id)]
    mixed = [*STRANGERS, *known]
    return mixed[::7] + [key for number, key in enumerate(mixed) if number % 7]


def test_each_row_comes_once(session: Session, ids: list[str], calls: Callable[[], int]) -> None:
    query = session.query(Task).where(Task.id.in_([*ids, *ids]))
    before = calls()
    found = query.all()
    requests = calls() - before
    assert sorted(task.id for task in found) == sorted(set(ids) - set(STRANGERS))
    assert requests == -(-len(ids) // VALUES_PER_REQUEST)
    assert str(query).count(",") > len(ids), "the text stays one query"
    assert len(repr(query)) < 500


def test_a_list_within_the_bound_is_one_request(session: Session, calls: Callable[[], int]) -> None:
    before = calls()
    assert session.query(Task).where(Task.id.in_(STRANGERS[:VALUES_PER_REQUEST])).all() == []
    assert calls() == before + 1


def test_rows_that_match_several_parts_come_once(session: Session) -> None:
    note_ids = [key for (key,) in session.query(Note).select(Note.id)]
    criterion = TypedContext.notes.any(Note.id.in_(note_ids[::2] + STRANGERS + note_ids[1::2]))
    found = session.query(TypedContext).where(criterion).all()
    assert sorted(found, key=lambda context: context.id) == sorted(
        session.query(TypedContext).where(TypedContext.notes.any()), key=lambda context: context.id
    )
    either = session.query(TypedContext).where(criterion | (TypedContext.name == "animation")).all()
    assert len(either) == len({context.id for context in either}) > len(found)


def test_order_limit_and_offset_are_those_of_the_whole(session: Session, ids: list[str]) -> None:
    split = session.query(Task).where(Task.id.in_(ids))
    whole = session.query(Task)
    orders: list[list[Expr[Any] | Ordering]] = [
        [Task.name.desc(), Task.id],
        [Task.start_date, Task.id.desc()],
        [Task.status.sort, Task.id],
    ]
    for keys in orders:
        expected = [task.id for task in whole.order_by(*keys)]
        assert [task.id for task in split.order_by(*keys)] == expected
        assert [task.id for task in split.order_by(*keys).offset(3).limit(700)] == expected[3:703]
        assert [key for (key,) in split.order_by(*keys).select(Task.id).limit(5)] == expected[:5]
        first = split.order_by(*keys).first()
        assert first is not None
        assert first.id == expected[0]


def test_limit_and_offset_without_order(session: Session, ids: list[str], calls: Callable[[], int]) -> None:
    split = session.query(Task).where(Task.id.in_(ids))
    everything = [task.id for task in split]
    assert [task.id for task in split.offset(10).limit(20)] == everything[10:30]
    assert [key for (key,) in split.select(Task.id)] == everything
    before = calls()
    first = split.first()
    assert first is not None
    assert first.id == everything[0]
    assert calls() - before < -(-len(ids) // VALUES_PER_REQUEST), "as far as the first match"
    with pytest.raises(MultipleResultsFoundError) as caught:
        split.one()
    assert len(str(caught.value)) < 1000
    assert len(split.limit(0)) == 0


def test_local_changes_do_not_disturb_the_order(session: Session, ids: list[str]) -> None:
    expected = [task.id for task in session.query(Task).order_by(Task.name, Task.id)]
    changed = session.get(Task, expected[0])
    assert changed is not None
    changed.name = "zzz"
    split = session.query(Task).where(Task.id.in_(ids)).order_by(Task.name, Task.id)
    assert [task.id for task in split] == expected


def test_lists_inside_a_subquery_are_split(session: Session, ids: list[str]) -> None:
    parents = session.query(Shot).where(
        Shot.id.in_(session.query(Task).where(Task.id.in_(ids)).select(Task.parent_id))
    )
    assert len(parents) == len(
        {p for (p,) in session.query(Task).select(Task.parent_id)}
        & {key for (key,) in session.query(Shot).select(Shot.id)}
    )


def test_what_must_not_match_is_not_split() -> None:
    many = [str(number) for number in range(1200)]
    assert len(conditions(Task.id.in_(many))) == 3
    assert len(conditions(Task.id.in_(many) & (Task.name == "a"))) == 3
    assert len(conditions(Task.id.in_(many) & Task.name.in_(many))) == 9
    assert len(conditions(Task.id.not_in(many))) == 1
    assert len(conditions(~Task.id.in_(many))) == 1
    assert len(conditions(~Task.notes.any(Note.id.in_(many)))) == 1
    assert conditions(None) == []


@given(st.sets(st.integers(0, 40), min_size=1), st.integers(1, 7))
def test_the_parts_hold_each_value_once(values: set[int], most: int) -> None:
    (whole,) = conditions(Task.sort.in_(values), 1000)
    parts = conditions(Task.sort.in_(values), most)
    inside = [
        value for part in parts for value in part.removeprefix("sort in (").removesuffix(")").split(", ")
    ]
    assert f"sort in ({', '.join(inside)})" == whole
    assert all(part.count(",") < most for part in parts)


Key = tuple[str | None, int]

ORDERS: dict[str, Callable[[Key], tuple[object, ...]]] = {
    "by code point, nulls first": lambda key: (key[0] is not None, key[0] or "", key[1]),
    "by code point, nulls last": lambda key: (key[0] is None, key[0] or "", key[1]),
    "ignoring case, nulls first": lambda key: (key[0] is not None, (key[0] or "").casefold(), key[1]),
    "ignoring case, nulls last": lambda key: (key[0] is None, (key[0] or "").casefold(), key[1]),
}


@pytest.mark.parametrize("order", ORDERS)
@given(
    st.lists(st.tuples(st.none() | st.text("abAB", max_size=2), st.integers(0, 3)), max_size=30), st.data()
)
def test_merging_gives_the_servers_order_or_an_error(
    order: str, rows: list[Key], data: st.DataObject
) -> None:
    measure = ORDERS[order]
    parts = data.draw(st.lists(st.integers(0, 2), min_size=len(rows), max_size=len(rows)))
    runs = [
        [
            (row, row)
            for row in sorted((r for r, part in zip(rows, parts, strict=True) if part == number), key=measure)
        ]
        for number in range(3)
    ]
    try:
        found = merged(runs, [False, False])
    except QueryError:
        return  # better than a wrong order; see below for when
    assert [measure(row) for row in found] == sorted(measure(row) for row in rows)


def test_an_order_nobody_can_tell_is_an_error() -> None:
    with pytest.raises(QueryError, match="can't be told"):
        merged([[(("a",), 1)], [(("B",), 2)]], [False])
    with pytest.raises(QueryError, match="no order known"):
        merged([[((2,), 1), ((1,), 2)]], [False])
    mixed: list[list[tuple[tuple[Any, ...], int]]] = [[((2,), 1)], [(("a",), 2)]]
    with pytest.raises(QueryError, match="no order known"):
        merged(mixed, [False])
    assert merged([[(("B",), 1), (("a",), 2)], [(("b",), 3)]], [False]) == [1, 2, 3]
