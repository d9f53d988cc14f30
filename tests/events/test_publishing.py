"""The event hub against a local server: subscribers, what is published, replies."""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import Any

import pytest
from tests.events.conftest import SECONDS, Heard, MakeHub, handle_until

from ftrack_local import LocalServer
from ftrack_local.testing import Status
from ftrack_typed.errors import (
    ConfigurationValueError,
    EventHubConnectionError,
    EventHubError,
    PublicationError,
    UnencodableValueError,
)
from ftrack_typed.events import Event, EventHub, PublicationState

SENT = PublicationState.SENT


# -- subscribers -----------------------------------------------------------------------------------


def test_each_subscriber_is_announced_once(make_hub: MakeHub, caplog: pytest.LogCaptureFixture) -> None:
    hub = make_hub(connect=False)
    hub.subscribe("topic=studio.test", print, {"id": "before"})
    hub.init_connection()
    hub.subscribe("topic=studio.test", print, {"id": "meanwhile"})
    hub.connect()
    hub.subscribe("topic=studio.test", print, {"id": "after"})
    assert hub.flush()
    hub.reconnect()
    assert hub.flush()
    # The server refuses subscribers it knows, and that is logged.
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_a_refusal_of_the_server_is_told(make_hub: MakeHub, caplog: pytest.LogCaptureFixture) -> None:
    hub = make_hub()
    hub.subscribe("topic=studio.test", print, {"id": ""})
    assert hub.flush()
    assert "refuses ftrack.meta.subscribe" in caplog.text


def test_unsubscribing_needs_no_connection(make_hub: MakeHub) -> None:
    hub = make_hub(connect=False)
    identifier = hub.subscribe("topic=studio.test", print)
    hub.unsubscribe(identifier)
    assert hub.subscribers() == []


def test_a_subscriber_may_change_its_mind_while_connected(make_hub: MakeHub) -> None:
    hub, other = make_hub(), make_hub()
    heard = Heard()
    hub.subscribe("topic=studio.first", heard, {"id": "mine"})
    hub.unsubscribe("mine")
    hub.subscribe("topic=studio.second", heard, {"id": "mine"})
    assert hub.flush()
    other.publish(Event("studio.first"))
    other.publish(Event("studio.second"))
    handle_until(hub, lambda: heard)
    assert heard.topics == ["studio.second"]
    with hub.subscription("topic=studio.third", heard):
        assert hub.flush()
        other.publish(Event("studio.third"))
        handle_until(hub, lambda: len(heard) == 2)
    assert len(hub.subscribers()) == 1


# -- publishing ------------------------------------------------------------------------------------


def test_handlers_run_where_somebody_waits(make_hub: MakeHub) -> None:
    hub, other = make_hub(), make_hub()
    threads: list[threading.Thread] = []
    hub.subscribe("topic=studio.test", lambda event: threads.append(threading.current_thread()))
    assert hub.flush()
    assert other.publish(Event("studio.test")).wait(SECONDS) is SENT
    assert threads == []
    handle_until(hub, lambda: threads)
    assert threads == [threading.current_thread()]


def test_sources_are_completed(make_hub: MakeHub) -> None:
    hub = make_hub(connect=False)
    cases: list[tuple[dict[str, Any] | None, dict[str, Any]]] = [
        (None, {"id": hub.id, "user": {"username": hub._api_user}, "host": hub._host}),
        ({"id": "mine"}, {"id": "mine", "user": {"username": hub._api_user}, "host": hub._host}),
        ({"host": "farm-7"}, {"id": hub.id, "user": {"username": hub._api_user}, "host": "farm-7"}),
        ({"user": {}}, {"id": hub.id, "user": {"username": hub._api_user}, "host": hub._host}),
        (
            {"user": {"username": "eve", "id": "u"}, "applicationId": "x"},
            {"id": hub.id, "user": {"username": "eve", "id": "u"}, "host": hub._host, "applicationId": "x"},
        ),
    ]
    for given, expected in cases:
        before = None if given is None else {**given}
        event = Event("studio.test", source=given)
        hub.publish(event, synchronous=True)
        assert event.source == expected
        assert given == before


def test_publishing_synchronously_tells_no_server(make_hub: MakeHub) -> None:
    hub, other = make_hub(), make_hub()
    heard = Heard()
    other.subscribe("topic=studio.test", heard)
    assert other.flush()
    hub.subscribe("topic=studio.test", lambda event: "here")
    assert hub.publish(Event("studio.test"), synchronous=True) == ["here"]
    other.publish(Event("studio.test", data="the only one"))
    handle_until(other, lambda: heard)
    assert heard.data == ["the only one"]


def test_publishing_needs_a_connection_or_one_on_its_way(
    make_hub: MakeHub, caplog: pytest.LogCaptureFixture
) -> None:
    hub = make_hub(connect=False)
    event = Event("studio.test")
    with pytest.raises(EventHubConnectionError, match=r"call connect\(\) first"):
        hub.publish(event)
    publication = hub.publish(event, on_error="ignore")
    assert publication.state is PublicationState.DROPPED
    assert f"Error sending event {event}" in caplog.text
    wrong: Any = "shrug"
    with pytest.raises(ConfigurationValueError, match="on_error"):
        hub.publish(event, on_error=wrong)


def test_events_that_json_cannot_hold_are_refused(make_hub: MakeHub) -> None:
    hub = make_hub()
    with pytest.raises(UnencodableValueError, match=r"data\.takes"):
        hub.publish(Event("studio.test", data={"takes": object()}))
    with pytest.raises(EventHubError, match="told by each hub itself"):
        hub.publish(Event("ftrack.meta.gap"))


def test_what_is_published_is_what_it_was_at_that_time(make_hub: MakeHub) -> None:
    hub = make_hub()
    heard = Heard()
    hub.subscribe("topic=studio.test", heard)
    event = Event("studio.test", data={"name": "ä"})
    hub.publish(event)
    event["data"]["name"] = "changed"
    handle_until(hub, lambda: heard)
    assert heard.data == [{"name": "ä"}]
    assert heard[0].source["user"]["username"] == hub._api_user


def test_a_publication_tells_how_it_ended(make_hub: MakeHub) -> None:
    hub = make_hub()
    ends: list[PublicationState] = []
    publication = hub.publish(Event("studio.test"))
    publication.on_end(lambda ended: ends.append(ended.state))
    assert publication.wait(SECONDS) is SENT
    assert publication.error is None
    publication.on_end(lambda ended: ends.append(ended.state))
    publication.on_end(lambda ended: 1 / 0)
    handle_until(hub, lambda: ends == [SENT, SENT])
    refused = hub.publish(Event("studio.test", target="no such = = target"))
    assert refused.wait(SECONDS) is PublicationState.DROPPED
    assert isinstance(refused.error, PublicationError)
    assert "refused" in str(refused.error)
    assert hub.statistics.queued == 0


def test_publications_expire(make_hub: MakeHub, site: LocalServer, caplog: pytest.LogCaptureFixture) -> None:
    site.faults.add(Status(503), path="/socket.io/1/*", times=10_000)
    hub = make_hub(connect=False)
    hub.init_connection()
    publication = hub.publish(Event("studio.test"), expires=0.05)
    assert publication.wait(SECONDS) is PublicationState.EXPIRED
    assert publication.error is not None
    assert publication.error.state == "expired"
    assert "was not published" in caplog.text
    assert (hub.statistics.expired, hub.statistics.queued) == (1, 0)


def test_queues_are_bounded_and_a_drop_is_told(make_hub: MakeHub, caplog: pytest.LogCaptureFixture) -> None:
    hub = make_hub(outbox_limit=2, linger=0)
    hub.disconnect(reconnect=True)
    kept = [hub.publish(Event("studio.test")) for _ in range(2)]
    with pytest.raises(PublicationError, match="outbox_limit"):
        hub.publish(Event("studio.test"))
    assert hub.publish(Event("studio.test"), on_error="ignore").state is PublicationState.DROPPED
    hub.close()
    assert {publication.state for publication in kept} == {PublicationState.DROPPED}
    assert "2 events were not published" in caplog.text
    assert caplog.text.count("the event hub was closed") == 1


def test_many_publications_at_once_overrun_no_server(make_hub: MakeHub) -> None:
    hub = make_hub()
    heard = Heard()
    hub.subscribe("topic=studio.test", heard)
    publications = [hub.publish(Event("studio.test", data=number)) for number in range(3000)]
    assert hub.flush()
    assert {publication.state for publication in publications} == {SENT}
    handle_until(hub, lambda: len(heard) == 3000)
    assert heard.data == list(range(3000))
    assert hub.statistics.disconnects == 0


def test_closing_waits_for_what_is_published(make_hub: MakeHub) -> None:
    listener, hub = make_hub(), make_hub(connect=False)
    heard = Heard()
    listener.subscribe("topic=studio.test", heard)
    assert listener.flush()
    hub.init_connection()
    publication = hub.publish(Event("studio.test"))
    hub.close()
    assert publication.state is SENT
    handle_until(listener, lambda: heard)


# -- replies ---------------------------------------------------------------------------------------


def _handled(hub: EventHub) -> int:
    return hub.statistics.handled


def test_results_are_sent_as_replies(make_hub: MakeHub) -> None:
    hub, first, second = make_hub(), make_hub(), make_hub()
    first.subscribe("topic=studio.question", lambda event: {"from": "first"}, {"id": "a", "role": "answers"})
    first.subscribe("topic=studio.question", lambda event: None)
    second.subscribe("topic=studio.question", lambda event: {"from": "second"})
    assert first.flush()
    assert second.flush()
    replies = Heard()
    question = Event("studio.question")
    hub.publish(question, on_reply=replies)
    for other in (first, second):
        handle_until(other, partial(_handled, other))
    handle_until(hub, lambda: len(replies) == 2)
    assert sorted(reply.data["from"] for reply in replies) == ["first", "second"]
    assert {reply.in_reply_to_event for reply in replies} == {question.id}
    assert {reply.topic for reply in replies} == {"ftrack.meta.reply"}
    [of_first] = [reply for reply in replies if reply.data["from"] == "first"]
    assert of_first.source["role"] == "answers"
    metadata = first.get_subscriber_by_identifier("a")
    assert metadata is not None
    assert metadata.metadata == {"id": "a", "role": "answers"}


def test_replies_can_be_sent_by_hand(make_hub: MakeHub) -> None:
    hub, other = make_hub(), make_hub()
    asked = Heard()
    other.subscribe("topic=studio.question", asked)
    assert other.flush()
    replies = Heard()
    hub.publish(Event("studio.question"), on_reply=replies)
    handle_until(other, lambda: asked)
    other.publish_reply(asked[0], {"n": 1})
    other.publish_reply(asked[0], {"n": 2}, source={"host": "elsewhere"})
    handle_until(hub, lambda: len(replies) == 2)
    assert [reply.data for reply in replies] == [{"n": 1}, {"n": 2}]
    assert replies[1].source["host"] == "elsewhere"
    with pytest.raises(EventHubError, match="which hub published it"):
        other.publish_reply(Event("studio.question"), {})


def test_events_published_while_connecting_get_their_replies(make_hub: MakeHub) -> None:
    other, hub = make_hub(), make_hub(connect=False)
    other.subscribe("topic=studio.question", lambda event: "answer")
    assert other.flush()
    replies = Heard()
    hub.init_connection()
    hub.publish(Event("studio.question"), on_reply=replies)
    handle_until(other, lambda: other.statistics.handled)
    handle_until(hub, lambda: replies)
    assert replies.data == ["answer"]


def test_replies_are_not_waited_for_without_end(make_hub: MakeHub) -> None:
    hub = make_hub(remembered_replies=2)
    replies = Heard()
    hub.subscribe("topic=studio.question", lambda event: event.data)
    hub.publish(Event("studio.question", data="late"), on_reply=replies, reply_timeout=1e-9)
    for number in range(3):
        hub.publish(Event("studio.question", data=number), on_reply=replies)
    handle_until(hub, lambda: hub.statistics.handled == 8)
    assert replies.data == [1, 2]


def test_a_result_that_cannot_be_sent_harms_nobody(
    make_hub: MakeHub, caplog: pytest.LogCaptureFixture
) -> None:
    hub = make_hub()
    heard = Heard()
    hub.subscribe("topic=studio.test", lambda event: object(), priority=1)
    hub.subscribe("topic=studio.test", heard)
    hub.publish(Event("studio.test"))
    handle_until(hub, lambda: heard)
    assert hub.statistics.handler_errors == 1
    assert "can't be sent" in caplog.text


def test_targets_choose_among_subscribers_everywhere(make_hub: MakeHub) -> None:
    hub, other = make_hub(), make_hub()
    heard, unheard = Heard(), Heard()
    other.subscribe("topic=studio.test", heard, {"id": "x", "team": "fx"})
    other.subscribe("topic=studio.test", unheard, {"id": "y", "team": "light"})
    assert other.flush()
    hub.publish(Event("studio.test", target="team=fx"))
    handle_until(other, lambda: heard)
    assert unheard == []
