"""Methods of entities: assignments, links, jobs, and entities of no session."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.runtime.entity_helpers.conftest import OpenSession, people, some

from ftrack_entities import Appointment, AssetVersion, Group, Job, Shot, Task, User
from ftrack_typed import Session
from ftrack_typed.errors import DetachedEntityError, EntityTypeError, ValueTypeError

# Assignments -------------------------------------------------


def test_people_are_assigned_once(
    session: Session, other_session: Session, task: Task, calls: Callable[[], int]
) -> None:
    (person,) = people(session, 1)
    appointment = task.assign(person)
    assert task.assign(person) is appointment
    session.commit()
    assert [each.resource for each in task.assignments] == [person]
    before = calls()
    assert task.assign(person) is appointment
    assert calls() == before + 1
    assert not session.recorded_operations
    found = other_session.get(Task, task.id)
    assert found is not None
    assert [each.resource for each in found.assignments] == [person]


def test_assignments_are_taken_back(session: Session, other_session: Session, task: Task) -> None:
    first, second = people(session, 2)
    task.assign(first)
    task.assign(second)
    session.commit()
    assert task.unassign(first) is True
    assert task.unassign(first) is False
    session.commit()
    assert task.unassign(first) is False
    found = other_session.get(Task, task.id)
    assert found is not None
    assert [each.resource for each in found.assignments] == [second]


def test_new_tasks_are_assigned_without_asking(
    session: Session, shot: Shot, calls: Callable[[], int]
) -> None:
    (person,) = people(session, 1)
    before = calls()
    task = session.create(Task, name="new", parent=shot)
    assert task.assign(person) is task.assign(person)
    assert task.unassign(person) is True
    task.assign(person)
    assert calls() == before
    session.commit()
    assert [each.resource for each in task.assignments] == [person]


def test_people_are_allocated_apart_from_assignments(session: Session, shot: Shot) -> None:
    group = some(session, Group)
    shot.assign(group, "allocation")
    session.commit()
    assert [each.resource for each in shot.allocations] == [group]
    assert shot.unassign(group) is False


def test_only_resources_are_assigned(session: Session, task: Task) -> None:
    with pytest.raises(EntityTypeError, match="A Resource is needed here, not <Task"):
        task.assign(task)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


# Links -------------------------------------------------------


def test_contexts_depend_on_each_other(
    session: Session, other_session: Session, task: Task, shot: Shot
) -> None:
    assert list(task.outgoing_links) == list(shot.incoming_links) == []
    link = task.link_to(shot, lag=3600, type="start_to_start")
    back = task.link_from(shot)
    session.commit()
    assert (link.from_, link.to, link.lag, link.type) == (task, shot, 3600, "start_to_start")
    assert (back.from_, back.to) == (shot, task)
    assert [*task.outgoing_links, *task.incoming_links] == [link, back]
    assert [*shot.outgoing_links, *shot.incoming_links] == [back, link]
    found = other_session.get(Task, task.id)
    assert found is not None
    assert found.outgoing_links[0].to == shot


def test_versions_use_each_other(session: Session) -> None:
    first, second = session.query(AssetVersion).limit(2).all()
    link = first.link_to(second)
    session.commit()
    assert first in second.used_in_versions or first in second.uses_versions
    session.delete(link)
    session.commit()


def test_links_lead_to_the_same_kind(session: Session, task: Task) -> None:
    version = some(session, AssetVersion)
    with pytest.raises(ValueTypeError, match=r"TypedContextLink\.to takes"):
        task.link_to(version)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueTypeError, match=r"TypedContextLink\.from takes"):
        task.link_from(version)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert not session.recorded_operations


# Jobs --------------------------------------------------------


def test_jobs_need_no_data(session: Session) -> None:
    user = some(session, User)
    for made in (
        session.create(Job, user=user),
        session.create("Job"),
        session.create("Job", {"type": None}),
    ):
        assert made.type == "api_job"
        session.commit()
        assert made.status == "queued"


def test_other_jobs_are_the_servers(session: Session) -> None:
    with pytest.raises(ValueTypeError, match=r"Job\.type takes 'api_job' at creation, not 'encode' \(str\)"):
        session.create("Job", {"type": "encode"})
    assert not session.recorded_operations


# In general --------------------------------------------------


def test_entities_without_a_session_can_not_ask_it(task: Task) -> None:
    with pytest.raises(DetachedEntityError, match="belongs to no session"):
        Task(id="x").create_note("x")


def test_helpers_work_without_auto_populate(open_session: OpenSession) -> None:
    session = open_session(auto_populate=False)
    task = some(session, Task)
    user = some(session, User)
    task.create_note("Quiet.", user)
    assert isinstance(task.assign(user), Appointment)
    session.rollback()
    assert not session.recorded_operations
