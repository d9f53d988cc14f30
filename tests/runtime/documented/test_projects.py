"""Documented examples: projects, what is in them, and who works on it."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from tests.runtime.documented.conftest import seen, some, unique

from ftrack_entities import (
    Appointment,
    FileComponent,
    Group,
    Membership,
    NoteComponent,
    Priority,
    Project,
    Scope,
    Sequence,
    Task,
    Type,
    User,
)
from ftrack_typed import Session

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
