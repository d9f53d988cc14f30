"""Mistakes in handlers of typed events; every line that says so must be refused by both checkers."""

# ruff: noqa: B018

from __future__ import annotations

from ftrack_entities import Shot, Task
from ftrack_typed import Session
from ftrack_typed.events import Event
from ftrack_typed.events.topics import ActionLaunch, EntityChange, EntityUpdate


def typed(event: EntityUpdate) -> None:
    event.entitys  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue
    event.entities[0].acton  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue


def plain(event: Event) -> None: ...


def launched(event: ActionLaunch) -> None: ...


def subscribing(session: Session) -> None:
    hub = session.event_hub
    hub.on(EntityUpdate, Task.status)(typed)
    hub.on(EntityUpdate, Task.status)(plain)  # expect: mypy=arg-type pyright=reportArgumentType
    hub.on(EntityUpdate)(launched)  # expect: mypy=arg-type pyright=reportArgumentType
    hub.on("topic=ftrack.update")(typed)  # expect: mypy=type-var pyright=reportArgumentType
    hub.on(EntityUpdate, Task.notes)  # expect: mypy=call-overload pyright=reportArgumentType
    hub.on(EntityUpdate, 5)  # expect: mypy=call-overload pyright=reportArgumentType
    hub.on(EntityUpdate, Task.stats)  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue
    hub.on("topic=a", Task)  # expect: mypy=call-overload pyright=reportArgumentType
    hub.on(Task)  # expect: mypy=type-var pyright=reportArgumentType,reportCallIssue


def changes(change: EntityChange, task: Task) -> None:
    change.change_of(Task.notes)  # expect: mypy=call-overload pyright=reportArgumentType,reportCallIssue
    bid = change.change_of(Task.bid)
    if bid is not None and bid.new is not None:
        bid.new.upper()  # expect: mypy=attr-defined pyright=reportAttributeAccessIssue
    shot: Shot | None = change.entity(Task)  # expect: mypy=assignment pyright=reportAssignmentType
    task.refresh_from(change)  # expect: mypy=arg-type pyright=reportArgumentType
    print(shot)
