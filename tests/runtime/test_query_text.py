"""The frame of a query text: type, projections, limit and offset."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_typed.errors import ParseError
from ftrack_typed.query.frame import read
from ftrack_typed.query.literals import literal, quote
from ftrack_typed.query.text import QueryText


def test_bare_type() -> None:
    assert read("Task") == QueryText("Task", None)


def test_projections_and_conditions() -> None:
    text = read("select name , status.name,parent[Shot].name from Task where name is 'a'  ")
    assert text == QueryText("Task", ("name", "status.name", "parent[Shot].name"), "where name is 'a'")


@pytest.mark.parametrize(
    "expression",
    [
        "  Task where x is 1",
        "\nTask\nwhere x is 1",
        "SELECT name FROM Task WHERE x is 1",
        "\tselect name\nfrom\nTask x",
    ],
)
def test_blanks_and_case_do_not_matter(expression: str) -> None:
    assert read(expression).entity_type == "Task"


def test_an_attribute_may_be_called_from() -> None:
    text = read("select from.name, to.name from TypedContextLink")
    assert text.entity_type == "TypedContextLink"
    assert text.projections == ("from.name", "to.name")


@pytest.mark.parametrize(
    ("expression", "limit", "offset"),
    [
        ("User order by first_name offset 5 limit 7", 7, 5),
        ("User limit 7 offset 5", 7, 5),
        ("User LIMIT  7", 7, None),
        ("User limit 0", 0, None),
        ('Task where name is "limit 5 of offset 3"', None, None),
        ("Task where name is 'it\\'s limit 5'", None, None),
        ("Task where id in (select id from Task limit 3) limit 2", 2, None),
        ("Task where limit is 3", None, None),
    ],
)
def test_limit_and_offset_are_those_of_the_query_itself(
    expression: str, limit: int | None, offset: int | None
) -> None:
    text = read(expression)
    assert (text.limit, text.offset) == (limit, offset)


def test_text_in_quotes_stays() -> None:
    expression = 'Task where name is "limit 5 of offset 3"'
    assert read(expression).expression == expression


def test_page_keeps_the_conditions_and_sets_the_window() -> None:
    text = read("select id from User where a is 1 limit 7 offset 5 order by name")
    assert text.page(5, 6) == "select id from User where a is 1 order by name offset 5 limit 6"


@pytest.mark.parametrize(
    "nonsense", ["", "   ", "select", "select from", "select name Task", "42", "(", "select * from Task"]
)
def test_nonsense_is_a_parse_error(nonsense: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(nonsense)
    assert caught.value.expression == nonsense


@given(st.text())
def test_any_text_is_read_or_refused(expression: str) -> None:
    try:
        text = read(expression)
    except ParseError:
        return
    assert text.entity_type in expression


@given(st.text(), st.integers(0, 99))
def test_quoted_values_never_change_the_window(value: str, limit: int) -> None:
    text = read(f"Task where name is {quote(value)} limit {limit}")
    assert (text.limit, text.offset) == (limit, None)
    assert literal(value) in text.conditions
