"""Methods of entities as pipelines call them; checkers must have nothing to say about it."""

from __future__ import annotations

from typing_extensions import assert_type

from ftrack_entities import (
    Appointment,
    AssetVersion,
    AssetVersionLink,
    AssetVersionList,
    Collaborator,
    Group,
    Note,
    NoteLabel,
    ProjectSchema,
    ReviewSession,
    ReviewSessionInvitee,
    ReviewSessionObject,
    Shot,
    Status,
    Task,
    Timelog,
    Timer,
    Type,
    TypedContextLink,
    TypedContextList,
    User,
)
from ftrack_typed.query.paths import ManyPath


def notes(
    task: Task, version: AssetVersion, user: User, guest: Collaborator, group: Group, label: NoteLabel
) -> None:
    assert_type(task.create_note("x"), Note)
    assert_type(version.create_note("x", user, recipients=[user, group], labels=[label]), Note)
    assert_type(task.create_note("x", guest, [user]).create_reply("y", user), Note)
    assert_type(Task.notes, ManyPath[Note])


def timers(user: User, task: Task) -> None:
    assert_type(user.start_timer(task, comment="x", force=True), Timer)
    assert_type(user.stop_timer(), Timelog)
    assert_type(user.reset_api_key(), str)
    user.send_invite()


def workflows(schema: ProjectSchema, kind: Type) -> None:
    assert_type(schema.get_statuses(Task), list[Status])
    assert_type(schema.get_statuses("Task", kind), list[Status])
    assert_type(schema.get_statuses("Task", kind.id), list[Status])
    assert_type(schema.get_types(Shot), list[Type])


def relations(task: Task, shot: Shot, user: User, group: Group, version: AssetVersion) -> None:
    assert_type(task.assign(user), Appointment)
    assert_type(shot.assign(group, "allocation"), Appointment)
    assert_type(task.unassign(user), bool)
    assert_type(task.link_to(shot, lag=3600), TypedContextLink)
    assert_type(version.link_from(version), AssetVersionLink)


def lists(versions: AssetVersionList, contexts: TypedContextList, version: AssetVersion, shot: Shot) -> None:
    versions.add_items(version)
    contexts.add_items(shot)
    contexts.remove_items(shot)


def reviews(review: ReviewSession, version: AssetVersion) -> None:
    assert_type(review.create_object(version, description="x"), ReviewSessionObject)
    guest = review.create_invitee("Guest", "guest@example.com")
    assert_type(guest, ReviewSessionInvitee)
    review.send_invites([guest])
    guest.send_invite()
