"""Documented examples: jobs, roles, workflows, custom attributes, raw operations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from tests.runtime.documented.conftest import seen, some, unique

from ftrack_entities import (
    AssetVersion,
    CustomAttributeConfiguration,
    CustomAttributeGroup,
    CustomAttributeType,
    FileComponent,
    Job,
    JobComponent,
    Note,
    ObjectType,
    Project,
    ProjectSchema,
    ProjectSchemaObjectType,
    ProjectSchemaOverride,
    Schema,
    SchemaStatus,
    SchemaType,
    SecurityRole,
    Shot,
    Status,
    Task,
    TaskTemplate,
    TaskTemplateItem,
    TaskTypeSchema,
    TaskTypeSchemaType,
    Type,
    User,
    WorkflowSchema,
    WorkflowSchemaStatus,
)
from ftrack_typed import Session
from ftrack_typed.errors import ServerError

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback


# Jobs --------------------------------------------------------


def test_jobs_with_data_and_files(session: Session, other_session: Session) -> None:
    user = some(session, User)
    job = session.create(
        "Job", {"user": user, "status": "running", "data": json.dumps({"description": "Render"})}
    )
    session.commit()
    component = session.create(FileComponent, name="log", file_type=".txt")
    session.create(JobComponent, job_id=job["id"], component_id=component.id)
    job["status"] = "done"
    session.commit()
    found: Any = seen(other_session, job)
    assert isinstance(found, Job)
    assert (found.status, json.loads(found.data or "")) == ("done", {"description": "Render"})
    assert [each.component for each in found.job_components] == [component]


def test_work_the_server_does_later(session: Session) -> None:
    (answer,) = session.call([{"action": "delayed_job", "job_type": "SYNC_USERS_LDAP"}])
    assert isinstance(answer["data"], Job)
    assert session.get(Job, answer["data"].id) is answer["data"]


# Configuration -----------------------------------------------


@pytest.mark.parametrize(
    ("action", "facts"),
    [
        ("add_user_security_role", {"role_id": "r1", "all_open_projects": True}),
        ("update_user_security_role", {"role_id": "r1", "new_role_id": "r2"}),
        ("grant_user_security_role_project", {"role_id": "r1", "project_id": "p1"}),
        ("revoke_user_security_role_project", {"role_id": "r1", "project_id": "p1"}),
        ("remove_user_security_role", {"role_id": "r1"}),
    ],
)
def test_actions_of_security_roles_are_passed_on(
    scripted: Session, loopback: Loopback, action: str, facts: dict[str, Any]
) -> None:
    loopback.answer_once([{"action": action, "data": {"success": True}}])
    operation = {"action": action, "user_id": "u1", **facts}
    assert scripted.call([operation]) == [{"action": action, "data": {"success": True}}]
    assert loopback.received[-1].operations == [operation]


def test_actions_a_server_does_not_know_are_told(session: Session) -> None:
    with pytest.raises(ServerError, match="Invalid action"):
        session.call([{"action": "tidy_the_desk"}])


def test_the_roles_of_users(session: Session, other_session: Session) -> None:
    query = "select user_security_roles.security_role.name from User where username is '{}'"
    (user,) = session.query(query.format(session.api_user))
    for granted in user.user_security_roles:
        assert granted.security_role.name
    assert {role.name for role in other_session.query(SecurityRole).all()}


def test_a_workflow_for_projects(session: Session, other_session: Session) -> None:
    statuses = session.query(Status).limit(3).all()
    types = session.query(Type).limit(2).all()
    shots = session.query(ObjectType).where(ObjectType.name == "Shot").one()
    workflow = session.create(WorkflowSchema, name=unique("tasks"))
    own = session.create(WorkflowSchema, name=unique("own"))
    versions = session.create(WorkflowSchema, name=unique("versions"))
    for status in statuses:
        session.create(WorkflowSchemaStatus, workflow_schema_id=workflow.id, status_id=status.id)
    for holder in (own, versions):
        session.create(WorkflowSchemaStatus, workflow_schema_id=holder.id, status_id=statuses[0].id)
    offered = session.create(TaskTypeSchema, name=unique("types"))
    for kind in types:
        session.create(TaskTypeSchemaType, task_type_schema_id=offered.id, type_id=kind.id)
    schema = session.create(
        ProjectSchema,
        name=unique("schema"),
        task_workflow_schema=workflow,
        asset_version_workflow_schema=versions,
        task_type_schema=offered,
    )
    session.create(ProjectSchemaObjectType, project_schema_id=schema.id, object_type_id=shots.id)
    held = session.create(Schema, project_schema_id=schema.id, type_id=shots.id, object_type_id=shots.id)
    session.create(SchemaStatus, schema_id=held.id, status_id=statuses[1].id, sort=0)
    session.create(SchemaStatus, schema_id=held.id, status_id=statuses[2].id, sort=1)
    session.create(SchemaType, schema_id=held.id, type_id=types[1].id)
    session.create(
        ProjectSchemaOverride, project_schema_id=schema.id, type_id=types[0].id, workflow_schema_id=own.id
    )
    template = session.create(TaskTemplate, name=unique("template"), project_schema_id=schema.id)
    item = session.create(TaskTemplateItem, template_id=template.id, task_type_id=types[0].id)
    session.commit()

    found = seen(other_session, schema)
    assert found.get_statuses(Shot) == statuses[1:]
    assert found.get_types(Shot) == [types[1]]
    assert set(found.get_statuses(Task)) == set(statuses)
    assert found.get_statuses(Task, types[0]) == found.get_statuses(AssetVersion) == [statuses[0]]
    assert set(found.get_types(Task)) == set(types)
    assert found.object_types == [shots]
    assert [each.items_ for each in found.task_templates] == [[item]]

    project = session.create(Project, name=unique("own"), full_name="Own", project_schema=schema)
    made = session.create(Task, name="cut", parent=project, type=types[0])
    for each in found.task_templates[0].items_:
        session.create(
            "Task", {"name": each["task_type"]["name"], "type": each["task_type"], "parent": project}
        )
    session.commit()
    session.populate(made, "status_id")
    assert made.status_id == statuses[0].id
    session.delete(project)
    session.commit()


def test_a_custom_attribute_is_made_and_used(session: Session, other_session: Session) -> None:
    text = session.query(CustomAttributeType).where(CustomAttributeType.name == "text").one()
    group = session.query(CustomAttributeGroup).first()
    roles = session.query(SecurityRole).limit(2).all()
    key = unique("note_to_self")
    configuration: dict[str, Any] = {
        "entity_type": "user",
        "type": text,
        "label": "Note to self",
        "key": key,
        "default": "none",
        "config": json.dumps({"markdown": False}),
        "group": group,
        "read_security_roles": roles,
        "write_security_roles": roles,
    }
    made: CustomAttributeConfiguration = session.create("CustomAttributeConfiguration", configuration)
    session.commit()
    session.custom_attribute_configurations.refresh()
    user = session.create(User, username=unique("configured"))
    session.commit()
    assert user.custom_attributes[key] == "none"
    user.custom_attributes[key] = "buy milk"
    session.commit()
    found = seen(other_session, made)
    assert set(found.read_security_roles) == set(found.write_security_roles) == set(roles)
    assert json.loads(found.config) == {"markdown": False}
    assert seen(other_session, user).custom_attributes[key] == "buy milk"
    asked = other_session.query(f'User where custom_attributes any (key is "{key}" and value is "buy milk")')
    assert asked.all() == [user]
    session.delete(made)
    session.commit()
    session.custom_attribute_configurations.refresh()


def test_notes_by_raw_operations(session: Session, other_session: Session, version: AssetVersion) -> None:
    author, note_id = some(session, User), str(uuid4())
    session.call(
        [
            {
                "action": "create",
                "entity_type": "Note",
                "entity_key": [note_id],
                "entity_data": {
                    "__entity_type__": "Note",
                    "id": note_id,
                    "content": "raw",
                    "user_id": author.id,
                    "parent_id": version.id,
                    "parent_type": "AssetVersion",
                },
            },
            {
                "action": "create",
                "entity_type": "Metadata",
                "entity_key": [note_id, "source"],
                "entity_data": {
                    "__entity_type__": "Metadata",
                    "parent_id": note_id,
                    "parent_type": "Note",
                    "key": "source",
                    "value": "player",
                },
            },
        ]
    )
    found = other_session.get(Note, note_id)
    assert found is not None
    assert dict(found.metadata) == {"source": "player"}
    assert seen(other_session, version).notes == [found]
