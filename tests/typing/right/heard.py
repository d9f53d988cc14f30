"""Typed events: what handlers are given."""

from __future__ import annotations

from collections.abc import Callable

from typing_extensions import assert_type

from ftrack_entities import Shot, Task, TypedContext
from ftrack_typed import Session
from ftrack_typed.events import Event, EventHub
from ftrack_typed.events.topics import (
    ActionLaunch,
    EntityAction,
    EntityChange,
    EntityUpdate,
    TypedEvent,
    ValueChange,
)
from ftrack_typed.refreshing.face import Following


class RenderDone(TypedEvent):
    topic = "studio.render.done"
    frames: tuple[int, ...] = ()


def handlers(session: Session, hub: EventHub) -> None:
    @session.event_hub.on(EntityUpdate, Task.status, Task.name, Shot, EntityAction.UPDATE, priority=10)
    def changed(event: EntityUpdate) -> None:
        assert_type(event.entities, tuple[EntityChange, ...])
        assert_type(event.session, Session)
        assert_type(event.event, Event)

    assert_type(changed, Callable[[EntityUpdate], None])

    @hub.on(EntityUpdate, Shot.custom_attributes["fps"], Task.thumbnail_id)
    def further(event: EntityUpdate) -> str:
        return event.parents[0]

    assert_type(further, Callable[[EntityUpdate], str])

    @hub.on(ActionLaunch, "studio.render")
    def launch(event: ActionLaunch) -> dict[str, object]:
        return {"success": event.action_identifier == "studio.render"}

    @hub.on(RenderDone)
    def rendered(event: RenderDone) -> int:
        return len(event.frames)

    @hub.on("topic=studio.* and not data.frames=0", subscriber={"id": "mine"})
    def plain(event: Event) -> None:
        assert_type(event.topic, str)

    launch(ActionLaunch(action_identifier="studio.render"))
    rendered(RenderDone())
    plain(Event("studio.render.done"))


def changes(change: EntityChange) -> None:
    name = change.change_of(Task.name)
    assert_type(name, ValueChange[str] | None)
    if name is not None:
        assert_type(name.new, str | None)
    assert_type(change.change_of(Task.bid), ValueChange[float] | None)
    assert_type(change.change_of(Task.status), ValueChange[str] | None)
    assert_type(change.change_of(Task.status_id), ValueChange[str] | None)
    assert_type(change.entity(Task), Task | None)
    assert_type(change.is_a(TypedContext), bool)


def refreshing(session: Session, task: Task, event: Event, update: EntityUpdate) -> None:
    assert_type(task.refresh_from(event), bool)
    assert_type(task.refresh_from(update), bool)
    following = session.follow_updates()
    assert_type(following, Following)
    with session.follow_updates():
        following.stop()
