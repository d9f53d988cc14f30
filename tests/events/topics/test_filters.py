"""Typed events: handlers that ask for some of them only."""

from __future__ import annotations

from typing import Any

import pytest
from tests.events.topics.conftest import change, tell, update

from ftrack_entities import Project, Shot, Task, TypedContext, User
from ftrack_typed import Session
from ftrack_typed.errors import EventFilterError
from ftrack_typed.events import Event
from ftrack_typed.events.topics import ActionLaunch, EntityAction, EntityUpdate, HubGap, TypedEvent

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
