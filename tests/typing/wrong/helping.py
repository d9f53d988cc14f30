"""Calls of methods of entities that must be refused."""

from ftrack_entities import (
    AssetVersion,
    AssetVersionList,
    Note,
    NoteLabel,
    ProjectSchema,
    ReviewSession,
    Task,
    Timer,
    User,
)


def notes(task: Task, user: User, label: NoteLabel, note: Note) -> None:
    task.create_note()  # expect: mypy=call-arg pyright=reportCallIssue
    task.create_note("x", task)  # expect: mypy=arg-type pyright=reportArgumentType
    task.create_note("x", user, recipients=[label])  # expect: mypy=list-item pyright=reportArgumentType
    task.create_note("x", user, labels=[user])  # expect: mypy=list-item pyright=reportArgumentType
    task.create_reply("x")  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue
    note.create_note("x")  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue


def timers(user: User, timer: Timer) -> None:
    user.start_timer(timer)  # expect: mypy=arg-type pyright=reportArgumentType
    timer.stop_timer()  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue


def workflows(schema: ProjectSchema, user: User) -> None:
    schema.get_statuses(Task, user)  # expect: mypy=arg-type pyright=reportArgumentType
    schema.get_types(user)  # expect: mypy=arg-type pyright=reportArgumentType


def relations(task: Task, user: User, version: AssetVersion, versions: AssetVersionList) -> None:
    task.assign(task)  # expect: mypy=arg-type pyright=reportArgumentType
    task.assign(user, "ownership")  # expect: mypy=arg-type pyright=reportArgumentType
    task.link_to(version)  # expect: mypy=arg-type pyright=reportArgumentType
    versions.add_items(task)  # expect: mypy=arg-type pyright=reportArgumentType


def reviews(review: ReviewSession, task: Task) -> None:
    review.create_object(task)  # expect: mypy=arg-type pyright=reportArgumentType
