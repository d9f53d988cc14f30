"""Expressions of subscriptions and targets."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_local.events.expressions import (
    All,
    AnyOf,
    Condition,
    Everything,
    Expression,
    ExpressionError,
    Not,
    parse,
)

EVENT: dict[str, Any] = {
    "topic": "ftrack.update",
    "data": {"frames": 24, "rate": "25", "done": True, "shot": None, "name": "mon café", "list": [1]},
    "source": {"user": {"username": "ada"}, "applicationId": "ftrack.client.web"},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("  ", True),
        ("topic=ftrack.update", True),
        ("topic=ftrack.updates", False),
        ('topic="ftrack.update"', True),
        ("topic='ftrack.update' AND source.user.username = ada", True),
        ("topic=*", True),
        ("topic=ftrack.*", True),
        ("topic=update*", True),  # Python clients expect whatever contains the text
        ("topic=other.*", False),
        ("topic!=ftrack.*", True),  # only `=` knows the star
        ("topic!=ftrack.update", False),
        ("missing=x", False),
        ("missing!=x", False),
        ("not missing=x", True),
        ("NOT not topic=ftrack.update", True),
        ("topic.deeper=x", False),
        ("data.frames=24", True),
        ("data.frames>=9", True),
        ("data.frames<9", False),
        ("data.rate<9", True),  # text compares as text
        ("data.done=true", True),
        ("data.done=True", True),
        ("data.done=false", False),
        ("data.list.0=1", False),
        ('data.name="mon café"', True),
        ("topic=a or topic=b or topic=ftrack.update", True),
        ("topic=a or topic=ftrack.update and source.user.username=bob", False),
        ("(topic=a or topic=ftrack.update) and source.user.username=ada", True),
        ("topic=ftrack.update and not (data.frames > 30 or data.rate=24)", True),
        ('source.applicationId="ftrack.client.web"', True),
        ("data.shot=None", True),
    ],
)
def test_expressions_match(text: str, expected: bool) -> None:
    assert parse(text).matches(EVENT) is expected


def test_not_binds_tighter_than_and_and_that_tighter_than_or() -> None:
    a, b, c = (Condition(name, "=", "1") for name in "abc")
    assert parse("not a=1 and b=1 or c=1") == AnyOf((All((Not(a), b)), c))
    assert parse("a=1 or b=1 and c=1") == AnyOf((a, All((b, c))))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("topic", "character 1"),
        ("topic=", "character 6"),
        ("topic=a topic=b", "character 9"),
        ("topic=a and", "at the end"),
        ("(topic=a", "at the end"),
        ("topic=a)", "character 8"),
        ("topic=a:b", "character 8"),
        ('topic="a', "character 6"),
        ("not", "at the end"),
    ],
)
def test_what_is_no_expression_is_refused_with_the_place(text: str, place: str) -> None:
    with pytest.raises(ExpressionError) as failure:
        parse(text)
    assert str(failure.value).startswith(f"Failed to parse: {text}. ")
    assert place in str(failure.value)


def test_deep_or_endless_expressions_are_refused() -> None:
    with pytest.raises(ExpressionError, match="nests deeper"):
        parse("(" * 5000 + "a=b" + ")" * 5000)
    with pytest.raises(ExpressionError, match="longer than"):
        parse("a=b and " * 10_000 + "a=b")


_fields = st.text("abz09_", min_size=1).map(lambda text: f"data.{text}")
_values = st.one_of(
    st.text("aZ0-_,./*@+", min_size=1), st.text(max_size=8).filter(lambda text: '"' not in text)
)
_conditions = st.builds(Condition, _fields, st.sampled_from(["=", "!=", ">=", "<=", ">", "<"]), _values)


def _groups(inner: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(st.builds(Not, inner), st.builds(All, several), st.builds(AnyOf, several))


_expressions: st.SearchStrategy[Expression] = st.recursive(_conditions, _groups, max_leaves=8)


@given(_expressions)
def test_what_is_printed_is_read_the_same(expression: Expression) -> None:
    assert parse(str(expression)) == expression


@given(st.text(max_size=40))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    try:
        found = parse(text)
    except ExpressionError:
        return
    found.matches(EVENT)
    assert parse(str(found)) == found


def test_nothing_matches_everything() -> None:
    assert parse("") == Everything()
    assert str(Everything()) == ""
