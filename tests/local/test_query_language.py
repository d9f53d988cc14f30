"""The query language: what parses to what, and how trouble is explained."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_local.errors import ParseError
from ftrack_local.query import (
    Aggregate,
    And,
    Comparison,
    Criteria,
    Literal,
    Membership,
    Not,
    Operator,
    Or,
    Query,
    Relation,
    SortKey,
    Step,
    parse,
)
from ftrack_local.query import (
    Path as QueryPath,
)

SHIPPED = (Path(__file__).parent / "shipped_queries.txt").read_text(encoding="utf-8").splitlines()


def _path(text: str) -> QueryPath:
    return QueryPath(tuple(Step(name) for name in text.split(".")))


def _where(text: str) -> Criteria:
    criteria = parse(f"Task where {text}").where
    assert criteria is not None
    return criteria


@pytest.mark.parametrize("text", SHIPPED)
def test_shipped_queries_parse_and_print_to_the_same_tree(text: str) -> None:
    query = parse(text)
    assert parse(str(query)) == query


def test_the_parts_of_a_query() -> None:
    query = parse(
        'SELECT name, status.name FROM Task WHERE name is "comp" ORDER BY priority.sort DESC, name limit 5 offset 10'
    )
    assert query == Query(
        "Task",
        (_path("name"), _path("status.name")),
        Comparison(_path("name"), Operator.EQUAL, Literal("comp")),
        (),
        (SortKey(_path("priority.sort"), descending=True), SortKey(_path("name"))),
        5,
        10,
    )


def test_limit_and_offset_come_in_either_order() -> None:
    assert parse("Task limit 5 offset 10") == parse("Task offset 10 limit 5")


def test_and_binds_tighter_than_or_and_parentheses_bind_tightest() -> None:
    a, b, c = (Comparison(_path(name), Operator.EQUAL, Literal("1", quoted=False)) for name in "abc")
    assert _where("a is 1 or b is 1 and c is 1") == Or((a, And((b, c))))
    assert _where("(a is 1 or b is 1) and c is 1") == And((Or((a, b)), c))
    assert _where("not (a is 1 or b is 1)") == Not(Or((a, b)))


@pytest.mark.parametrize(
    ("spelling", "operator"),
    [
        ("=", Operator.EQUAL),
        ("is", Operator.EQUAL),
        ("!=", Operator.NOT_EQUAL),
        ("is_not", Operator.NOT_EQUAL),
        (">", Operator.GREATER),
        ("after", Operator.GREATER),
        ("greater_than", Operator.GREATER),
        ("<", Operator.LESS),
        ("before", Operator.LESS),
        ("less_than", Operator.LESS),
        (">=", Operator.GREATER_EQUAL),
        ("<=", Operator.LESS_EQUAL),
        ("like", Operator.LIKE),
        ("NOT_LIKE", Operator.NOT_LIKE),
    ],
)
def test_every_spelling_of_an_operator(spelling: str, operator: Operator) -> None:
    assert _where(f'name {spelling} "x"') == Comparison(_path("name"), operator, Literal("x"))


def test_blanks_are_needed_only_between_words() -> None:
    assert _where('(name="a"and bid>=3)or id in("x",y)') == _where(
        '( name = "a" and bid >= 3 ) or id in ( "x" , y )'
    )


def test_words_are_keywords_only_where_one_can_stand() -> None:
    assert parse("Setting where group is a order by group").order_by == (SortKey(_path("group")),)
    query = parse("select from.name, to.name from TypedContextLink where from.id is x")
    assert query.projections == (_path("from.name"), _path("to.name"))
    assert parse("Task where notes any ()").where == Relation(_path("notes"), "any")


def test_casts_stand_in_brackets() -> None:
    query = parse("select parent[Shot].parent[Sequence].name from Task")
    assert query.projections == (
        QueryPath((Step("parent", "Shot"), Step("parent", "Sequence"), Step("name"))),
    )


def test_membership_takes_values_or_a_subquery() -> None:
    assert _where("id not_in ()") == Membership(_path("id"), (), negated=True)
    found = _where('id in (select id from Shot where name like "a%" order by name limit 3)')
    assert isinstance(found, Membership)
    assert isinstance(found.choices, Query)
    assert found.choices.limit == 3


def test_aggregates_and_group_by_are_understood() -> None:
    query = parse("select count(id), max(bid) from Task group by status_id, type_id")
    assert query.projections == (Aggregate("count", _path("id")), Aggregate("max", _path("bid")))
    assert query.group_by == (_path("status_id"), _path("type_id"))


def test_escapes() -> None:
    def value(text: str) -> Literal:
        found = _where(f"name is {text}")
        assert isinstance(found, Comparison)
        return found.value

    assert value(r'"a \"b\" \\ c"').text == r'a "b" \ c'
    assert value(r"'it\'s'").text == "it's"
    assert value("""'say "x"'""").text == 'say "x"'
    assert value(r'"C:\temp"').text == r"C:\temp"
    assert value(r'"50\%"').text == "50%"
    assert value('"None"').is_null is False
    assert value("None").is_null is True


@pytest.mark.parametrize(
    ("text", "position", "hint"),
    [
        ("", 0, "an entity type"),
        ("Task where", 10, "an attribute"),
        ("Task where name is Maya Scene", 24, "must be quoted"),
        ("Task where name is not none", 23, "`is_not`"),
        ("Task where id not in (a)", 14, "`not_in`"),
        ("Task where name == x", 17, "`=` or `is`"),
        ('Task where name is "x', 19, "no closing quote"),
        ("select * from Task", 7, "`*` is not part"),
        ("Task where (name is x", 21, "`)`"),
        ("Task;", 4, "`;`"),
        ("select name Task", 12, "`from`"),
    ],
)
def test_errors_tell_place_and_remedy(text: str, position: int, hint: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(text)
    assert caught.value.position == position
    assert hint in caught.value.content
    assert caught.value.content.startswith(f"Failed to parse: {text}")
    assert caught.value.exception == "ParseError"


def test_a_clause_stands_once() -> None:
    with pytest.raises(ParseError, match="`limit` stands there twice"):
        parse("Task limit 1 limit 2")


def test_nesting_and_path_length_are_bounded() -> None:
    with pytest.raises(ParseError, match="nest deeper"):
        parse("Task where " + "(" * 5000 + "a is b" + ")" * 5000)
    with pytest.raises(ParseError, match="more than 16 steps"):
        parse("Task where " + ".".join(["parent"] * 17) + " is b")


def test_long_lists_and_chains_are_fine() -> None:
    found = parse("Task where id in (" + ",".join(f'"{number}"' for number in range(5000)) + ")").where
    assert isinstance(found, Membership)
    assert not isinstance(found.choices, Query)
    assert len(found.choices) == 5000
    chain = parse("Task where " + " or ".join(f"(id is {number})" for number in range(2000))).where
    assert isinstance(chain, Or)
    assert len(chain.operands) == 2000


names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: name.lower() != "not"
)
types = st.from_regex(r"[A-Z][A-Za-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name.lower() != "select")
steps = st.builds(Step, names, st.none() | types)
paths = st.builds(QueryPath, st.lists(steps, min_size=1, max_size=3).map(tuple))
words = st.from_regex(r"[A-Za-z0-9_.:@/-]{1,12}", fullmatch=True).filter(
    lambda word: word.lower() != "select"
)
literals = st.builds(Literal.of, st.text(max_size=20)) | st.builds(Literal, words, st.just(False))
simple = st.builds(Comparison, paths, st.sampled_from(Operator), literals) | st.builds(
    Membership, paths, st.lists(literals, max_size=3).map(tuple), st.booleans()
)


def _nest(inner: st.SearchStrategy[Criteria]) -> st.SearchStrategy[Criteria]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    # `not` applies to one criterion; two in a row are not in the language.
    single = inner.filter(lambda criteria: not isinstance(criteria, Not))
    return (
        several.map(And)
        | several.map(Or)
        | single.map(Not)
        | st.builds(Relation, paths, st.sampled_from(["any", "has"]), st.none() | inner)
    )


criteria_trees: st.SearchStrategy[Criteria] = st.recursive(simple, _nest, max_leaves=8)
projections = paths | st.builds(Aggregate, st.sampled_from(["sum", "count"]), paths)
queries = st.builds(
    Query,
    types,
    st.lists(projections, max_size=3).map(tuple),
    st.none() | criteria_trees,
    st.lists(paths, max_size=2).map(tuple),
    st.lists(st.builds(SortKey, paths, st.booleans()), max_size=2).map(tuple),
    st.none() | st.integers(0, 10**6),
    st.none() | st.integers(0, 10**6),
)


@settings(deadline=None, max_examples=200)
@given(queries)
def test_printing_a_query_and_parsing_it_again_gives_the_same_query(query: Query) -> None:
    assert parse(str(query)) == query


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=60))
def test_any_text_can_be_written_as_a_value(text: str) -> None:
    found = _where(f"name is {Literal.of(text)}")
    assert isinstance(found, Comparison)
    assert found.value.text == text


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.sampled_from(
            [
                "Task",
                "where",
                "select",
                "from",
                "(",
                ")",
                ",",
                "name",
                ".",
                "is",
                "in",
                "any",
                "not",
                "and",
                '"',
                "'",
            ]
        )
        | st.text(max_size=4),
        max_size=12,
    ).map(" ".join)
)
def test_the_parser_raises_nothing_but_its_own_error(text: str) -> None:
    try:
        printed = str(parse(text))
    except ParseError:
        return
    assert str(parse(printed)) == printed
