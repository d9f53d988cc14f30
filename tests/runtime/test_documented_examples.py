"""What pipelines do every day, each from end to end: written by one session, read by another.

Nothing of that needs code of its own in the client; all of it has to work. So has the code in the documentation, whose
parts are run one after the other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

import pytest

import ftrack_entities
from ftrack_entities import (
    Appointment,
    Asset,
    AssetType,
    AssetVersion,
    AssetVersionLink,
    AssetVersionList,
    CustomAttributeConfiguration,
    CustomAttributeGroup,
    CustomAttributeType,
    FileComponent,
    Group,
    Job,
    JobComponent,
    ListCategory,
    Membership,
    Note,
    NoteComponent,
    ObjectType,
    Priority,
    Project,
    ProjectSchema,
    ProjectSchemaObjectType,
    ProjectSchemaOverride,
    ReviewSession,
    ReviewSessionInvitee,
    ReviewSessionObject,
    ReviewSessionObjectStatus,
    Schema,
    SchemaStatus,
    SchemaType,
    Scope,
    SecurityRole,
    Sequence,
    Shot,
    Status,
    Task,
    TaskTemplate,
    TaskTemplateItem,
    TaskTypeSchema,
    TaskTypeSchemaType,
    Type,
    TypedContextLink,
    TypedContextList,
    User,
    WorkflowSchema,
    WorkflowSchemaStatus,
)
from ftrack_local import LocalServer
from ftrack_typed import Entity, Session
from ftrack_typed.errors import ServerError

if TYPE_CHECKING:
    from tests.runtime.conftest import Loopback

E = TypeVar("E", bound=Entity)

DOCUMENTATION = Path(__file__).parents[2] / "docs"
DOCUMENTS = (
    "caching", "errors", "helpers", "naming", "queries", "reading", "retries", "threads", "writing"
)  # fmt: skip
"""Documents whose parts run with nothing but a session, and what it can read."""
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)


def unique(word: str) -> str:
    return f"{word}_{uuid4().hex}"


def some(session: Session, entity_type: type[E]) -> E:
    """Any entity of the demo studio."""
    (found,) = session.query(entity_type).limit(1)
    return found


def seen(session: Session, entity: E) -> E:
    """The same entity, as another session reads it from the server."""
    found = session.get(type(entity), entity.primary_key)
    assert found is not None
    return found


@pytest.fixture
def project(session: Session) -> Iterator[Project]:
    """A project of the test's own."""
    made = session.create(
        Project,
        name=unique("documented"),
        full_name="Documented",
        project_schema=some(session, ProjectSchema),
        start_date=datetime(2031, 5, 1, tzinfo=timezone.utc),
    )
    session.commit()
    yield made
    session.rollback()
    session.delete(made)
    session.commit()


@pytest.fixture
def shot(session: Session, project: Project) -> Shot:
    sequence = session.create(Sequence, name="sq010", parent=project)
    made = session.create(Shot, name="sh010", parent=sequence)
    session.commit()
    return made


@pytest.fixture
def task(session: Session, shot: Shot) -> Task:
    made = session.create(Task, name="comp", parent=shot)
    session.commit()
    return made


@pytest.fixture
def version(session: Session, shot: Shot, task: Task) -> AssetVersion:
    asset = session.create(Asset, name="comp", type=some(session, AssetType), parent=shot)
    made = session.create(AssetVersion, asset=asset, task=task, comment="first")
    session.commit()
    return made


# Structure ---------------------------------------------------


def test_a_project_with_its_structure(session: Session, other_session: Session, project: Project) -> None:
    kind = some(session, Type)
    for number in range(2):
        sequence = session.create("Sequence", {"name": f"sq{number}", "parent": project})
        for shot_number in range(2):
            shot = session.create("Shot", {"name": f"sh{shot_number}", "parent": sequence})
            session.create("Task", {"name": "anim", "parent": shot, "type": kind})
    session.commit()
    found = other_session.query(
        f'select name, parent.parent.name from Task where project.id is "{project.id}"'
    )
    assert sorted(task["parent"]["parent"]["name"] for task in found) == ["sq0", "sq0", "sq1", "sq1"]
    assert len(seen(other_session, project).children) == 2


def test_children_are_read_again_by_who_asks_the_server(session: Session, project: Project) -> None:
    before = len(project.children)
    made = session.create(Sequence, name="sq", parent=project)
    session.commit()
    assert made.parent == project
    assert len(project.children) == before
    session.populate(project, Project.children)
    assert made in project.children


def test_links_name_the_way_from_the_project(session: Session, task: Task, project: Project) -> None:
    assert [part["name"] for part in task.link] == [project.name, "sq010", "sh010", "comp"]
    assert [part["type"] for part in task.link] == ["Project", "TypedContext", "TypedContext", "TypedContext"]
    assert task["link"][-1]["id"] == task["id"]


def test_moments_and_days(session: Session, other_session: Session, task: Task) -> None:
    start = datetime(2031, 5, 4, 10, 20, 30, tzinfo=timezone(timedelta(hours=2)))
    task.start_date = start
    session.commit()
    assert seen(other_session, task).start_date == start
    late = other_session.query(Task).where(Task.id == task.id, Task.start_date > datetime(2031, 5, 4, 8, 20))
    assert late.first() == task


def test_statuses_types_and_priorities(session: Session, other_session: Session, task: Task) -> None:
    offered = task.project.project_schema.get_statuses("Task", task.type_id)
    task.status = offered[-1]
    task.priority = some(session, Priority)
    session.commit()
    assert seen(other_session, task).status == offered[-1]
    assert task.status_changes


def test_metadata(session: Session, other_session: Session, task: Task) -> None:
    task.metadata["take"] = "3"
    task["metadata"]["lens"] = "50"
    session.commit()
    assert dict(seen(other_session, task).metadata) == {"take": "3", "lens": "50"}
    del task.metadata["take"]
    session.commit()
    (found,) = other_session.query(f'select metadata.key, metadata.value from Task where id is "{task.id}"')
    assert dict(found.metadata) == {"lens": "50"}


def test_scopes(session: Session, other_session: Session, task: Task) -> None:
    scope = session.create(Scope, name=unique("scope"))
    task["scopes"].append(scope)
    session.commit()
    query = f'Task where scopes.name is "{scope.name}"'
    assert other_session.query(query).all() == [task]
    task["scopes"].remove(scope)
    session.commit()
    assert other_session.query(query).all() == []
    session.delete(scope)
    session.commit()


# People ------------------------------------------------------


def test_assignments_and_allocations(
    session: Session, other_session: Session, task: Task, project: Project
) -> None:
    user, group = some(session, User), some(session, Group)
    session.create(Appointment, context=task, resource=user, type="assignment")
    session.create(Appointment, context=project, resource=group, type="allocation")
    session.commit()
    assert [each["resource"] for each in seen(other_session, task)["assignments"]] == [user]
    assert [each["resource"] for each in seen(other_session, project)["allocations"]] == [group]
    mine = f'select name from Task where assignments any (resource.username = "{user.username}")'
    assert task in other_session.query(mine).all()
    people = [each.resource for each in seen(other_session, project).allocations]
    assert all(isinstance(group, Group) and group.memberships for group in people)


def test_groups_and_memberships(session: Session, other_session: Session) -> None:
    user = session.create(User, username=unique("member"))
    group = session.create(Group, name=unique("group"))
    session.create(Membership, user=user, group=group)
    session.commit()
    assert [each.user for each in seen(other_session, group).memberships] == [user]
    assert [each.group for each in seen(other_session, user).memberships] == [group]
    session.delete(group)
    session.commit()
    assert seen(other_session.fork(), user).memberships == []


def test_notes_with_labels_replies_and_files(session: Session, other_session: Session, task: Task) -> None:
    author, reader = session.query(User).limit(2)
    note = task.create_note("See the picture.", author, recipients=[reader])
    component = session.create(FileComponent, name="picture", file_type=".png")
    session.create(NoteComponent, note_id=note.id, component_id=component.id)
    note.create_reply("Seen.", reader)
    session.commit()
    found = seen(other_session, note)
    assert [each.component.name for each in found.note_components] == ["picture"]
    assert [each.content for each in found.replies] == ["Seen."]
    threads = "Note where parent_id is {} and not in_reply_to has ()"
    assert other_session.query(threads.format(task.id)).all() == [note]


def test_timers_and_time_logs(session: Session, task: Task) -> None:
    user = session.create(User, username=unique("timed"))
    session.commit()
    user.start_timer(task, comment="comp")
    log = user.stop_timer()
    assert task.time_logged == log.duration
    further = session.create("Timelog", {"user": user, "context": task, "duration": 3600, "comment": "more"})
    session.commit()
    session.populate(task, "time_logged")
    assert task.time_logged == log.duration + 3600
    assert further in task.timelogs


# Versions ----------------------------------------------------


def test_publishing(session: Session, other_session: Session, shot: Shot, task: Task) -> None:
    kind = session.query(AssetType).where(AssetType.short == "comp").first() or some(session, AssetType)
    asset = session.ensure(Asset, {"name": "slate", "type": kind, "parent": shot})
    for comment in ("first", "second"):
        version = session.create(AssetVersion, asset=asset, task=task, comment=comment)
        session.create(FileComponent, name="main", file_type=".exr", size=10, version=version)
        session.commit()
    found = seen(other_session, asset)
    assert [(each.version, each.comment) for each in found.versions] == [(1, "first"), (2, "second")]
    assert found.latest_version == version
    assert [each.name for each in seen(other_session, version).components] == ["main"]
    assert session.ensure(Asset, {"name": "slate", "type": kind, "parent": shot}) is asset


def test_versions_that_use_each_other(
    session: Session, other_session: Session, version: AssetVersion
) -> None:
    asset = session.create(Asset, name="plate", type=version.asset.type, parent=version.asset.parent)
    plate = session.create(AssetVersion, asset=asset)
    session.create(AssetVersionLink, from_=plate, to=version)
    session.commit()
    assert seen(other_session, version).uses_versions == [plate]
    assert seen(other_session, plate).used_in_versions == [version]


def test_tasks_that_wait_for_each_other(session: Session, other_session: Session, task: Task) -> None:
    after = session.create(Task, name="grade", parent=task.parent)
    session.create("TypedContextLink", {"from": task, "to": after, "lag": 3600})
    session.commit()
    assert [link["to"] for link in seen(other_session, task)["outgoing_links"]] == [after]
    (link,) = seen(other_session, after).incoming_links
    assert isinstance(link, TypedContextLink)
    assert (link.from_, link.lag) == (task, 3600)


def test_thumbnails_are_shared_by_id(
    session: Session, other_session: Session, version: AssetVersion, task: Task
) -> None:
    component = session.create(FileComponent, name="thumbnail", file_type=".jpg")
    version.thumbnail = component
    session.commit()
    task.thumbnail_id = version.thumbnail_id
    session.commit()
    assert seen(other_session, task).thumbnail == component


def test_what_the_web_player_needs_to_know(
    session: Session, other_session: Session, version: AssetVersion
) -> None:
    movie = session.create(FileComponent, name="ftrackreview-mp4", file_type=".mp4", version=version)
    movie.metadata["ftr_meta"] = json.dumps({"frameIn": 0, "frameOut": 150, "frameRate": 25})
    session.commit()
    assert json.loads(seen(other_session, movie).metadata["ftr_meta"])["frameRate"] == 25


def test_lists(
    session: Session, other_session: Session, project: Project, shot: Shot, version: AssetVersion
) -> None:
    category = some(session, ListCategory)
    versions = session.create(AssetVersionList, name="dailies", project=project, category=category)
    contexts = session.create(TypedContextList, name="trailer", project=project, category=category)
    versions["items"].append(version)
    contexts.items_.append(shot)
    session.commit()
    assert seen(other_session, versions)["items"] == [version]
    assert seen(other_session, contexts).items_ == [shot]
    on_list = f'AssetVersion where lists.id is "{versions.id}"'
    assert other_session.query(on_list).all() == [version]
    versions.items_.remove(version)
    session.commit()
    assert other_session.query(on_list).all() == []


# Reviews -----------------------------------------------------


def test_reviews(session: Session, other_session: Session, project: Project, version: AssetVersion) -> None:
    review = session.create(
        ReviewSession, name="Client", description="Opening", project=project, availability="always"
    )
    shown = session.create(
        ReviewSessionObject, name="sh010", version="Version 1", asset_version=version, review_session=review
    )
    guest = session.create(
        ReviewSessionInvitee, name="Guest", email="guest@example.com", review_session=review
    )
    session.commit()
    session.send_review_session_invite(guest)
    session.create(ReviewSessionObjectStatus, review_session_object=shown, invitee=guest, status="approved")
    shown.create_note("Lovely.")
    session.commit()
    found = seen(other_session, review)
    assert found.review_session_objects == [shown]
    assert found.review_session_invitees[0].last_sent_at is not None
    assert [each.status for each in found.review_session_objects[0].statuses] == ["approved"]
    assert [each.content for each in found.review_session_objects[0].notes] == ["Lovely."]
    where = f'ReviewSessionObject where asset_version.id is "{version.id}"'
    assert other_session.query(where).all() == [shown]


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


# Documentation -----------------------------------------------


@pytest.fixture(scope="module")
def documented_server() -> Iterator[LocalServer]:
    """A server of its own: what documentation does to the demo studio stays here."""
    with LocalServer(seed="demo") as server:
        yield server


@pytest.mark.parametrize("document", DOCUMENTS)
def test_code_in_the_documentation_runs(
    document: str, documented_server: LocalServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FTRACK_SERVER", documented_server.url)
    monkeypatch.setenv("FTRACK_API_USER", documented_server.api_user)
    monkeypatch.setenv("FTRACK_API_KEY", documented_server.api_key)
    monkeypatch.setenv("FTRACK_API_SCHEMA_CACHE_PATH", str(tmp_path))
    parts = PYTHON.findall((DOCUMENTATION / f"{document}.md").read_text(encoding="utf-8"))
    assert parts
    with Session() as session:
        names: dict[str, Any] = {name: getattr(ftrack_entities, name) for name in ftrack_entities.__all__}
        names.update(
            session=session,
            project=some(session, Project),
            shot=some(session, Shot),
            task=some(session, Task),
            tasks=session.query(Task).limit(5).all(),
            link=some(session, TypedContextLink),
            kind=some(session, AssetType),
            done=some(session, Status),
        )
        for number, part in enumerate(parts):
            exec(compile(part, f"{document}.md, part {number}", "exec"), names)
        session.rollback()
