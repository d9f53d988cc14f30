"""Typed events: changes have the names and values that entities have."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from tests.events.topics.conftest import change, update

from ftrack_entities import Project, Shot, Task, TypedContext
from ftrack_local import LocalServer
from ftrack_typed import Session
from ftrack_typed.errors import EventDataError, EventFilterError, EventHubError
from ftrack_typed.events import Event, EventHub
from ftrack_typed.events.topics import EntityAction, EntityUpdate, ValueChange
from ftrack_typed.events.topics.columns import ColumnNames
from ftrack_typed.schema import Schema

RECORDED = Path(__file__).resolve().parents[4] / "shared" / "data" / "server_a" / "query_schemas.json"


# -- reading updates -------------------------------------------------------------------------------


def test_changes_have_the_names_and_values_of_attributes(session: Session) -> None:
    event = update(
        change(
            statusid=("s-1", "s-2"),
            showid=(None, "p-1"),
            startdate=(None, "2031-05-04T10:20:30"),
            bid=("1.5", "3"),
            name=("a", "b"),
        ),
        change("AssetVersion", "assetversion", ispublished=("0", "1"), version=(None, "3")),
        user={"userid": "u-1", "name": "ada"},
        clientToken="x",
    )
    read = EntityUpdate.from_event(event, session.event_hub.context)
    task, version = read.entities
    assert task.changes == {
        "status_id": ValueChange("s-1", "s-2"),
        "project_id": ValueChange(None, "p-1"),
        "start_date": ValueChange(None, datetime(2031, 5, 4, 10, 20, 30, tzinfo=timezone.utc)),
        "bid": ValueChange(1.5, 3.0),
        "name": ValueChange("a", "b"),
    }
    assert version.changes == {"is_published": ValueChange(False, True), "version": ValueChange(None, 3)}
    assert task.custom_attributes == version.custom_attributes == {}
    assert (task.id, task.entity_type, task.action, task.parent_id) == ("t-1", "Task", "update", "sh-1")
    assert [parent.entity_type for parent in task.parents] == ["Task", "Shot", "Project"]
    assert read.user is not None
    assert (read.user.id, read.user.name, read.client_token) == ("u-1", "ada", "x")
    assert read.parents == ("t-1", "sh-1", "p-1")
    assert read.event is event
    assert read.session is session


@pytest.mark.parametrize(
    ("column", "old", "new", "read"),
    [
        ("bid", "1", "many", ValueChange("1", "many", certain=False)),
        ("bid", "1", "nan", ValueChange("1", "nan", certain=False)),
        ("startdate", None, "tomorrow", ValueChange(None, "tomorrow", certain=False)),
        ("name", None, 5, ValueChange(None, 5, certain=False)),
        ("bid", None, True, ValueChange(None, True, certain=False)),
        ("bid", 1, 2.5, ValueChange(1.0, 2.5)),
        ("_link", None, "[]", ValueChange(None, "[]", certain=False)),
    ],
)
def test_what_is_not_of_the_type_stays_as_it_was_sent(
    session: Session, column: str, old: Any, new: Any, read: ValueChange[Any]
) -> None:
    event = update(change(columns={column: (old, new)}))
    (found,) = EntityUpdate.from_event(event, session.event_hub.context).entities
    assert [*found.changes.values(), *found.custom_attributes.values()] == [read]


def test_changes_without_old_values_are_uncertain(session: Session) -> None:
    sent = {**change(), "changes": {"name": {"new": "b"}, "bid": "3", "description": None}}
    (found,) = EntityUpdate.from_event(update(sent), session.event_hub.context).entities
    assert found.changes["name"] == ValueChange(None, "b", certain=False)
    assert found.changes["bid"] == ValueChange(None, "3", certain=False)
    assert not found.changes["description"].certain


def test_custom_attributes_are_told_by_key(session: Session) -> None:
    event = update(change("Shot", fstart=("1001", "1022"), handles=(None, "1"), name=("a", "b")))
    (shot,) = EntityUpdate.from_event(event, session.event_hub.context).entities
    assert set(shot.custom_attributes) == {"fstart", "handles"}
    assert shot.custom_attributes["fstart"].new in ("1022", 1022.0)
    assert set(shot.changes) == {"name"}


def test_removed_entities_have_no_changes(session: Session) -> None:
    (gone,) = EntityUpdate.from_event(update(change(action="remove")), session.event_hub.context).entities
    assert gone.action == EntityAction.REMOVE
    assert gone.changes == gone.custom_attributes == {}
    assert gone.parents[1].id == "sh-1"


def test_what_newer_servers_send_is_kept(session: Session) -> None:
    sent = {**change(name=("a", "b")), "action": "archive", "colour": "red"}
    read = EntityUpdate.from_event(update(sent, transaction=5), session.event_hub.context)
    assert read.model_extra == {"transaction": 5}
    assert read.entities[0].action == "archive"
    assert (read.entities[0].model_extra or {})["colour"] == "red"


def test_entities_of_unknown_types_are_told_as_they_were_sent(session: Session) -> None:
    (found,) = EntityUpdate.from_event(
        update(change("Spaceship", "spaceship", fuel=("1", "2"))), session.event_hub.context
    ).entities
    assert found.entity_class is None
    assert found.changes == {}
    assert found.custom_attributes == {"fuel": ValueChange("1", "2", certain=False)}
    assert found.entity() is None
    assert not found.is_a(Task)


def test_an_entity_without_anything_known_of_it_spoils_nothing(session: Session) -> None:
    event = update({}, {"entityId": None, "entity_type": None, "entityType": None, "parents": None}, change())
    first, second, third = EntityUpdate.from_event(event, session.event_hub.context).entities
    for found in (first, second):
        assert (found.id, found.action, found.entity_type) == ("", "", "")
        assert found.entity() is None
        assert not found.changes
    assert third.id == "t-1"


def test_types_are_found_by_their_table_where_the_server_names_none(session: Session) -> None:
    sent = change(table="show", fullname=("a", "b"))
    del sent["entity_type"]
    (found,) = EntityUpdate.from_event(update(sent), session.event_hub.context).entities
    assert found.is_a(Project)
    assert found.changes == {"full_name": ValueChange("a", "b")}


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ({"entities": [5]}, "data.entities.0"),
        ({"entities": [{"changes": []}]}, "data.entities.0.changes"),
        ({"entities": 5}, "data.entities"),
        ("text", "data"),
        ([1], "data"),
    ],
)
def test_events_that_are_no_updates_are_refused(session: Session, data: Any, place: str) -> None:
    with pytest.raises(EventDataError, match=place) as caught:
        EntityUpdate.from_event(Event("ftrack.update", data=data), session.event_hub.context)
    assert caught.value.place == place


def test_a_hub_of_its_own_can_read_but_not_translate(server: LocalServer) -> None:
    hub = EventHub(server.url, server.api_user, server.api_key)
    seen: list[EntityUpdate] = []
    hub.on(EntityUpdate, Task, EntityAction.UPDATE)(seen.append)
    hub.publish(update(change(statusid=("s-1", "s-2")), change("Shot")), synchronous=True)
    (found,) = seen[0].entities
    assert found.sent == {"statusid": {"old": "s-1", "new": "s-2"}}
    assert found.is_a(TypedContext)
    with pytest.raises(EventHubError, match="without a session"):
        _ = found.changes
    with pytest.raises(EventHubError, match="without a session"):
        _ = seen[0].session
    with pytest.raises(EventFilterError, match=r"Use session\.event_hub"):
        hub.on(EntityUpdate, Task.status)


# -- asking a change -------------------------------------------------------------------------------


def test_one_attribute_can_be_asked_for(session: Session) -> None:
    event = update(change(statusid=("s-1", "s-2"), fps=("24", "25")))
    (found,) = EntityUpdate.from_event(event, session.event_hub.context).entities
    assert found.change_of(Task.status_id) == ValueChange("s-1", "s-2")
    assert found.change_of(Task.status) == ValueChange("s-1", "s-2")
    assert found.change_of(TypedContext.status) == ValueChange("s-1", "s-2")
    assert found.change_of(Task.name) is None
    assert found.change_of(Shot.status) is None
    fps = found.change_of(Task.custom_attributes["fps"])
    assert fps is not None
    assert fps.new in ("25", 25.0)
    assert found.change_of(Task.custom_attributes["statusid"]) is None


@pytest.mark.parametrize("attribute", [Task, Task.status.name, Task.notes, Task.metadata["a"], "status"])
def test_what_events_do_not_tell_of_cannot_be_asked_for(session: Session, attribute: Any) -> None:
    (found,) = EntityUpdate.from_event(update(change()), session.event_hub.context).entities
    with pytest.raises(EventFilterError, match="nothing events tell of"):
        found.change_of(attribute)


# -- columns ---------------------------------------------------------------------------------------


def test_columns_of_a_recorded_server_are_translated() -> None:
    if not RECORDED.is_file():
        pytest.skip("The recorded schema is not part of a checkout.")
    documents = json.loads(RECORDED.read_text(encoding="utf-8"))
    schema = Schema.from_wire(documents)
    columns = ColumnNames(lambda: schema)
    assert columns.attributes("Task", "statusid") == ("status_id",)
    assert columns.attributes("Task", "showid")[0] == "project_id"
    assert columns.attributes("Task", "thumbid") == ("thumbnail_id",)
    assert columns.attributes("Note", "text") == ("content",)
    assert columns.attributes("Task", "nothing") == ()
    assert columns.attributes("Nothing", "statusid") == ()
    assert columns.type_of_table("task") == "TypedContext"
    assert columns.type_of_table("show") == "Project"
    for name, found in schema.types.items():
        for prop in found.properties.values():
            shown = columns.attributes(name, prop.alias or prop.name)
            assert prop.kind.value in ("collection", "mapped") or shown, (name, prop.name)
