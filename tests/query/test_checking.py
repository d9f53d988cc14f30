"""Query texts are checked against the schema before they are sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_typed import Session
from ftrack_typed.errors import ParseError, QueryNameError, ServerError, UnrecognisedEntityTypeError
from ftrack_typed.query import frame
from ftrack_typed.query.checking import QueryChecker, check
from ftrack_typed.query.tokens import tokens
from ftrack_typed.schema import Schema, SchemaVocabulary

ROOT = Path(__file__).resolve().parents[2]
RECORDED = ROOT.parent / "shared" / "data" / "server_a" / "query_schemas.json"
SHIPPED = (ROOT / "tests" / "local" / "shipped_queries.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("query", "name", "nearest"),
    [
        ("select staus from Task where name is 'x'", "staus", "status"),
        ("select name, status.nmae from Task", "nmae", "name"),
        ("Task where nmae is 'x'", "nmae", "name"),
        ("Task where name is 'x' and (status.nmae = y)", "nmae", "name"),
        ("Task where not parent[Shot].nmae like 'x%'", "nmae", "name"),
        ("Task where parent[Shoot].name is x", "Shoot", "Shot"),
        ("Task where notes any (author.usernme is x)", "usernme", "username"),
        ("Task where assignments any (resource.usernam = 'ada')", "usernam", "username"),
        ("Task where id in (select idd from Shot)", "idd", "id"),
        ("Task where id in (select id from Shoot where name is a)", "Shoot", "Shot"),
        ("Task where id in (select id from Shot where nmae is a) and x is y", "nmae", "name"),
        ("Task where id in ('a', b)and nmae is'x'", "nmae", "name"),
        ("Task order by priority.sot desc", "sot", "sort"),
        ("Task where name is x order by name, staus_id limit 5", "staus_id", "status_id"),
        ("Task where bid > 3\n  order by\n  nam\tdesc", "nam", "name"),
        ("select count(idd) from Task group by status_id", "idd", "id"),
        ("Task group by statuss_id", "statuss_id", "status_id"),
        ("Setting where name is a and grup is b", "grup", "group"),
        ("Task where custom_attributes any (kye is a)", "kye", "key"),
    ],
)
def test_a_misspelt_name_is_found(vocabulary: SchemaVocabulary, query: str, name: str, nearest: str) -> None:
    with pytest.raises(QueryNameError) as caught:
        check(query, vocabulary)
    error = caught.value
    assert error.name == name
    assert error.position is not None
    assert query[error.position :].startswith(name)
    assert error.hint == f"Did you mean {nearest!r}?"
    assert f"character {error.position}" in str(error)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("AssetVersion where parent.id is x", "AssetVersion has no attribute 'parent'"),
        ("Task where name.first is x", "Task.name is a plain value"),
        ("select custom_attribute_links from Task", "can be used in criteria only"),
        ("Task where status.name is x and status.parent.id is y", "Status has no attribute 'parent'"),
    ],
)
def test_what_makes_no_sense_is_refused(vocabulary: SchemaVocabulary, query: str, words: str) -> None:
    with pytest.raises(QueryNameError, match=words):
        check(query, vocabulary)


@pytest.mark.parametrize(
    "query",
    [
        *SHIPPED,
        "Task where __permissions.status_id is x",
        "select __permissions.status_id, __entity_type__ from Task",
        "Metadata where id is x",
        "select id from Context where full_name is x or name is 'a' and bid > 1",
        "AssetVersion where task.object_type.name is x",
        "ObjectType where tasks.parent.name is x",
        "SELECT name FROM Task WHERE name IS x ORDER BY name DESC LIMIT 5",
        "Task where name is where and type.name is order order by name",
        "select from.name from TypedContextLink where from.id is a order by from.name",
        "Task where name is 'or nmae is x'",
        "Task where name is 'it\\'s nmae is x'",
        "Task where metadata any () and timelogs any()",
    ],
)
def test_what_pipelines_send_passes(vocabulary: SchemaVocabulary, query: str) -> None:
    check(query, vocabulary)
    frame.read(query)


@pytest.mark.parametrize("query", SHIPPED)
def test_shipped_queries_pass_with_a_recorded_schema(query: str) -> None:
    if not RECORDED.is_file():
        pytest.skip(f"the recorded schema is not part of the repository: {RECORDED} is absent")
    documents = json.loads(RECORDED.read_text(encoding="utf-8"))
    check(query, SchemaVocabulary(Schema.from_wire(documents), documents))


@pytest.mark.parametrize(
    "query",
    [
        "Task where nmae ~ 'x'",
        "Task where name is not x and nmae is y",
        "Task where name is x y and nmae is z",
        "Task where name is 'x and nmae is y",
        "Task where (name is x",
        "Task where name is x) and nmae is y",
        "Task having nmae is x",
        "select * from Task where nmae is x",
        "Task where now() - nmae is x",
        "",
        "   ",
        "'Task'",
    ],
)
def test_syntax_is_left_to_the_server(vocabulary: SchemaVocabulary, query: str) -> None:
    check(query, vocabulary)
    assert list(tokens(query))[-1].kind == "end"


WORDS = st.sampled_from(
    """select from where and or not in not_in any has is is_not = != < >= like ( ) , . [ ] order group by limit offset
    asc desc Task Shot Status name nmae status.name parent[Shot].name notes count "x" 'y' " ' \\ 5 none __x é""".split()
)


def outcome(look: Callable[[], object]) -> ParseError | None:
    """The error a look at a query ends with; any but ours is none of a test's business to catch."""
    try:
        look()
    except ParseError as error:
        return error
    return None


@given(
    st.lists(WORDS, max_size=40).map(" ".join)
    | st.lists(WORDS, max_size=40).map("".join)
    | st.text(max_size=60)
)
def test_no_text_gives_another_error(vocabulary: SchemaVocabulary, query: str) -> None:
    found = [outcome(lambda: check(query, vocabulary)), outcome(lambda: frame.read(query))]
    assert all(error is None or error.expression == query for error in found)
    assert all(query.startswith(token.text, token.position) for token in tokens(query))


@pytest.mark.parametrize(
    "pathological",
    [
        lambda n: "Task where " + "(" * n,
        lambda n: "Task where " + "not " * n,
        lambda n: "Task where id in (" + '"x", ' * n + '"y")',
        lambda n: 'Task where name is "' * n,
        lambda n: 'Task where name is "' + '\\"' * n,
        lambda n: "select " + "name," * n + "name from Task",
        lambda n: "select " + "name." * n + "name from Task",
        lambda n: "select name" + " ,name" * n + " form Task",
        lambda n: "select " + "count(id" * n,
        lambda n: "Task limit " * n,
        lambda n: "Task where " + "limit  " * n,
        lambda n: "Task where " + "parent[Shot]." * n + "name is x",
        lambda n: " " * n + "Task" + " " * n,
        lambda n: "Task limit " + "9" * n,
    ],
)
def test_the_work_grows_with_the_length_only(
    vocabulary: SchemaVocabulary, pathological: Callable[[int], str]
) -> None:
    # Anything quadratic would take minutes here; no time is measured.
    query = pathological(60_000)
    found = [outcome(lambda: check(query, vocabulary)), outcome(lambda: frame.read(query))]
    assert all(error is None or len(str(error)) < 2_000 for error in found)


def test_without_a_vocabulary_everything_passes() -> None:
    assert outcome(lambda: QueryChecker(lambda: None).check("select nothing from Nowhere")) is None


def test_a_session_asks_nothing_of_the_server_for_a_misspelt_name(
    session: Session, calls: Callable[[], int]
) -> None:
    before = calls()
    for query in ("select staus from Task", "Task where nmae is 'x'"):
        for _ in range(2):
            with pytest.raises(QueryNameError, match="Did you mean"):
                session.query(query)
    with pytest.raises(UnrecognisedEntityTypeError, match="Did you mean 'Task'"):
        session.query("select name from Tsak where nmae is x")
    assert calls() == before
    assert isinstance(QueryNameError("q", 0, "n"), (ParseError, ValueError))


def test_checking_can_be_switched_off(open_session: Callable[..., Session]) -> None:
    session = open_session(validate_queries=False)
    with pytest.raises(ServerError, match="nmae"):
        session.query("Task where nmae is 'x'").all()
