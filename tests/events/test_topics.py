"""Typed events: names and values as entities have them, and handlers that ask for some of them only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from ftrack_entities import Asset, AssetVersion, Project, Shot, Status, Task, TypedContext, User
from ftrack_local import LocalServer
from ftrack_typed import Session
from ftrack_typed.errors import EventDataError, EventFilterError, EventHubError
from ftrack_typed.events import Event, EventHub
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
from ftrack_typed.events.topics.columns import ColumnNames
from ftrack_typed.schema import Schema

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "data" / "server_a" / "query_schemas.json"


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the proxy settings of the machine out of loopback requests."""
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    with LocalServer(seed="demo") as server:
        yield server


@pytest.fixture
def session(server: LocalServer) -> Iterator[Session]:
    with Session(server.url, server.api_key, server.api_user, schema_cache_path=False) as session:
        yield session


@pytest.fixture
def other(server: LocalServer) -> Iterator[Session]:
    with Session(server.url, server.api_key, server.api_user, schema_cache_path=False) as session:
        yield session


def change(
    entity_type: str = "Task",
    table: str = "task",
    action: str = "update",
    key: str = "t-1",
    columns: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """One entity's part of an update, as servers send it."""
    columns = {**(columns or {}), **more}
    return {
        "action": action,
        "entityType": table,
        "entity_type": entity_type,
        "entityId": key,
        "parentId": "sh-1",
        "objectTypeId": None,
        "keys": list(columns),
        "changes": {name: {"old": old, "new": new} for name, (old, new) in columns.items()} or None,
        "parents": [
            {"entityId": key, "entityType": table, "entity_type": entity_type, "parentId": "sh-1"},
            {"entityId": "sh-1", "entityType": "task", "entity_type": "Shot", "parentId": "p-1"},
            {"entityId": "p-1", "entityType": "show", "entity_type": "Project", "parentId": None},
        ],
    }


def update(*changes: Any, **further: Any) -> Event:
    data = {"entities": list(changes), "parents": ["t-1", "sh-1", "p-1"], "pushToken": None, **further}
    return Event("ftrack.update", data=data)


def tell(session: Session, event: Event) -> None:
    """Have the handlers of a session called."""
    session.event_hub.publish(event, synchronous=True)


def wait_until(session: Session, reached: Callable[[], object]) -> None:
    """Handle events until something holds."""
    for _ in range(100):
        if reached():
            return
        session.event_hub.wait(0.1)
    pytest.fail("It did not come about.")


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


# -- filters ---------------------------------------------------------------------------------------

MIXED = (
    change("Task", key="t-1", statusid=("s-1", "s-2")),
    change("Shot", key="sh-1", statusid=("s-1", "s-2"), fstart=("1", "2")),
    change("Task", key="t-2", name=("a", "b")),
    change("Task", action="add", key="t-3", statusid=(None, "s-1")),
    change("Task", action="remove", key="t-4"),
    change("User", "user", key="u-1", isactive=("1", "0")),
    {"nothing": "usable"},
    None,
)


@pytest.mark.parametrize(
    ("filters", "passing"),
    [
        ([Task], ["t-1", "t-2", "t-3", "t-4"]),
        ([TypedContext], ["t-1", "sh-1", "t-2", "t-3", "t-4"]),
        ([Task.status], ["t-1", "t-3"]),
        ([Task.status_id], ["t-1", "t-3"]),
        ([TypedContext.status], ["t-1", "sh-1", "t-3"]),
        ([Task.status, EntityAction.UPDATE], ["t-1"]),
        ([EntityAction.ADD, EntityAction.REMOVE], ["t-3", "t-4"]),
        ([Shot, Task.name], ["sh-1", "t-2"]),
        ([User.is_active], ["u-1"]),
        ([Shot.custom_attributes["fstart"]], ["sh-1"]),
    ],
)
def test_handlers_see_what_passes_their_filters(
    session: Session, filters: list[Any], passing: list[str]
) -> None:
    seen: list[EntityUpdate] = []
    session.event_hub.on(EntityUpdate, *filters)(seen.append)
    tell(session, update(*MIXED))
    assert [found.id for found in seen[0].entities] == passing


def test_all_that_happened_is_there_too(session: Session) -> None:
    seen: list[EntityUpdate] = []
    session.event_hub.on(EntityUpdate, Task.name)(seen.append)
    tell(session, update(*MIXED[:6]))
    assert len(seen[0].entities) == 1
    assert len(seen[0].all_entities) == 6
    assert seen[0].all_entities[1].changes["status_id"].new == "s-2"


@pytest.mark.parametrize("data", [None, "text", {"entities": None}, {"entities": {}}, {}])
def test_handlers_are_not_called_where_nothing_passes(session: Session, data: Any) -> None:
    seen: list[EntityUpdate] = []
    session.event_hub.on(EntityUpdate, Project)(seen.append)
    tell(session, update(*MIXED))
    tell(session, Event("ftrack.update", data=data))
    tell(session, Event("studio.other", data={"entities": list(MIXED)}))
    assert seen == []


@pytest.mark.parametrize(
    "given", [Task.notes, Task.status.name, Task.metadata["a"], "Task.status", 5, Task.name == "a", int]
)
def test_filters_that_mean_nothing_are_refused(session: Session, given: Any) -> None:
    with pytest.raises(EventFilterError, match="can't be a filter"):
        session.event_hub.on(EntityUpdate, given)


def test_only_some_events_can_be_filtered(session: Session) -> None:
    hub: Any = session.event_hub
    for arguments in ((HubGap, Task), (ActionLaunch, Task), (ActionLaunch, "a", "b"), ("topic=a", Task)):
        with pytest.raises(EventFilterError):
            hub.on(*arguments)
    for kind in (int, TypedEvent, Task, None):
        with pytest.raises(EventFilterError, match="no class of typed events"):
            hub.on(kind)


def test_a_decorated_function_stays_what_it_is(session: Session) -> None:
    @session.event_hub.on(EntityUpdate, Task, priority=5, subscriber={"id": "mine"})
    def handle(event: EntityUpdate) -> int:
        return len(event.entities)

    assert handle(EntityUpdate(entities=())) == 0
    subscriber = session.event_hub.get_subscriber_by_identifier("mine")
    assert subscriber is not None
    assert subscriber.priority == 5
    assert session.event_hub.publish(update(*MIXED), synchronous=True) == [4]


def test_an_event_that_cannot_be_read_costs_one_call(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[EntityUpdate] = []
    session.event_hub.on(EntityUpdate)(seen.append)
    tell(session, Event("ftrack.update", data={"entities": [{"entityId": []}]}))
    tell(session, update(change()))
    assert len(seen) == 1
    assert session.event_hub.statistics.handler_errors == 1
    assert "entityId" in caplog.text


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
