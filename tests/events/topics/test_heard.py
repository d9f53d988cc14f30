"""Typed events: what a server tells, and topics of other kinds."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from tests.events.topics.conftest import tell, wait_until

from ftrack_entities import Asset, AssetVersion, Project, Shot, Status, Task
from ftrack_typed import Session
from ftrack_typed.errors import EventDataError, EventHubError
from ftrack_typed.events import Event
from ftrack_typed.events.topics import (
    ActionDiscover,
    ActionLaunch,
    ComponentAdded,
    ConstructEntityType,
    DynamicEnumerator,
    EntityAction,
    EntityChange,
    EntityUpdate,
    HubGap,
    SessionReady,
    TypedEvent,
    ValueChange,
)

# -- from the server -------------------------------------------------------------------------------


def test_commits_of_others_are_told(session: Session, other: Session) -> None:
    seen: list[EntityUpdate] = []
    session.event_hub.on(EntityUpdate, Task, EntityAction.UPDATE)(seen.append)
    session.event_hub.connect()
    assert session.event_hub.flush()
    task = other.query(Task).first()
    assert task is not None
    status = other.query(Status).where(Status.id != task.status_id).first()
    assert status is not None
    before, moment = task.status_id, datetime(2033, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    task.status, task.start_date, task.bid, task.description = status, moment, 7.5, "café"
    other.commit()
    wait_until(session, lambda: seen)
    (found,) = seen[0].entities
    assert found.change_of(Task.status) == ValueChange(before, status.id)
    assert found.changes["start_date"].new == moment
    assert found.changes["bid"].new == 7.5
    assert found.changes["description"].new == "café"
    assert all(value.certain for value in found.changes.values())
    told = found.entity(Task)
    assert told is not None
    assert told.status.id == status.id
    assert found.entity(Shot) is None
    assert seen[0].user is not None
    assert seen[0].user.name == other.api_user


def test_all_that_is_added_can_be_read(session: Session, other: Session) -> None:
    seen: list[EntityChange] = []

    @session.event_hub.on(EntityUpdate, EntityAction.ADD)
    def remember(event: EntityUpdate) -> None:
        seen.extend(event.entities)

    session.event_hub.connect()
    assert session.event_hub.flush()
    parent = other.query(Shot).first()
    assert parent is not None
    task = other.create(Task, name="told", parent=parent)
    version = other.create(AssetVersion, asset=other.create(Asset, name="told", parent=parent), task=task)
    other.commit()
    wait_until(session, lambda: len(seen) == 3)
    by_id = {found.id: found for found in seen}
    assert by_id[task.id].changes["parent_id"] == ValueChange(None, parent.id)
    assert by_id[version.id].changes["is_published"].certain
    assert all(values.certain for values in by_id[task.id].changes.values())
    assert not any(found.custom_attributes for found in seen)


def test_who_is_gone_is_not_looked_for(session: Session, other: Session) -> None:
    seen: list[EntityUpdate] = []
    session.event_hub.on(EntityUpdate, Task, EntityAction.REMOVE)(seen.append)
    session.event_hub.connect()
    assert session.event_hub.flush()
    parent = other.query(Shot).first()
    assert parent is not None
    task = other.create(Task, name="short-lived", parent=parent)
    other.commit()
    other.delete(task)
    other.commit()
    wait_until(session, lambda: seen)
    (gone,) = seen[0].entities
    assert gone.id == task.id
    assert gone.entity(Task) is None


# -- other topics ----------------------------------------------------------------------------------


def test_actions_are_told_with_their_selection(session: Session) -> None:
    task = session.query(Task).first()
    project = session.query(Project).first()
    assert task is not None
    assert project is not None
    selection = [
        {"entityId": task.id, "entityType": "task"},
        {"entityId": project.id, "entityType": "show"},
        {"entityId": "nobody", "entityType": "task"},
        {"entityId": "x", "entityType": "spaceship"},
    ]
    launched: list[ActionLaunch] = []
    discovered: list[ActionDiscover] = []
    session.event_hub.on(ActionLaunch, "studio.render")(launched.append)
    session.event_hub.on(ActionDiscover)(discovered.append)
    data = {
        "selection": selection,
        "actionIdentifier": "studio.render",
        "values": {"frames": "1-10"},
        "farm": 2,
    }
    tell(session, Event("ftrack.action.launch", data=data))
    tell(session, Event("ftrack.action.launch", data={**data, "actionIdentifier": "studio.other"}))
    tell(session, Event("ftrack.action.discover", data={"selection": None}))
    (launch,) = launched
    assert launch.action_identifier == "studio.render"
    assert launch.values == {"frames": "1-10"}
    assert launch.model_extra == {"farm": 2}
    assert launch.selected() == [task, project]
    assert discovered[0].selection == ()


def test_other_topics_are_read() -> None:
    added = ComponentAdded.from_event(
        Event(ComponentAdded.topic, data={"component_id": "c-1", "location_id": "l-1"})
    )
    assert (added.component_id, added.location_id) == ("c-1", "l-1")
    asked = DynamicEnumerator.from_event(
        Event(DynamicEnumerator.topic, data={"attributeName": "colour", "recordData": {"a": 1}})
    )
    assert (asked.attribute_name, asked.record_data) == ("colour", {"a": 1})
    gap = HubGap.from_event(Event(HubGap.topic, data={"reason": "reconnected", "lost": None}))
    assert (gap.reason, gap.lost) == ("reconnected", None)
    built = ConstructEntityType.from_event(
        Event(ConstructEntityType.topic, data={"schema": {"id": "Task"}, "schemas": [{"id": "Task"}]})
    )
    assert built.document == {"id": "Task"}
    session = object()
    ready = SessionReady.from_event(Event(SessionReady.topic, data={"session": session}))
    assert ready.session is session
    with pytest.raises(EventDataError, match="names no session"):
        _ = SessionReady.from_event(Event(SessionReady.topic)).session


def test_own_topics_are_classes_too(session: Session) -> None:
    class RenderDone(TypedEvent):
        topic = "studio.render.done"
        frames: tuple[int, ...]

    seen: list[tuple[int, ...]] = []

    @session.event_hub.on(RenderDone)
    def handle(event: RenderDone) -> None:
        seen.append(event.frames)

    tell(session, Event("studio.render.done", data={"frames": [1, 2]}))
    assert seen == [(1, 2)]


def test_events_made_by_hand_belong_to_nothing() -> None:
    made = EntityUpdate(entities=(EntityChange(action="add", id="t-1"),))
    assert made.entities[0].id == "t-1"
    with pytest.raises(EventHubError, match="made by hand"):
        _ = made.event
    with pytest.raises(EventHubError, match="without a session"):
        _ = made.session
