"""The event hub against a local server: connecting, publishing, replies, waiting."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from tests.events.conftest import SECONDS, Heard, MakeHub, handle_until
from tests.runtime.conftest import Loopback

from ftrack_local import LocalServer
from ftrack_local.testing import Html, ResetSocket, Status
from ftrack_typed.errors import (
    ConfigurationValueError,
    EventHubConnectionError,
    EventHubError,
    NotFoundError,
    PublicationError,
    UnencodableValueError,
)
from ftrack_typed.events import Event, EventHub, HubOptions, HubState, PublicationState, Subscriber

SENT = PublicationState.SENT


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    server = Loopback()
    yield server
    server.close()


# -- making one ------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["studio.example", "//studio.example", "https://", "https://:99999"])
def test_urls_have_a_scheme_and_a_host(url: str) -> None:
    with pytest.raises(ValueError, match="server URL"):
        EventHub(url, "ada", "k3y")


def test_headers_and_cookies_are_mappings() -> None:
    wrong: Any = ["a", "b"]
    with pytest.raises(TypeError, match="headers"):
        EventHub("http://studio.example", "ada", "k3y", headers=wrong)
    with pytest.raises(TypeError, match="cookies"):
        EventHub("http://studio.example", "ada", "k3y", cookies=wrong)


@pytest.mark.parametrize(
    ("url", "server", "location", "shown", "secure"),
    [
        (
            "http://studio.example",
            ("http", "studio.example", None),
            "studio.example",
            "http://studio.example",
            False,
        ),
        (
            "https://studio.example:8443/deep/path",
            ("https", "studio.example", 8443),
            "studio.example:8443",
            "https://studio.example:8443",
            True,
        ),
        ("http://[::1]:80/", ("http", "::1", 80), "[::1]:80", "http://[::1]:80", False),
    ],
)
def test_where_the_server_is(
    url: str, server: tuple[str, str, int | None], location: str, shown: str, secure: bool
) -> None:
    hub = EventHub(url, "ada", "k3y")
    assert hub.server == server
    assert (hub.server.scheme, hub.server.hostname, hub.server.port) == server
    assert hub.get_network_location() == location
    assert hub.get_server_url() == shown
    assert hub.secure is secure
    assert (hub.state, hub.connected) == (HubState.OFFLINE, False)
    assert hub.id != EventHub(url, "ada", "k3y").id
    assert "k3y" not in repr(hub) + repr(vars(hub))


@pytest.mark.parametrize(
    "options", [{"timeout": 0}, {"silence": -1}, {"first_delay": -1}, {"inbox_limit": 0}, {"attempts": 0}]
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationValueError, match=next(iter(options))):
        HubOptions(**options)


# -- connecting ------------------------------------------------------------------------------------


def test_the_handshake_carries_credentials_headers_and_cookies(loopback: Loopback) -> None:
    loopback.raw(b"s1d:15:60:websocket", headers={"Set-Cookie": "node=7; Path=/"})
    hub = EventHub(
        loopback.url,
        "ada",
        "k3y",
        headers={"X-Studio": "north"},
        cookies={"gate": "open"},
        options=HubOptions(),
    )
    with pytest.raises(EventHubConnectionError, match="No websocket") as caught:
        hub.connect(SECONDS)
    handshake, upgrade = loopback.received
    assert handshake.path == "/socket.io/1/"
    assert (handshake.headers["ftrack-user"], handshake.headers["ftrack-api-key"]) == ("ada", "k3y")
    assert (handshake.headers["X-Studio"], handshake.headers["Cookie"]) == ("north", "gate=open")
    # The id is the credential of the websocket; what the handshake set leads to the same machine.
    assert upgrade.path == "/socket.io/1/websocket/s1d"
    assert upgrade.headers["X-Studio"] == "north"
    assert upgrade.headers["Cookie"] == "gate=open; node=7"
    assert "ftrack-api-key" not in upgrade.headers
    assert "k3y" not in str(caught.value)
    assert "s1d" not in str(caught.value)
    assert hub.state is HubState.OFFLINE


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"s1d:15:60:xhr-polling,jsonp", 200, "offers no websocket"),
        (b"<html>Sign in</html>", 200, "is no event server"),
        (b"", 200, "is no event server"),
        (b"no", 403, r"status 403.*key right"),
        (b"away", 302, "status 302"),
    ],
)
def test_a_handshake_that_fails_says_why(loopback: Loopback, body: bytes, status: int, message: str) -> None:
    loopback.raw(body, status=status)
    hub = EventHub(loopback.url, "ada", "k3y")
    with pytest.raises(EventHubConnectionError, match=message) as caught:
        hub.connect(SECONDS)
    assert "k3y" not in str(caught.value)
    assert hub.statistics.failures == 1


def test_a_server_that_is_not_there_is_named(make_hub: MakeHub) -> None:
    hub = make_hub(connect=False, url="http://127.0.0.1:9", timeout=5)
    with pytest.raises(EventHubConnectionError, match="can't be reached") as caught:
        hub.connect()
    assert caught.value.__cause__ is not None
    assert getattr(caught.value.__cause__, "request", None) is None


def test_attempts_that_end_at_once_are_noticed(make_hub: MakeHub, site: LocalServer) -> None:
    """The thread may be done before the caller begins to wait."""
    refused = make_hub(connect=False, url="http://127.0.0.1:9")
    hub = make_hub()
    for _ in range(40):
        with pytest.raises(EventHubConnectionError, match="can't be reached"):
            refused.connect(SECONDS)
        hub.reconnect()
        hub.disconnect()
        hub.connect(SECONDS)
    assert hub.statistics.connects == 81


def test_connecting_twice_and_disconnecting_never_connected_are_mistakes(make_hub: MakeHub) -> None:
    hub = make_hub()
    assert hub.connected
    with pytest.raises(EventHubConnectionError, match="connected already"):
        hub.connect()
    hub.disconnect()
    assert hub.state is HubState.OFFLINE
    with pytest.raises(EventHubConnectionError, match="not connected"):
        hub.disconnect()
    hub.connect()
    assert hub.connected


def test_a_closed_hub_stays_closed(make_hub: MakeHub) -> None:
    hub = make_hub()
    hub.close()
    hub.close()
    assert hub.state is HubState.CLOSED
    for misuse in (
        hub.connect,
        hub.init_connection,
        hub.disconnect,
        hub.wait,
        lambda: hub.publish(Event("studio.test")),
    ):
        with pytest.raises(EventHubConnectionError):
            misuse()


def test_states_are_told(make_hub: MakeHub) -> None:
    hub = make_hub(connect=False)
    states: list[HubState] = []
    undo = hub.on_state(states.append)
    hub.on_state(lambda state: 1 / 0)
    hub.connect()
    assert states == [HubState.CONNECTING, HubState.CONNECTED]
    undo()
    undo()
    hub.disconnect()
    assert len(states) == 2


def test_the_thread_of_the_hub_waits_for_nobody(make_hub: MakeHub) -> None:
    hub = make_hub(connect=False)
    outcomes: list[object] = []

    def react(state: HubState) -> None:
        if state is HubState.CONNECTED:
            with pytest.raises(EventHubConnectionError, match="its own thread"):
                hub.flush()
            hub.disconnect()
        outcomes.append(state)

    hub.on_state(react)
    hub.init_connection()
    hub.wait()
    assert outcomes == [HubState.CONNECTING, HubState.OFFLINE, HubState.CONNECTED]


def test_disconnecting_keeps_or_forgets_subscribers(make_hub: MakeHub) -> None:
    hub = make_hub()
    heard = Heard()
    identifier = hub.subscribe("topic=studio.test", heard)
    hub.disconnect(unsubscribe=False)
    assert hub.get_subscriber_by_identifier(identifier) is not None
    hub.connect()
    hub.publish(Event("studio.test"))
    handle_until(hub, lambda: heard)
    hub.disconnect()
    assert hub.subscribers() == []
    with pytest.raises(NotFoundError):
        hub.unsubscribe(identifier)


def test_what_is_published_between_two_connections_is_queued(make_hub: MakeHub) -> None:
    hub, other = make_hub(), make_hub()
    heard = Heard()
    other.subscribe("topic=studio.test", heard)
    assert other.flush()
    hub.disconnect(reconnect=True)
    assert hub.state is HubState.WAITING
    publication = hub.publish(Event("studio.test"))
    assert publication.wait(0) is PublicationState.QUEUED
    hub.reconnect()
    assert publication.wait(SECONDS) is SENT
    handle_until(other, lambda: heard)


def test_reconnecting_tries_as_often_as_told(make_hub: MakeHub, site: LocalServer) -> None:
    hub = make_hub()
    disabled, handlers, level = logging.root.manager.disable, list(logging.root.handlers), logging.root.level
    refusal = site.faults.add(Status(503), path="/socket.io/1/*", times=100)
    with pytest.raises(EventHubConnectionError, match=rf"{hub.get_server_url()} after 3 attempts: .*503"):
        hub.reconnect(attempts=3, delay=0)
    assert refusal.hits == 3
    site.faults.clear()
    hub.reconnect(attempts=3, delay=0)
    assert hub.connected
    hub.reconnect()
    assert hub.connected
    assert (logging.root.manager.disable, logging.root.handlers, logging.root.level) == (
        disabled,
        handlers,
        level,
    )


def test_connecting_in_the_background_never_gives_up(make_hub: MakeHub, site: LocalServer) -> None:
    refusal = site.faults.add(Status(503), path="/socket.io/1/*", times=4)
    page = site.faults.add(Html(), path="/socket.io/1/*", times=2)
    hub = make_hub(connect=False)
    hub.init_connection()
    hub.init_connection()
    publication = hub.publish(Event("studio.test"))
    assert publication.wait(SECONDS) is SENT
    assert refusal.consumed
    assert page.consumed
    assert (hub.statistics.failures, hub.statistics.connects) == (6, 1)


def test_a_hub_may_give_up_where_that_is_wanted(make_hub: MakeHub, site: LocalServer) -> None:
    hub = make_hub(attempts=2)
    gone = Heard()
    hub.subscribe("topic=ftrack.meta.disconnected", gone)
    hub.subscribe("topic=studio.test", print)
    assert hub.flush()
    site.faults.add(ResetSocket())
    site.faults.add(Status(503), path="/socket.io/1/*", times=2)
    publication = hub.publish(Event("studio.test"))
    hub.wait()
    assert gone.topics == ["ftrack.meta.disconnected"]
    assert hub.state is HubState.OFFLINE
    assert publication.wait(SECONDS) is PublicationState.DROPPED


def test_waiting_for_a_connection_is_bounded(make_hub: MakeHub, loopback: Loopback) -> None:
    loopback.raw(stall=True)
    hub = make_hub(connect=False, url=loopback.url)
    with pytest.raises(EventHubConnectionError, match=r"no connection .* after 0\.05 s"):
        hub.connect(timeout=0.05)
    loopback.over.set()


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


# -- waiting ---------------------------------------------------------------------------------------


def test_waiting_ends_with_its_time(make_hub: MakeHub) -> None:
    hub = make_hub()
    heard = Heard()
    hub.subscribe("topic=studio.test", heard)
    hub.wait(0)
    hub.publish(Event("studio.test"))
    assert hub.flush()
    hub.wait(0.01)
    hub.wait(duration=0)
    assert hub.statistics.handled <= 1


def test_waiting_for_no_time_handles_what_is_there(make_hub: MakeHub) -> None:
    hub = make_hub()
    heard = Heard()

    def publish_another(event: Event) -> None:
        heard(event)
        assert hub.publish(Event("studio.test")).wait(SECONDS) is SENT

    hub.subscribe("topic=studio.test", publish_another)
    for _ in range(3):
        assert hub.publish(Event("studio.test")).wait(SECONDS) is SENT
    hub.wait(0)
    assert len(heard) == 3


def test_waiting_needs_a_connection_or_one_on_its_way(make_hub: MakeHub) -> None:
    with pytest.raises(EventHubConnectionError, match="nothing to wait for"):
        make_hub(connect=False).wait(0)


@pytest.mark.parametrize("how", ["disconnect", "close"])
def test_waiting_ends_with_the_connection(make_hub: MakeHub, how: str) -> None:
    hub = make_hub()
    left = threading.Event()

    def listen() -> None:
        hub.wait()
        left.set()

    thread = threading.Thread(target=listen)
    thread.start()
    getattr(hub, how)()
    assert left.wait(SECONDS)
    thread.join(SECONDS)


def test_a_handler_may_end_the_wait(make_hub: MakeHub) -> None:
    hub = make_hub()
    hub.subscribe("topic=studio.test", lambda event: hub.disconnect())
    for _ in range(3):
        hub.publish(Event("studio.test"))
    hub.wait()
    assert hub.state is HubState.OFFLINE


def test_an_interrupt_ends_the_wait_and_the_hub_goes_on(make_hub: MakeHub) -> None:
    hub = make_hub()
    heard = Heard()

    def interrupt(event: Event) -> None:
        heard(event)
        if len(heard) == 1:
            raise KeyboardInterrupt

    hub.subscribe("topic=studio.test", interrupt)
    for number in range(2):
        hub.publish(Event("studio.test", data=number))
    with pytest.raises(KeyboardInterrupt):
        hub.wait()
    handle_until(hub, lambda: len(heard) == 2)
    assert heard.data == [0, 1]


def test_several_threads_may_wait(make_hub: MakeHub) -> None:
    hub = make_hub()
    both, handled = threading.Barrier(2), threading.Semaphore(0)

    def handle(event: Event) -> None:
        both.wait(SECONDS)
        handled.release()

    hub.subscribe("topic=studio.test", handle)
    threads = [threading.Thread(target=hub.wait) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(2):
        hub.publish(Event("studio.test"))
    for _ in range(2):
        assert handled.acquire(timeout=SECONDS)
    hub.disconnect()
    for thread in threads:
        thread.join(SECONDS)


def test_what_a_handler_gets_is_seen_in_numbers(make_hub: MakeHub) -> None:
    hub = make_hub()
    hub.subscribe("topic=studio.test", lambda event: 1 / 0)
    hub.publish(Event("studio.test"))
    handle_until(hub, lambda: hub.statistics.handled)
    statistics = hub.statistics
    assert (statistics.received, statistics.handled, statistics.handler_errors) == (1, 1, 1)
    assert (statistics.published, statistics.acknowledged, statistics.connects) == (1, 1, 1)
    assert (statistics.waiting, statistics.queued, statistics.internal_errors) == (0, 0, 0)
    assert statistics.last_packet_age is not None


def test_handling_can_be_done_by_others(make_hub: MakeHub) -> None:
    hub = make_hub()
    hub.subscribe("topic=studio.test", lambda event: event.data, {"id": "a"})
    hub.subscribe("topic=studio.test", lambda event: 1 / 0, {"id": "b"})
    event = Event("studio.test", data="x", source={"id": hub.id})
    assert [subscriber.id for subscriber in hub.subscribers_for(event)] == ["a", "b"]
    handling = hub.handle(event)
    assert handling.results == ["x"]
    [(subscriber, error)] = handling.errors
    assert isinstance(subscriber, Subscriber)
    assert isinstance(error, ZeroDivisionError)
