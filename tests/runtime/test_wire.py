from __future__ import annotations

import json
from contextlib import suppress
from datetime import date, datetime, timedelta, timezone
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_typed.errors import InvalidDateError, MalformedResponseError, UnencodableValueError
from ftrack_typed.wire import dates, payloads
from ftrack_typed.wire.decoding import decode, excerpt
from ftrack_typed.wire.encoding import PlainOperations, PlainValues, dumps

# Numbers beyond 64 bits and lone surrogates are legal JSON that servers written in Python produce.
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=[])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=ZONES)


@given(st.lists(VALUES, max_size=5))
def test_what_is_encoded_is_decoded(values: list[Any]) -> None:
    assert decode(dumps(values)) == values


@given(MOMENTS)
def test_a_moment_survives(moment: datetime) -> None:
    (tagged,) = decode(dumps([moment]))
    assert dates.parse(tagged) == moment
    assert dates.parse(tagged).tzinfo is timezone.utc


@given(st.datetimes())
def test_a_naive_moment_is_in_utc(moment: datetime) -> None:
    (tagged,) = decode(dumps([moment]))
    assert dates.parse(tagged) == moment.replace(tzinfo=timezone.utc)


@given(st.dates())
def test_a_date_survives_as_its_midnight(day: date) -> None:
    (tagged,) = decode(dumps([day]))
    assert tagged == {"__type__": "datetime", "value": day.isoformat()}
    assert dates.parse(tagged) == datetime(day.year, day.month, day.day, tzinfo=timezone.utc)


@given(st.text() | st.text("0123456789-:.,TZ+ ", max_size=32))
def test_the_date_parser_raises_only_its_own_error(text: str) -> None:
    with suppress(InvalidDateError):
        assert dates.parse(text).tzinfo is timezone.utc


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"__type__": "datetime", "value": "2031-05-04T10:20:30"}, datetime(2031, 5, 4, 10, 20, 30)),
        ({"__type__": "date", "value": "2031-05-04"}, datetime(2031, 5, 4)),
        ("2031-05-04T10:20:30Z", datetime(2031, 5, 4, 10, 20, 30)),
        ("2031-05-04 10:20", datetime(2031, 5, 4, 10, 20)),
        ("2031-05-04T10:20:30.1234567+0200", datetime(2031, 5, 4, 8, 20, 30, 123456)),
        ("2031-05-04T10:20:30.5-01:30", datetime(2031, 5, 4, 11, 50, 30, 500000)),
        (date(2031, 5, 4), datetime(2031, 5, 4)),
    ],
)
def test_forms_of_dates(value: object, expected: datetime) -> None:
    assert dates.parse(value) == expected.replace(tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "soon",
        "2031-13-01",
        "2031-02-30T00:00:00",
        "2031-W01-1T10:20:30",
        "0001-01-01T00:00:00+05:00",
        "20310504",
        5,
        None,
        {},
        {"__type__": "url", "value": "2031-05-04"},
        {"__type__": "datetime", "value": None},
        "2031-05-04T10:20:30+99:00",
    ],
)
def test_what_is_no_date(value: object) -> None:
    with pytest.raises(InvalidDateError, match="is no date") as caught:
        dates.parse(value)
    assert isinstance(caught.value, ValueError)


def test_keys_are_sorted_and_text_is_ascii() -> None:
    assert dumps([{"b": 1, "a": {"d": "ü", "c": (True, None)}}]) == (
        b'[{"a": {"c": [true, null], "d": "\\u00fc"}, "b": 1}]'
    )


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ([{"entity_data": {"bid": float("nan")}}], "[0].entity_data.bid"),
        ([{"entity_data": {"bid": [1, float("inf")]}}], "[0].entity_data.bid[1]"),
        ([{"entity_data": {"tags": {"a"}}}], "[0].entity_data.tags"),
        ({"data": b"bytes"}, "data"),
        ([{"data": {1: "x"}}], "[0].data"),
        (object(), ""),
    ],
)
def test_what_cannot_be_sent_is_named_with_its_place(value: object, path: str) -> None:
    with pytest.raises(UnencodableValueError) as caught:
        dumps(value)
    assert caught.value.path == path
    assert str(caught.value).startswith(path or "The value")


def test_a_value_that_contains_itself_is_refused() -> None:
    value: list[Any] = []
    value.append(value)
    with pytest.raises(UnencodableValueError, match="contains itself"):
        dumps(value)


def test_what_wide_values_hold_may_contain_itself() -> None:
    value: list[Any] = []
    value += [value] * 1_000
    with pytest.raises(UnencodableValueError, match="contains itself"):
        dumps([{"data": (1, {"all": value})}])


@given(VALUES)
def test_containers_of_any_kind_are_written_alike(value: Any) -> None:
    def other_kinds(item: Any) -> Any:
        if isinstance(item, dict):
            return MappingProxyType({name: other_kinds(each) for name, each in item.items()})
        return tuple(other_kinds(each) for each in item) if isinstance(item, list) else item

    assert dumps(other_kinds(value)) == dumps(value) == json.dumps(value, sort_keys=True).encode()


@given(st.dictionaries(st.text(st.characters(exclude_categories=[]), max_size=8), VALUES, max_size=4))
def test_plain_operations_are_written_without_spaces(data: dict[str, Any]) -> None:
    plain = PlainValues()
    body = dumps(PlainOperations([{name: plain.of(value) for name, value in data.items()}]))
    assert body.isascii()
    assert decode(body) == [data]


def test_plain_values_are_made_once() -> None:
    task = object()

    def reference(value: Any) -> Any:
        return payloads.reference("Task", {"id": "t-1"}) if value is task else NotImplemented

    plain = PlainValues(reference)
    assert plain.of(task) is plain.of(task)
    assert plain.of([task, 1.5]) == [{"__entity_type__": "Task", "id": "t-1"}, 1.5]


def test_known_objects_are_turned_into_references_even_if_they_are_mappings() -> None:
    class Entity(dict[str, Any]):
        pass

    def reference(value: Any) -> Any:
        return (
            payloads.reference("Task", {"id": value["id"]}) if isinstance(value, Entity) else NotImplemented
        )

    task = Entity(id="t-1", name="comp")
    assert json.loads(dumps([{"task": task, "plain": {"id": 1}}], reference)) == [
        {"task": {"__entity_type__": "Task", "id": "t-1"}, "plain": {"id": 1}}
    ]


@given(st.binary(max_size=60))
def test_decoding_raises_only_its_own_error(body: bytes) -> None:
    with suppress(MalformedResponseError):
        assert isinstance(decode(body), list)


@given(st.lists(VALUES, min_size=1, max_size=3), st.data())
def test_truncated_json_is_malformed(values: list[Any], data: st.DataObject) -> None:
    body = dumps(values)
    cut = body[: data.draw(st.integers(0, len(body) - 1))]
    with pytest.raises(MalformedResponseError, match="truncated or no JSON"):
        decode(cut)


def test_decoding_tolerates_a_byte_order_mark() -> None:
    assert decode(b"\xef\xbb\xbf[1]") == [1]


def test_decoding_refuses_anything_but_a_list() -> None:
    with pytest.raises(MalformedResponseError, match="dict") as caught:
        decode(b'{"a": 1}', status=200, content_type="application/json")
    assert (caught.value.status, caught.value.content_type) == (200, "application/json")


def test_nesting_without_end_is_malformed() -> None:
    with pytest.raises(MalformedResponseError):
        decode(b"[" * 100_000 + b"]" * 100_000)


@given(st.binary(max_size=4000))
def test_an_excerpt_is_one_short_printable_line(body: bytes) -> None:
    line = excerpt(body)
    assert len(line) <= 200
    assert line.isprintable()


def test_operations() -> None:
    assert payloads.query("Task") == {"action": "query", "expression": "Task"}
    assert payloads.create("Task", ("t-1",), {"name": "comp"}) == {
        "action": "create",
        "entity_type": "Task",
        "entity_key": ["t-1"],
        "entity_data": {"__entity_type__": "Task", "name": "comp"},
    }
    assert payloads.update("Task", ["t-1"], {"bid": 2.0})["action"] == "update"
    assert payloads.delete("Metadata", ("p", "k")) == {
        "action": "delete",
        "entity_type": "Metadata",
        "entity_key": ["p", "k"],
    }
    assert payloads.server_information() == {"action": "query_server_information"}
    assert payloads.server_information(["version"])["values"] == ["version"]
    assert payloads.schemas() == {"action": "query_schemas"}
