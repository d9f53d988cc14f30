"""Writes that are refused, over HTTP, and what is left of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.local.rows import is_there, reference_to, value_of

if TYPE_CHECKING:
    from tests.local.conftest import Client


@pytest.mark.parametrize(
    ("entity_type", "data", "exception", "words"),
    [
        ("Task", {"name": "x", "nmae": "y"}, "UnknownNameError", ["Task has no attribute `nmae`", "`name`"]),
        ("Tsk", {"name": "x"}, "UnknownNameError", ["`Tsk`", "`Task`"]),
        ("Task", {"name": "x", "bid": "long"}, "ValidationError", ["Task.bid", "'long'"]),
        ("Task", {"name": "x", "end_date": "soon"}, "ValidationError", ["Task.end_date", "soon"]),
        (
            "Task",
            {"name": "x", "time_logged": 3},
            "ValidationError",
            ["Task.time_logged", "made by the server"],
        ),
        ("Task", {"name": "x", "status": "s-wip"}, "ValidationError", ["Task.status takes a Status"]),
        ("Task", {"name": "x", "status": reference_to("User", "u-ada")}, "ValidationError", ["not a User"]),
        (
            "Task",
            {"name": "x", "status": {"__entity_type__": "Statis", "id": "a"}},
            "UnknownNameError",
            ["Statis"],
        ),
        (
            "Task",
            {"name": "x", "status": {"__entity_type__": "Status", "id": []}},
            "ValidationError",
            ["`id`"],
        ),
        ("Task", {"name": "x", "status_id": "s-none"}, "IntegrityError", ["Task.status_id", "s-none"]),
        ("Task", {"id": "t-1", "name": "x"}, "DuplicateEntryError", ["t-1"]),
        ("Shot", {"id": "t-1", "name": "x"}, "DuplicateEntryError", ["t-1"]),
        ("Appointment", {"type": "assignment"}, "ValidationError", ["`resource_id`", "`context_id`"]),
        ("User", {"username": "ada"}, "DuplicateEntryError", ["username 'ada'"]),
        (
            "Project",
            {"name": "orbit", "project_schema_id": "schema"},
            "DuplicateEntryError",
            ["name 'orbit'"],
        ),
        ("Metadata", {"parent_id": "t-1", "key": "lens", "value": "x"}, "DuplicateEntryError", ["lens"]),
        ("Metadata", {"parent_id": "t-1", "value": "x"}, "ValidationError", ["`key`"]),
        ("Job", {"status": "lost", "user_id": "u-ada"}, "ValidationError", ["lost", "queued"]),
        ("TypedContextList", {"name": "x", "project_id": "p-1", "items": "t-1"}, "ValidationError", ["list"]),
        (
            "TypedContextList",
            {"name": "x", "project_id": "p-1", "items": [reference_to("Task", "t-none")]},
            "EntityNotFoundError",
            ["t-none"],
        ),
        ("ContextCustomAttributeValue", {"value": 1}, "ValidationError", ["update them instead"]),
    ],
)
def test_creates_that_are_refused(
    small: Client, entity_type: str, data: dict[str, Any], exception: str, words: list[str]
) -> None:
    error = small.fail(small.create(entity_type, **data))
    assert error["exception"] == exception
    for word in words:
        assert word in error["content"]


@pytest.mark.parametrize(
    ("entity_type", "key", "data", "exception", "words"),
    [
        ("Task", ["t-none"], {"name": "x"}, "EntityNotFoundError", ["Task", "t-none"]),
        ("Shot", ["t-1"], {"name": "x"}, "EntityNotFoundError", ["Shot", "t-1"]),
        ("Task", ["t-1", "x"], {"name": "x"}, "ValidationError", ["The key of Task is [id]"]),
        ("Task", ["t-1"], {"id": "t-9"}, "ValidationError", ["Task.id cannot be changed"]),
        ("Task", ["t-1"], {"name": None}, "ValidationError", ["`name`"]),
        ("Task", ["t-1"], {"link": []}, "ValidationError", ["Task.link"]),
        (
            "Task",
            ["t-1"],
            {"ancestors": [reference_to("Shot", "sh-1")]},
            "ValidationError",
            ["follows from other data"],
        ),
        (
            "Task",
            ["t-1"],
            {"metadata": [{"__entity_type__": "Metadata", "parent_id": "t-2", "key": "lens"}]},
            "ValidationError",
            ["Task.metadata", "t-2, lens", "part of its key"],
        ),
        ("Metadata", ["t-1", "lens"], {"key": "x"}, "ValidationError", ["Metadata.key cannot be changed"]),
        (
            "Metadata",
            ["t-1", "lens"],
            {"parent_id": "t-2"},
            "ValidationError",
            ["Metadata.parent_id cannot be changed"],
        ),
        ("Recipient", ["n-x", "u-x"], {}, "EntityNotFoundError", ["n-x"]),
        ("Event", [10**30], {"action": "x"}, "ValidationError", ["Event.id", "64 bits"]),
        ("Task", [True], {"name": "x"}, "ValidationError", ["Task.id", "True"]),
        ("ContextCustomAttributeValue", ["ca-num", "sh-1"], {"vale": 1}, "UnknownNameError", ["`value`"]),
    ],
)
def test_updates_that_are_refused(
    small: Client, entity_type: str, key: Any, data: dict[str, Any], exception: str, words: list[str]
) -> None:
    error = small.fail(small.update(entity_type, key, **data))
    assert error["exception"] == exception
    for word in words:
        assert word in error["content"]


def test_a_relation_cannot_change_a_key(demo: Client) -> None:
    found = demo.query("select object_type_id, project_schema_id from ProjectSchemaObjectType limit 2")
    key = [found[0]["object_type_id"], found[0]["project_schema_id"]]
    other = {"__entity_type__": "ObjectType", "id": found[1]["object_type_id"]}
    error = demo.fail(demo.update("ProjectSchemaObjectType", key, object_type=other))
    assert "ProjectSchemaObjectType.object_type_id is part of its key" in error["content"]


def test_an_immutable_attribute_may_be_sent_unchanged(small: Client) -> None:
    small.call(small.update("Task", ["t-1"], id="t-1", name="comp"))


def test_a_failing_batch_leaves_nothing_behind(fresh: Client) -> None:
    fresh.fail(
        fresh.create("Group", id="g-9", name="never"),
        fresh.update("Task", ["t-1"], name="never"),
        fresh.delete("Task", ["t-2"]),
        fresh.update("Task", ["t-none"], name="never"),
    )
    assert not is_there(fresh, "Group", "g-9")
    assert value_of(fresh, "Task", "t-1", "name") == "comp"
    assert is_there(fresh, "Task", "t-2")


def test_a_batch_failing_at_its_end_leaves_nothing_behind(fresh: Client) -> None:
    error = fresh.fail(
        fresh.create("Group", id="g-9", name="never"), fresh.create("Shot", name="x", parent_id="nowhere")
    )
    assert "nowhere" in error["content"]
    assert not is_there(fresh, "Group", "g-9")


def test_a_create_sent_again_is_a_duplicate(fresh: Client) -> None:
    operation = fresh.create("Task", id="t-9", name="paint", parent_id="sh-1")
    fresh.call(operation)
    assert fresh.fail(operation)["exception"] == "DuplicateEntryError"


@pytest.mark.parametrize(
    ("entity_type", "data"),
    [
        ("Metadata", {"parent_id": "t-1", "parent_type": "Task", "key": "lens", "value": "other"}),
        ("CustomAttributeValue", {"configuration_id": "ca-num", "entity_id": "sh-1", "value": 3}),
        ("Appointment", {"id": "ap-1", "type": "allocation", "context_id": "t-2", "resource_id": "u-bob"}),
        ("Project", {"id": "t-1", "name": "else", "project_schema_id": "schema"}),
    ],
)
def test_a_create_with_a_key_that_is_taken_changes_nothing(
    small: Client, entity_type: str, data: dict[str, Any]
) -> None:
    before = (
        small.query("select value, key from Metadata"),
        small.query("select value from CustomAttributeValue"),
    )
    answer = small.post([small.create(entity_type, **data)], ftrack_strict_api="true")
    assert answer.status_code == 409
    assert answer.json()["exception"] == "DuplicateEntryError"
    assert before == (
        small.query("select value, key from Metadata"),
        small.query("select value from CustomAttributeValue"),
    )


def test_one_timer_per_user(fresh: Client) -> None:
    fresh.call(fresh.create("Timer", user_id="u-bob"))
    fresh.call(fresh.create("Timer", context_id="t-1"))
    assert fresh.fail(fresh.create("Timer", context_id="t-2"))["exception"] == "DuplicateEntryError"
    mine = fresh.query("Timer where user.username is ada")[0]["id"]
    fresh.call(fresh.delete("Timer", [mine]), fresh.create("Timer", context_id="t-2"))
