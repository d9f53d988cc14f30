"""The `__permissions` projection over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.local.conftest import Client

TASK_STATUSES = "project.project_schema.task_workflow_schema.statuses.name"


def _permissions(client: Client, expression: str) -> dict[str, Any]:
    allowed: dict[str, Any] = client.query(f"{expression} limit 1")[0]["__permissions"]
    return allowed


def _options(client: Client, expression: str, attribute: str) -> list[Any]:
    options: list[Any] = _permissions(client, expression)[attribute]["__options"]
    return options


def test_a_task_may_have_the_statuses_of_its_projects_workflow(demo: Client) -> None:
    expression = "from Task where type.name is Compositing"
    options = _options(demo, f"select __permissions.status_id {expression}", "status_id")
    offered = demo.query(f"select {TASK_STATUSES} {expression} limit 1")[0]
    names = {
        status["name"] for status in offered["project"]["project_schema"]["task_workflow_schema"]["statuses"]
    }
    found = demo.query(f"select name from Status where id in ({','.join(options)})")
    assert {status["name"] for status in found} == names
    assert len(options) == len(names)


def test_other_object_types_and_versions_have_lists_of_their_own(demo: Client) -> None:
    shot = _options(demo, "select __permissions.status_id from Shot", "status_id")
    offered = demo.query(
        "select status_id from SchemaStatus where schema_id in (select id from Schema where "
        "object_type_id in (select id from ObjectType where name is Shot) and "
        "project_schema_id in (select project_schema_id from Project))"
    )
    assert sorted(shot) == sorted({row["status_id"] for row in offered})
    version = _options(demo, "select __permissions.status_id from AssetVersion", "status_id")
    assert version
    assert set(version) != set(shot)


def test_what_may_be_stored_is_what_can_be_stored(demo: Client) -> None:
    current = demo.query("select status_id, type_id, priority_id, __permissions.status_id, "
                         "__permissions.type_id, __permissions.priority_id from Task limit 20")  # fmt: skip
    for task in current:
        for name, allowed in task["__permissions"].items():
            assert task[name] in allowed["__options"]


@pytest.mark.parametrize(
    ("expression", "attribute", "allowed"),
    [
        ("select __permissions.status from Job", "status", {"__options": ["queued", "running", "done", "failed"]}),
        ("select __permissions.is_active from User", "is_active", {"__options": [True, False]}),
        ("select __permissions.name from Task", "name", {}),
        ("select __permissions.id from Task", "id", {"__options": []}),
        ("select __permissions.link from Task", "link", {"__options": []}),
    ],
)  # fmt: skip
def test_other_attributes(demo: Client, expression: str, attribute: str, allowed: dict[str, Any]) -> None:
    assert _permissions(demo, expression) == {attribute: allowed}


def test_relations_stand_for_their_keys_and_have_permissions_of_their_own(demo: Client) -> None:
    found = demo.query("select __permissions.priority, parent.__permissions.status_id from Task limit 1")[0]
    assert len(found["__permissions"]["priority"]["__options"]) == 5
    assert "__options" in found["parent"]["__permissions"]["status_id"]


@pytest.mark.parametrize(
    ("expression", "word"),
    [
        ("select __permissions.sttus_id from Task", "`status_id`"),
        ("select __permissions from Task", "`__permissions.status_id`"),
    ],
)
def test_mistakes_are_named(demo: Client, expression: str, word: str) -> None:
    assert word in demo.refuse(expression)["content"]
