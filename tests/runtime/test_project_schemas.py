"""The statuses and types a project schema offers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ftrack_entities import (
    AssetBuild,
    AssetVersion,
    Project,
    ProjectSchema,
    ProjectSchemaOverride,
    Shot,
    Status,
    Task,
    Type,
    TypedContext,
    WorkflowSchema,
)
from ftrack_typed import Session
from ftrack_typed.errors import ConfigurationValueError, UnrecognisedEntityTypeError

TASK = [
    "Not started",
    "Ready to start",
    "WIP",
    "In progress",
    "Pending Review",
    "Approved",
    "Client approved",
    "Revise",
    "On Hold",
    "Omitted",
    "Completed",
]
"""Statuses of tasks in the demo studio."""


def names(entities: list[Any]) -> list[str]:
    return [entity.name for entity in entities]


@pytest.fixture
def session(open_session: Callable[..., Session]) -> Session:
    """A session that has the server's schema, as most have it cached: calls are counted without it."""
    opened = open_session()
    assert opened.schemas
    return opened


@pytest.fixture
def schema(session: Session) -> ProjectSchema:
    (found,) = session.query(ProjectSchema).where(ProjectSchema.name == "VFX scheme").all() or session.query(
        ProjectSchema
    ).limit(1)
    return found


def test_statuses(schema: ProjectSchema) -> None:
    assert sorted(names(schema.get_statuses("Task"))) == sorted(TASK)
    assert sorted(names(schema.get_statuses(AssetVersion))) == [
        "Approved",
        "Client approved",
        "Omitted",
        "Pending Review",
        "Revise",
    ]
    stages = ["Not started", "In progress", "Completed", "On Hold", "Omitted"]
    assert names(schema.get_statuses("Shot")) == names(schema.get_statuses(AssetBuild)) == stages
    assert all(isinstance(status, Status) for status in schema.get_statuses(Shot))


def test_types_with_a_workflow_of_their_own(session: Session, schema: ProjectSchema) -> None:
    editing = session.query(Type).where(Type.name == "Editing").one()
    animation = session.query(Type).where(Type.name == "Animation").one()
    own = ["Approved", "In progress", "Not started"]
    assert sorted(names(schema.get_statuses("Task", editing.id))) == own
    assert sorted(names(schema.get_statuses(Task, editing))) == own
    assert sorted(names(schema.get_statuses(Task, animation))) == sorted(TASK)


def test_types(schema: ProjectSchema) -> None:
    assert {"Modeling", "Animation", "Compositing", "Editing"} <= set(names(schema.get_types(Task)))
    assert names(schema.get_types("AssetBuild")) == ["Character", "Prop", "Environment"]
    assert schema.get_types(Shot) == []
    assert all(isinstance(each, Type) for each in schema.get_types(Task))


def test_each_question_costs_one_request_once(
    session: Session, schema: ProjectSchema, calls: Callable[[], int]
) -> None:
    editing = session.query(Type).where(Type.name == "Editing").one()
    for ask in (
        lambda: schema.get_statuses(Task),
        lambda: schema.get_statuses(Task, editing),
        lambda: schema.get_statuses(AssetVersion),
        lambda: schema.get_statuses(Shot),
        lambda: schema.get_types(Task),
        lambda: schema.get_types(AssetBuild),
    ):
        before = calls()
        first: list[Any] = ask()
        assert [(each.name, each.color, each.sort) for each in first]
        assert calls() <= before + 1
        asked = calls()
        assert ask() == first
        assert calls() == asked


def test_lists_are_the_callers(schema: ProjectSchema) -> None:
    schema.get_statuses(Task).clear()
    assert schema.get_statuses(Task)


def test_statuses_of_a_project_are_those_its_tasks_may_have(session: Session) -> None:
    task = session.query(Task).limit(1).load(Task.status.name, Task.project.project_schema).all()[0]
    offered = task.project.project_schema.get_statuses(Task, task.type)
    assert task.status in offered
    task.status = offered[-1]
    session.rollback()


@pytest.mark.parametrize("entity_type", ["Note", "TypedContext", TypedContext, Project])
def test_types_without_statuses_are_refused(schema: ProjectSchema, entity_type: Any) -> None:
    with pytest.raises(ConfigurationValueError, match="has no statuses for"):
        schema.get_statuses(entity_type)
    with pytest.raises(ValueError, match="has no types for"):
        schema.get_types(entity_type)


def test_versions_have_no_types(schema: ProjectSchema) -> None:
    with pytest.raises(ValueError, match="no types for AssetVersion: give Task or an entity type"):
        schema.get_types(AssetVersion)


def test_unknown_types_are_refused(schema: ProjectSchema) -> None:
    with pytest.raises(UnrecognisedEntityTypeError, match="'Shot'"):
        schema.get_statuses("Shoot")


def test_a_schema_without_workflows_offers_nothing(session: Session) -> None:
    empty = session.create(WorkflowSchema, name="empty")
    made = session.create(
        ProjectSchema, name="empty", task_workflow_schema=empty, asset_version_workflow_schema=empty
    )
    (kind,) = session.query(Type).limit(1)
    override = session.create(
        ProjectSchemaOverride, workflow_schema=empty, type_id=kind.id, project_schema_id=made.id
    )
    session.commit()
    try:
        assert made.get_statuses(Task) == made.get_statuses(AssetVersion) == made.get_types(Task) == []
        assert made.get_statuses(Task, kind) == []
        with pytest.raises(ConfigurationValueError):
            made.get_statuses(Shot)
    finally:
        for entity in (override, made, empty):
            session.delete(entity)
        session.commit()


def test_older_servers_name_them_otherwise(
    session: Session, schema: ProjectSchema, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = {ask: getattr(schema, ask)("Task") for ask in ("get_statuses", "get_types")}
    newer = {
        name: found for name, found in ProjectSchema.__attributes__.items() if not name.endswith("_schema")
    }
    monkeypatch.setattr(ProjectSchema, "__attributes__", newer, raising=True)
    assert {ask: getattr(schema, ask)("Task") for ask in expected} == expected
