"""Subscribers of the same process: who is called, in which order, and what becomes of mistakes."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from ftrack_typed.errors import NotFoundError, NotUniqueError, ParseError
from ftrack_typed.events import Event, EventHub


@pytest.fixture
def hub() -> EventHub:
    return EventHub("http://studio.invalid", "ada", "k3y")


def results(hub: EventHub, **facts: Any) -> list[Any]:
    return hub.publish(Event("studio.test", **facts), synchronous=True)


def test_results_come_back_in_order_of_priority(hub: EventHub) -> None:
    hub.subscribe("topic=studio.test", lambda event: "late", priority=200)
    hub.subscribe("topic=studio.test", lambda event: "first", priority=1)
    hub.subscribe("topic=studio.test", lambda event: None)
    hub.subscribe("topic=studio.test", lambda event: "after none")
    hub.subscribe("topic=studio.other", lambda event: "never")
    assert results(hub) == ["first", None, "after none", "late"]


def test_a_stopped_event_goes_no_further(hub: EventHub) -> None:
    def stop(event: Event) -> str:
        event.stop()
        return "stopped"

    hub.subscribe("topic=studio.test", stop, priority=10)
    hub.subscribe("topic=studio.test", lambda event: "never")
    assert results(hub) == ["stopped"]


def test_a_handler_that_raises_harms_no_other(hub: EventHub, caplog: pytest.LogCaptureFixture) -> None:
    def fail(event: Event) -> None:
        raise RuntimeError("a broken {handler}")

    hub.subscribe("topic=studio.test", fail, priority=1)
    hub.subscribe("topic=studio.test", lambda event: "fine")
    with caplog.at_level(logging.ERROR, "ftrack_typed.events"):
        assert results(hub) == ["fine"]
    assert "a broken {handler}" in caplog.text


def test_a_target_chooses_among_subscribers(hub: EventHub, caplog: pytest.LogCaptureFixture) -> None:
    hub.subscribe("topic=studio.test", lambda event: "a", {"id": "a", "team": "fx"})
    hub.subscribe("topic=studio.test", lambda event: "b", {"id": "b", "team": "light"})
    assert results(hub, target="team=fx") == ["a"]
    assert results(hub, target="id=b or id=a") == ["a", "b"]
    assert results(hub, target="team=") == []
    assert "target can't be read" in caplog.text


def test_subscribers_have_ids(hub: EventHub) -> None:
    metadata = {"team": "fx"}
    identifier = hub.subscribe("topic=studio.test", print, metadata)
    assert metadata == {"team": "fx"}
    subscriber = hub.get_subscriber_by_identifier(identifier)
    assert subscriber is not None
    assert subscriber.metadata == {"team": "fx", "id": identifier}
    assert hub.subscribe("topic=studio.test", print, {"id": "mine"}) == "mine"
    with pytest.raises(NotUniqueError, match="'mine'"):
        hub.subscribe("topic=studio.test", print, {"id": "mine"})
    hub.unsubscribe("mine")
    with pytest.raises(NotFoundError, match="'mine'"):
        hub.unsubscribe("mine")
    assert hub.get_subscriber_by_identifier("mine") is None


def test_a_subscription_that_makes_no_sense_is_refused(hub: EventHub) -> None:
    with pytest.raises(ParseError):
        hub.subscribe("topic=", print)


def test_subscriptions_for_a_block(hub: EventHub) -> None:
    with hub.subscription("topic=studio.test", lambda event: "inside"):
        assert results(hub) == ["inside"]
    assert results(hub) == []


def test_functions_subscribe_by_decoration(hub: EventHub) -> None:
    @hub.on("topic=studio.test")
    def handler(event: Event) -> str:
        return event.topic

    assert results(hub) == ["studio.test"]
    assert handler(Event("studio.other")) == "studio.other"
