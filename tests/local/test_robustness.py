"""Whatever is asked is answered or refused with a reason; nothing makes the server fail."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftrack_local.actions import Api, Caller
from ftrack_local.catalogue import build_model
from ftrack_local.errors import RequestError
from ftrack_local.seeds import seed
from ftrack_local.storage import Storage
from ftrack_local.tables import build_tables

SHIPPED = (Path(__file__).parent / "shipped_queries.txt").read_text(encoding="utf-8").splitlines()
MODEL = build_model()
CALLER = Caller("u-ada", "ada", "http://studio.example", strict=True)
KEYS = ["t-1", "sh-1", "p-1", "v-1", "a-1", "u-ada", "n-1", "s-wip", "ca-num", "lens", "nothing"]
TYPES = sorted(name for name, entity in MODEL.types.items() if entity.view is None)
ATTRIBUTES = sorted({name for entity in MODEL.types.values() for name in entity.attributes})
_WORDS = (
    "select from where and or not in not_in is is_not like any has ( ) , . [ ] limit offset 0 -1 1e400 "
    "9999999999999999999999 desc none true 2031-05-04 count( __permissions. '%' \"x\" > <="
)
WORDS = [*_WORDS.split(), "order by", "group by"]

junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(KEYS),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["id", "__entity_type__", "__type__", "value", "x"]), inner, max_size=3
        )
    ),
    max_leaves=4,
)
references = st.fixed_dictionaries({"__entity_type__": st.sampled_from(TYPES), "id": st.sampled_from(KEYS)})
values = junk | references | st.lists(references, max_size=2) | st.just("2031-05-04T10:00:00")


@st.composite
def _operations(draw: st.DrawFn) -> dict[str, Any]:
    entity = MODEL.types[draw(st.sampled_from(TYPES))]
    names = st.sampled_from(sorted(entity.attributes))
    key = draw(st.lists(st.sampled_from(KEYS), min_size=1, max_size=3) | junk)
    required = {name: draw(values) for name in sorted(entity.required) if draw(st.booleans())}
    return {
        "action": draw(st.sampled_from(["create", "update", "delete", "query_server_information"])),
        "entity_type": entity.name,
        "entity_key": key,
        "entity_data": {**required, **draw(st.dictionaries(names, values, max_size=3))},
    }


@st.composite
def _expressions(draw: st.DrawFn) -> str:
    words = draw(st.sampled_from(SHIPPED)).replace("(", " ( ").replace(")", " ) ").split()
    pieces = (
        st.sampled_from(WORDS) | st.sampled_from(ATTRIBUTES) | st.sampled_from(TYPES) | st.text(max_size=3)
    )
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(words) - 1))
        words[place : place + draw(st.integers(0, 1))] = [draw(pieces)]
    return " ".join(words)


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    tables = build_tables(MODEL)
    storage = Storage()
    storage.create_all(tables)
    seed(storage, MODEL, Path(__file__).parent / "small_studio.json", 1, tables)
    yield Api(MODEL, storage, tables)
    storage.close()


def _answer(api: Api, operations: list[dict[str, Any]]) -> None:
    refused: RequestError | None = None
    answers: list[Any] = []
    try:
        answers = api.handle(operations, CALLER)
    except RequestError as error:
        refused = error
    if refused is None:
        assert len(answers) == len(operations)
    else:
        # The bare class stands for trouble nobody has foreseen.
        assert type(refused) is not RequestError, refused.content
        assert refused.content


@settings(deadline=None, max_examples=400)
@given(operations=st.lists(_operations(), min_size=1, max_size=3))
def test_any_writes_are_carried_out_or_refused(api: Api, operations: list[dict[str, Any]]) -> None:
    _answer(api, operations)


@settings(deadline=None, max_examples=400)
@given(expression=_expressions())
def test_any_query_is_answered_or_refused(api: Api, expression: str) -> None:
    _answer(api, [{"action": "query", "expression": expression}])
    _answer(api, [{"action": "search", "expression": expression, "terms": ["x"]}])
