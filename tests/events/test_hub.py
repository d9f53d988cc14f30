"""The event hub against a local server: making one, and its connection."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from tests.events.conftest import SECONDS, Heard, MakeHub, handle_until
from tests.runtime.conftest import Loopback

from ftrack_local import LocalServer
from ftrack_local.testing import Html, ResetSocket, Status
from ftrack_typed.errors import ConfigurationValueError, EventHubConnectionError, NotFoundError
from ftrack_typed.events import Event, EventHub, HubOptions, HubState, PublicationState

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
