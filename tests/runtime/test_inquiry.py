"""The verdict on a batch whose answer was lost, against a model of a server that takes it as a whole or not at all."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_typed.delivery.expectations import UncheckableError
from ftrack_typed.delivery.inquiry import Inquiry, Verdict
from ftrack_typed.schema import Schema
from ftrack_typed.wire import payloads

STOCK = Path(__file__).parents[2] / "schemas" / "stock.json"
SCHEMA = Schema.from_wire(json.loads(STOCK.read_text(encoding="utf-8")))

Identity: TypeAlias = tuple[str, tuple[str, ...]]
World: TypeAlias = dict[Identity, dict[str, Any]]

IDS = [f"{index:08d}-0000-4000-8000-000000000000" for index in range(4)]
KEYS: list[Identity] = [
    *(("Note", (key,)) for key in IDS),
    *(("Metadata", (IDS[0], name)) for name in "ab"),
    ("Status", ("chosen by people",)),
]
ATTRIBUTE = {"Note": "content", "Metadata": "value", "Status": "name"}

identities = st.sampled_from(KEYS)
values = st.sampled_from(["x", "y", None])
worlds = st.dictionaries(identities, values, max_size=len(KEYS)).map(
    lambda found: {identity: _row(identity, value) for identity, value in found.items()}
)


def _row(identity: Identity, value: Any) -> dict[str, Any]:
    entity_type, key = identity
    return {
        "__entity_type__": entity_type,
        **dict(zip(SCHEMA[entity_type].primary_key, key, strict=True)),
        ATTRIBUTE[entity_type]: value,
    }


@st.composite
def batches(draw: st.DrawFn) -> tuple[World, World, list[dict[str, Any]]]:
    """What a server holds, what it holds after a batch it accepts, and the batch."""
    before = draw(worlds)
    after = copy.deepcopy(before)
    made: set[Identity] = set()
    operations = []
    for identity in draw(st.lists(identities, min_size=1, max_size=6)):
        entity_type, key = identity
        value = draw(values)
        if identity not in after:
            after[identity] = _row(identity, value)
            made.add(identity)
            operations.append(payloads.create(entity_type, key, after[identity]))
        elif identity in made or draw(st.booleans()):
            after[identity] = _row(identity, value)
            operations.append(payloads.update(entity_type, key, after[identity]))
        else:
            del after[identity]
            operations.append(payloads.delete(entity_type, key))
    return before, after, operations


def ask(operations: list[dict[str, Any]], world: World) -> tuple[Verdict, list[Any]]:
    inquiry = Inquiry(operations, SCHEMA)
    answers = []
    for query in inquiry.queries:
        (entity_type,) = re.findall(r" from (\w+) where ", query["expression"])
        answers.append(
            {"action": "query", "data": [row for (name, _), row in world.items() if name == entity_type]}
        )
    return inquiry.read(answers)


@given(batches())
def test_a_batch_that_was_carried_out_is_recognised(case: tuple[World, World, list[dict[str, Any]]]) -> None:
    _, after, operations = case
    verdict, results = ask(operations, after)
    assert verdict is Verdict.APPLIED
    assert [result["action"] for result in results] == [operation["action"] for operation in operations]


@given(batches())
def test_a_batch_that_was_not_carried_out_is_never_taken_for_one_that_was(
    case: tuple[World, World, list[dict[str, Any]]],
) -> None:
    before, after, operations = case
    verdict, results = ask(operations, before)
    assert verdict is (Verdict.APPLIED if before == after else Verdict.NOT_APPLIED)
    assert bool(results) == (before == after)


def test_what_was_set_before_its_entity_was_deleted_is_gone_too() -> None:
    note: Identity = ("Note", (IDS[0],))
    metadata: Identity = ("Metadata", (IDS[0], "a"))
    before: World = {note: _row(note, "y"), metadata: _row(metadata, "y")}
    for make in (payloads.update, payloads.create):
        operations = [make(*metadata, _row(metadata, "x")), payloads.delete(*note)]
        assert ask(operations, {})[0] is Verdict.APPLIED
        assert ask(operations, {metadata: _row(metadata, "y")})[0] is Verdict.UNKNOWN
        elsewhere = [make(*metadata, _row(metadata, "x")), payloads.delete("Note", (IDS[1],))]
        assert ask(elsewhere, {})[0] is Verdict.UNKNOWN
    assert ask([payloads.update(*metadata, _row(metadata, "x")), payloads.delete(*note)], before)[0] is (
        Verdict.NOT_APPLIED
    )


@given(batches(), worlds)
def test_whatever_others_did_there_is_a_verdict(
    case: tuple[World, World, list[dict[str, Any]]], world: World
) -> None:
    verdict, results = ask(case[2], world)
    assert (verdict is Verdict.APPLIED) == bool(results)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (2.0, 2),
        (0.1 + 0.2, 0.3),
        (
            {"__type__": "datetime", "value": "2031-05-04T12:20:30.5+02:00"},
            {"__type__": "datetime", "value": "2031-05-04T10:20:30"},
        ),
        ({"__entity_type__": "Type", "id": "t"}, {"__entity_type__": "Type", "id": "t", "name": "Comp"}),
        (
            [{"__entity_type__": "Task", "id": "a"}, {"__entity_type__": "Task", "id": "b"}],
            [{"__entity_type__": "Task", "id": "b"}, {"__entity_type__": "Task", "id": "a"}],
        ),
    ],
    ids=str,
)
def test_values_the_server_writes_in_another_way(sent: Any, told: Any) -> None:
    update = payloads.update("Task", ["t-1"], {"bid": sent})
    row = {"__entity_type__": "Task", "id": "t-1", "bid": told}
    assert Inquiry([update], SCHEMA).read([{"data": [row]}])[0] is Verdict.APPLIED


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("a", "b"),
        (2.5, 2),
        (None, ""),
        ({"__type__": "datetime", "value": "2031-05-04"}, None),
        ({"__entity_type__": "Type", "id": "t"}, {"__entity_type__": "Type", "id": "u"}),
        ([{"__entity_type__": "Task", "id": "a"}], []),
    ],
    ids=str,
)
def test_values_that_differ(sent: Any, told: Any) -> None:
    update = payloads.update("Task", ["t-1"], {"bid": sent})
    row = {"__entity_type__": "Task", "id": "t-1", "bid": told}
    assert Inquiry([update], SCHEMA).read([{"data": [row]}])[0] is Verdict.NOT_APPLIED


def test_values_told_once_in_a_reply_are_put_together() -> None:
    updates = [
        payloads.update("Task", ["t-1"], {"name": "a"}),
        payloads.update("Status", ["s"], {"name": "b"}),
    ]
    whole = {"__entity_type__": "Status", "id": "s", "name": "b"}
    answers = [
        {"data": [{"__entity_type__": "Task", "id": "t-1", "name": "a", "status": whole}]},
        {"data": [{"__entity_type__": "Status", "id": "s"}]},
    ]
    assert Inquiry(updates, SCHEMA).read(answers)[0] is Verdict.APPLIED


def test_what_can_not_be_loaded_is_set_again() -> None:
    hidden = next(
        (entity.name, prop.name)
        for entity in SCHEMA.types.values()
        for prop in entity.properties.values()
        if prop.restricted and len(entity.primary_key) == 1
    )
    update = payloads.update(hidden[0], ["x"], {hidden[1]: "new"})
    inquiry = Inquiry([update], SCHEMA)
    assert hidden[1] not in inquiry.queries[0]["expression"].split(" where ")[0]
    key = SCHEMA[hidden[0]].primary_key[0]
    assert inquiry.read([{"data": [{"__entity_type__": hidden[0], key: "x"}]}])[0] is Verdict.NOT_APPLIED


def test_long_batches_are_asked_about_in_parts() -> None:
    deletes = [payloads.delete("Task", [f"t-{index}"]) for index in range(401)]
    assert len(Inquiry(deletes, SCHEMA).queries) == 3


@pytest.mark.parametrize(
    "operation",
    [
        {"action": "create", "entity_type": "Note", "entity_data": {"content": "x"}},
        {"action": "update", "entity_type": "Metadata", "entity_key": ["only one"]},
        {"action": "delete", "entity_type": "Invented", "entity_key": ["x"]},
        {"action": "create", "type": "tempdata"},
        {"action": "delete", "entity_type": None, "entity_key": 7},
    ],
    ids=str,
)
def test_some_batches_can_not_be_asked_about(operation: dict[str, Any]) -> None:
    with pytest.raises(UncheckableError):
        Inquiry([operation], SCHEMA)
