"""Recorded operations become the smallest batch with the same outcome."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftrack_entities import Task
from ftrack_typed.errors import OperationError
from ftrack_typed.symbol import NOT_SET
from ftrack_typed.unit_of_work.batch import build_batch
from ftrack_typed.unit_of_work.operations import (
    CreateEntityOperation,
    DeleteEntityOperation,
    Operation,
    Operations,
    UpdateEntityOperation,
)
from ftrack_typed.wire.encoding import PlainValues


def created(key: str, **data: Any) -> Operation:
    return CreateEntityOperation("Task", {"id": key}, {"id": key, **data})


def updated(key: str, name: str, value: Any) -> Operation:
    return UpdateEntityOperation("Task", {"id": key}, name, NOT_SET, value)


def deleted(key: str) -> Operation:
    return DeleteEntityOperation("Task", {"id": key})


def summary(*operations: Operation) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (entry.action, entry.key["id"], {name: value for name, value in entry.data.items() if name != "id"})
        for entry in build_batch(operations)
    ]


def test_adjacent_updates_join_the_create() -> None:
    assert summary(created("a", name="x"), updated("a", "bid", 1), updated("a", "bid", 2)) == [
        ("create", "a", {"name": "x", "bid": 2})
    ]


def test_an_update_behind_another_entity_stays_its_own() -> None:
    assert summary(created("a"), created("b"), updated("a", "bid", 1)) == [
        ("create", "a", {}),
        ("create", "b", {}),
        ("update", "a", {"bid": 1}),
    ]


def test_the_last_update_of_an_attribute_wins() -> None:
    assert summary(updated("a", "bid", 1), updated("b", "bid", 5), updated("a", "bid", 2)) == [
        ("update", "b", {"bid": 5}),
        ("update", "a", {"bid": 2}),
    ]


def test_created_and_deleted_leaves_no_trace() -> None:
    assert summary(created("a"), updated("a", "bid", 1), updated("b", "bid", 1), deleted("a")) == [
        ("update", "b", {"bid": 1})
    ]


def test_deleted_and_created_again_is_sent_in_that_order() -> None:
    assert summary(deleted("a"), created("a", name="new")) == [
        ("delete", "a", {}),
        ("create", "a", {"name": "new"}),
    ]


def test_updates_before_a_replacement_are_not_mistaken_for_later_ones() -> None:
    assert summary(updated("a", "bid", 1), deleted("a"), created("a"), updated("a", "bid", 2)) == [
        ("update", "a", {"bid": 1}),
        ("delete", "a", {}),
        ("create", "a", {"bid": 2}),
    ]


def test_unset_values_are_not_sent() -> None:
    assert summary(updated("a", "bid", 1), updated("a", "bid", NOT_SET)) == []


def test_payloads_follow_the_wire() -> None:
    (entry,) = build_batch([created("a", name="x")])
    assert entry.payload(PlainValues()) == {
        "action": "create",
        "entity_type": "Task",
        "entity_key": ["a"],
        "entity_data": {"__entity_type__": "Task", "id": "a", "name": "x"},
    }
    (entry,) = build_batch([deleted("a")])
    assert entry.payload(PlainValues()) == {"action": "delete", "entity_type": "Task", "entity_key": ["a"]}


ACTIONS = st.sampled_from(["create", "update", "delete", "unset", "collection"])


@given(st.lists(ACTIONS, max_size=6))
def test_entities_that_occur_once_come_out_as_among_others(actions: list[str]) -> None:
    operations: list[Operation] = []
    for number, action in enumerate(actions):
        key, task = {"id": f"t{number}"}, Task(id=f"t{number}")
        if action == "create":
            operations.append(CreateEntityOperation("Task", key, {**key, "name": "a"}, entity=task))
        elif action == "delete":
            operations.append(DeleteEntityOperation("Task", key, entity=task))
        elif action == "collection":
            later = [each.entity for each in operations if each.action == "create"]
            operations.insert(0, UpdateEntityOperation("Task", key, "children", NOT_SET, later, entity=task))
        else:
            value = NOT_SET if action == "unset" else number
            operations.append(UpdateEntityOperation("Task", key, "bid", NOT_SET, value, entity=task))
    (*among_others, last) = build_batch([*operations, updated("x", "bid", 1), updated("x", "bid", 2)])
    assert build_batch(operations) == among_others
    assert last.data == {"bid": 2}


def test_what_was_recorded_stays_as_it_was() -> None:
    operations = [created("a", name="x"), updated("a", "bid", 1), updated("a", "name", "y")]
    (entry,) = build_batch(operations)
    assert entry.data == {"id": "a", "name": "y", "bid": 1}
    assert operations[0].values() == {"id": "a", "name": "x"}


def test_an_unknown_operation_is_refused() -> None:
    with pytest.raises(OperationError, match="no action"):
        build_batch([Operation("Task", {"id": "a"})])


def test_the_stack_keeps_order_and_takes_back_what_it_is_told() -> None:
    stack = Operations()
    first, second, third = created("a"), updated("a", "bid", 1), deleted("b")
    for operation in (first, second, third):
        stack.push(operation)
    stack.remove([first])
    assert list(stack) == [second, third]
    assert stack.pop() is third
    assert len(stack) == 1
    with pytest.raises(TypeError, match="no operation"):
        stack.push("create")  # type: ignore[arg-type]  # pyright: ignore
    stack.clear()
    assert not stack


def test_what_another_thread_records_meanwhile_is_not_missed() -> None:
    stack = Operations()

    class Interrupted(DeleteEntityOperation):
        """Another thread comes in between when it is looked at."""

        __slots__ = ()

        def __getattribute__(self, name: str) -> Any:
            if name == "entity" and len(stack) == 1:
                stack.push(DeleteEntityOperation("Task", {"id": "b"}, entity=later))
            return super().__getattribute__(name)

    task, later = Task(id="a"), Task(id="b")
    stack.push(Interrupted("Task", {"id": "a"}, entity=task))
    stack.touched()
    assert stack.touched() == {id(task), id(later)}
    assert stack.pop().entity is later
    assert stack.touched() == {id(task)}
