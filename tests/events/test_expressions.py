"""Expressions: their grammar, what they match, and that servers deliver at least that much."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
import threading
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_local.events import expressions as served
from ftrack_typed.errors import ParseError
from ftrack_typed.events.expressions import All, Condition, Expression, Not, parse
from ftrack_typed.events.expressions import Any as AnyOf

EVENT: dict[str, Any] = {
    "topic": "ftrack.update",
    "source": {"user": {"username": "ada"}},
    "target": "",
    "data": {
        "n": 10,
        "x": 1.5,
        "whole": 3.0,
        "yes": True,
        "no": False,
        "none": None,
        "list": [1],
        "text": "10",
    },
}


# -- grammar ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("", "<Expression>"),
        (" \n", "<Expression>"),
        ("a=b", "<Condition a=b>"),
        ("  a  =  b  ", "<Condition a=b>"),
        ("a=b and c=d and e=f", "<All [<Condition a=b> <Condition c=d> <Condition e=f>]>"),
        ("a=b or c=d and e=f", "<Any [<Condition a=b> <All [<Condition c=d> <Condition e=f>]>]>"),
        ("(a=b or c=d) and e=f", "<All [<Any [<Condition a=b> <Condition c=d>]> <Condition e=f>]>"),
        ("not a=b and c=d", "<All [<Not <Condition a=b>> <Condition c=d>]>"),
        ("NOT not(a=b) Or c=d", "<Any [<Not <Not <Condition a=b>>> <Condition c=d>]>"),
        ("((a=b))", "<Condition a=b>"),
        ("a='x y'and b=\"it's\"", "<All [<Condition a=x y> <Condition b=it's>]>"),
        ("a=''", "<Condition a=>"),
        (r"a='c:\d'", r"<Condition a=c:\d>"),
        ("a.b_2>=-1.5e3", "<Condition a.b_2>=-1.5e3>"),
        ("a!=x,y/z*@+", "<Condition a!=x,y/z*@+>"),
        ("not=1 and and=2 or or=3", "<Any [<All [<Condition not=1> <Condition and=2>]> <Condition or=3>]>"),
        ("a=not and b=and", "<All [<Condition a=not> <Condition b=and>]>"),
        ("nothing=1 or order=2", "<Any [<Condition nothing=1> <Condition order=2>]>"),
    ],
)
def test_texts_are_read(text: str, tree: str) -> None:
    assert repr(parse(text)) == tree


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("a", 1, "Expected one of the operators"),
        ("a-b=c", 1, "Keys are of letters, digits"),
        ("a==b", 2, "Equality is written with a single `=`"),
        ("topic=", 6, "Expected a value, at the end"),
        ("a='x", 2, "The quote is never closed"),
        ("a={0}", 2, "Put the value in quotes"),
        ("a=b:c", 3, "Put the value in quotes"),
        ("a=b c=d", 4, "Expected `and`, `or` or the end"),
        ("a=b)", 3, "Expected `and`, `or` or the end"),
        ("(a=b", 4, "Expected `and`, `or` or `)`"),
        ("a=b && c=d", 4, "Write `and` and `or` as words"),
        ("a=b and", 7, "Expected a condition"),
        ("'a'=b", 0, "without quotes"),
        ("{}%s{x}", 0, "`{}%s{x}`"),
        ("()", 1, "Expected a condition"),
        ("ö=b", 0, "Expected a condition"),
        ("a=\ud800", 2, "Expected a value"),
    ],
)
def test_mistakes_are_explained(text: str, position: int, message: str) -> None:
    with pytest.raises(ParseError) as caught:
        parse(text)
    assert message in str(caught.value)
    assert caught.value.position == position
    assert caught.value.expression == text
    str(caught.value).encode("utf-8")


def test_a_long_text_is_not_repeated_whole_in_an_error() -> None:
    text = " and ".join(["key=value"] * 5000)
    with pytest.raises(ParseError) as caught:
        parse(f"{text} or")
    assert len(str(caught.value)) < 400


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(ParseError, match="not None"):
        parse(None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("opening", ["(", "not ", "a=b and (", "a=b or not ("])
def test_deep_nesting_is_refused_before_the_stack_is_exhausted(opening: str) -> None:
    with pytest.raises(ParseError, match="nests too deeply"):
        parse(opening * 100_000)


@pytest.mark.parametrize(("opening", "closing"), [("(", ")"), ("not ", ""), ("a=b and (", ")")])
def test_what_nests_as_deep_as_accepted_can_be_used(opening: str, closing: str) -> None:
    depth = 60
    expression = parse(opening * depth + "a=b" + closing * depth)
    assert expression.matches({"a": "b"})
    assert parse(str(expression)) == expression
    assert hash(expression) == hash(copy.deepcopy(expression))


def test_long_lists_take_no_depth() -> None:
    text = " or ".join(f"topic=studio.{number}" for number in range(5000))
    assert parse(text).matches({"topic": "studio.4999"})
    assert str(parse(text)) == text


def test_threads_parse_at_once() -> None:
    texts = [f"topic=a.{n} and (data.x>={n} or not b='{n}')" for n in range(300)]
    expected = [parse(text) for text in texts]
    found: list[list[Expression]] = []

    def work() -> None:
        # Texts that no other thread has parsed before.
        found.append([parse(f"{text} ") for text in texts])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert found == [expected] * 4


# -- nodes -----------------------------------------------------------------------------------------


def test_nodes_are_values() -> None:
    one, same, other = parse("a=b and not c=d"), parse("a = b and not c='d'"), parse("a=b or not c=d")
    assert one == same
    assert one != other
    assert one != "a=b and not c=d"
    assert len({one, same, other}) == 2
    assert pickle.loads(pickle.dumps(one)) == one
    with pytest.raises(AttributeError, match="can't be changed"):
        one.expressions = ()  # pyright: ignore[reportAttributeAccessIssue]


def test_nodes_are_made_by_hand() -> None:
    expression = All(
        [Condition("topic", "=", "ftrack.*"), AnyOf([Condition("a", "!=", 'say "x"'), Not(Expression())])]
    )
    assert expression.matches({"topic": "ftrack.update", "a": "b"})
    assert not expression.matches({"topic": "studio.ftrack.update", "a": "b"})
    assert All().matches({})
    assert not AnyOf().matches({})


@pytest.mark.parametrize(
    ("key", "operator", "value", "message"),
    [
        ("a-b", "=", "c", "can't be a key"),
        ("", "=", "c", "can't be a key"),
        ("a", "==", "c", "Did you mean '='"),
        ("a", "=", "\"'", "both kinds of quotes"),
    ],
)
def test_conditions_that_cannot_be_written_are_refused(
    key: str, operator: str, value: str, message: str
) -> None:
    with pytest.raises(ParseError, match=message):
        Condition(key, operator, value)


# -- matching --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "topic=ftrack.update",
        "topic='ftrack.update'",
        "topic=ftrack.*",
        'topic="ftrack.*"',
        "topic=*",
        "source.user.username=ada and target=''",
        "data.n=10",
        "data.n=10.0",
        "data.n=1e1",
        "data.n!=11",
        "data.n>=2",
        "data.n<100",
        "data.x>1.4",
        "data.whole=3",
        "data.text=10",
        "data.text<2",
        "data.yes=true",
        "data.yes=True",
        "data.yes=1",
        "data.no=false",
        "data.none!=x",
        "data.list=*",
        "not missing=a",
        "not missing!=a",
        "not data.none=None",
    ],
)
def test_it_matches(text: str) -> None:
    assert parse(text).matches(EVENT)


@pytest.mark.parametrize(
    "text",
    [
        "topic=update*",
        "topic=rack.*",
        "topic=ftrack.UPDATE",
        "missing=a",
        "missing!=a",
        "missing=*",
        "topic.deeper=a",
        "topic.deeper!=a",
        "data.list.0=1",
        "source.user=ada",
        "data.n=11",
        "data.n!=10",
        "data.n>ten",
        "data.n=1_0",
        "data.none=None",
        "data.none>0",
        "data.list>0",
        "data.yes=false",
        "data.n=1*",
        "data.text=10.0",
        "not topic=*",
    ],
)
def test_it_does_not_match(text: str) -> None:
    assert not parse(text).matches(EVENT)


def test_asking_leaves_a_mapping_as_it_is() -> None:
    candidate: dict[str, Any] = defaultdict(dict)
    assert not parse("a.b=c").matches(candidate)
    assert not candidate


@pytest.mark.parametrize("literal", ["9" * 5000, "1e999", "-1e999"])
def test_no_number_is_too_large(literal: str) -> None:
    for operator in ("=", "!=", ">=", "<"):
        expression = parse(f"data.n{operator}{literal}")
        assert isinstance(expression.matches(EVENT), bool)
        assert isinstance(expression.matches({"data": {"n": 10**400}}), bool)


# -- properties ------------------------------------------------------------------------------------

KEYS = st.sampled_from(["topic", "a", "b", "a.b", "a.b.c", "b.c", "not", "or"])
LITERALS = st.one_of(
    st.sampled_from(
        ["", "*", "a", "ab", "ab*", "b*", "10", "10.0", "-1", "1e1", "true", "False", "1", "0", "None"]
    ),
    st.text(max_size=6).filter(lambda text: not ("'" in text and '"' in text)),
)
CONDITIONS = st.builds(Condition, KEYS, st.sampled_from(["=", "!=", ">=", "<=", ">", "<"]), LITERALS)
EXPRESSIONS: st.SearchStrategy[Expression] = st.recursive(
    CONDITIONS,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.lists(inner, min_size=2, max_size=3)),
        st.builds(AnyOf, st.lists(inner, min_size=2, max_size=3)),
    ),
    max_leaves=8,
)
# Numbers that JSON carries unchanged.
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.sampled_from([0, 1, 10, 10.0, -1, 1.5]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "a", "ab", "cab", "10", "true", "None"]),
    st.text(max_size=4),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2),
        st.dictionaries(st.sampled_from(["a", "b", "c", "topic"]), inner, max_size=3),
    ),
    max_leaves=6,
)
CANDIDATES = st.dictionaries(st.sampled_from(["topic", "a", "b", "not", "or"]), VALUES, max_size=5)


@given(EXPRESSIONS)
def test_texts_are_read_back(expression: Expression) -> None:
    assert parse(str(expression)) == expression


@given(st.text(alphabet="ab.=!<>()'\"* not and or 10\\{}ö", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        expression = parse(text)
    except ParseError as error:
        position = error.position
        assert position is not None
        assert 0 <= position <= len(text)
    else:
        assert parse(str(expression)) == expression


@settings(max_examples=500)
@given(EXPRESSIONS, CANDIDATES)
def test_servers_deliver_at_least_what_matches(expression: Expression, candidate: dict[str, Any]) -> None:
    if expression.matches(candidate):
        assert served.parse(str(expression)).matches(candidate)


@given(st.text(alphabet="ab.=!<>()'\"* not and or 10", max_size=30))
def test_servers_accept_what_we_accept(text: str) -> None:
    try:
        parse(text)
    except ParseError:
        with pytest.raises(served.ExpressionError):
            served.parse(text)
    else:
        served.parse(text)


# -- the compiled grammar --------------------------------------------------------------------------


def test_the_tables_are_those_of_the_grammar() -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, str(root / "tools" / "build_expressions.py"), "--check"],
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_runtime_needs_no_grammar_library() -> None:
    code = "import sys, ftrack_typed.events.expressions; sys.exit('lark' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
