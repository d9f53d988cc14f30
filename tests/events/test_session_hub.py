"""The event hub of a session: when it is made, connected and closed."""

from __future__ import annotations

import gc
import logging
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.events.conftest import SECONDS, Heard, MakeHub, handle_until

from ftrack_local import LocalServer
from ftrack_typed import Session
from ftrack_typed.errors import ConfigurationTypeError, ConnectionClosedError, EventHubConnectionError
from ftrack_typed.events import Event, HubState, PublicationState

OpenSession = Callable[..., Session]


@pytest.fixture
def open_session(site: LocalServer, tmp_path: Path) -> Iterator[OpenSession]:
    opened: list[weakref.ref[Session]] = []

    def open_one(**options: Any) -> Session:
        options.setdefault("schema_cache_path", tmp_path)
        session = Session(site.url, site.api_key, site.api_user, **options)
        opened.append(weakref.ref(session))
        return session

    yield open_one
    for reference in opened:
        session = reference()
        if session is not None:
            session.close()


def test_events_are_not_even_imported_before_they_are_needed(site: LocalServer) -> None:
    program = f"""
import sys
from ftrack_typed import Session
with Session({site.url!r}, {site.api_key!r}, {site.api_user!r}, schema_cache_path=False) as session:
    session.query("Task").first()
    print([name for name in sys.modules if name.startswith("ftrack_typed.events") or name == "websocket"])
    session.event_hub
    print("ftrack_typed.events" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", timeout=60, check=True
    )
    assert done.stdout.split("\n")[:2] == ["[]", "True"]


def test_it_connects_when_something_needs_the_server(open_session: OpenSession) -> None:
    session = open_session()
    hub = session.event_hub
    assert hub is session.event_hub
    heard = Heard()
    hub.subscribe("topic=studio.test", heard)
    hub.publish(Event("studio.test"), synchronous=True)
    assert hub.state is HubState.OFFLINE
    assert len(heard) == 1
    assert hub.publish(Event("studio.test")).wait(SECONDS) is PublicationState.SENT
    assert hub.connected
    handle_until(hub, lambda: len(heard) == 2)


def test_waiting_needs_the_server_too(open_session: OpenSession) -> None:
    hub = open_session().event_hub
    connected = Heard()
    hub.subscribe("topic=ftrack.meta.connected", connected)
    handle_until(hub, lambda: connected)


def test_it_stays_disconnected_once_told_so(open_session: OpenSession) -> None:
    hub = open_session().event_hub
    hub.connect(SECONDS)
    hub.disconnect()
    with pytest.raises(EventHubConnectionError):
        hub.publish(Event("studio.test"))
    hub.connect(SECONDS)
    assert hub.connected


def test_it_may_connect_at_the_start(open_session: OpenSession) -> None:
    hub = open_session(auto_connect_event_hub=True).event_hub
    assert hub.state in (HubState.CONNECTING, HubState.CONNECTED)
    assert hub.flush(SECONDS)


def test_it_may_connect_by_hand_only(open_session: OpenSession) -> None:
    hub = open_session(auto_connect_event_hub=False).event_hub
    with pytest.raises(EventHubConnectionError):
        hub.publish(Event("studio.test"))
    with pytest.raises(EventHubConnectionError):
        hub.wait(0)
    hub.connect(SECONDS)
    assert hub.publish(Event("studio.test")).wait(SECONDS) is PublicationState.SENT


def test_anything_else_is_refused(open_session: OpenSession) -> None:
    with pytest.raises(ConfigurationTypeError, match="auto_connect_event_hub"):
        open_session(auto_connect_event_hub="sometimes")


def test_it_is_closed_with_the_session(open_session: OpenSession) -> None:
    session, never = open_session(auto_connect_event_hub=True), open_session()
    hub = session.event_hub
    publication = hub.publish(Event("studio.test"))
    session.close()
    assert publication.state is PublicationState.SENT
    assert session.event_hub.state is HubState.CLOSED
    assert [thread for thread in threading.enumerate() if thread.name == "ftrack-events"] == []
    never.close()
    with pytest.raises(ConnectionClosedError):
        never.event_hub  # noqa: B018


def test_forked_sessions_have_hubs_of_their_own(open_session: OpenSession) -> None:
    session = open_session()
    fork = session.fork()
    heard = Heard()
    session.event_hub.subscribe("topic=studio.test", heard)
    fork.event_hub.publish(Event("studio.test"), synchronous=True)
    assert heard == []
    assert fork.event_hub.id != session.event_hub.id
    session.event_hub.connect(SECONDS)
    fork.event_hub.connect(SECONDS)
    fork.close()
    assert session.event_hub.connected


def test_a_session_nobody_holds_is_collected_with_its_hub(open_session: OpenSession) -> None:
    class Plugin:
        """Holds the session, and is held by its hub."""

        def __init__(self, session: Session) -> None:
            self.session = session
            session.event_hub.subscribe("topic=studio.test", self.handle)

        def handle(self, event: Event) -> None: ...

    session = open_session()
    Plugin(session)
    session.event_hub.connect(SECONDS)
    [thread] = [thread for thread in threading.enumerate() if thread.name == "ftrack-events"]
    reference = weakref.ref(session)
    del session
    for _ in range(200):
        gc.collect()
        thread.join(0.05)
        if not thread.is_alive():
            break
    assert reference() is None
    assert not thread.is_alive()


def test_what_is_published_last_arrives_before_the_program_ends(make_hub: MakeHub, site: LocalServer) -> None:
    listener = make_hub()
    heard = Heard()
    listener.subscribe("topic=studio.test", heard)
    assert listener.flush()
    program = f"""
from ftrack_typed import Session
from ftrack_typed.events import Event
session = Session({site.url!r}, {site.api_key!r}, {site.api_user!r}, schema_cache_path=False)
session.event_hub.publish(Event("studio.test", data="the end"))
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    handle_until(listener, lambda: heard)
    assert heard.data == ["the end"]


def test_headers_and_cookies_of_the_session_are_those_of_its_hub(
    open_session: OpenSession, caplog: pytest.LogCaptureFixture, site: LocalServer
) -> None:
    with caplog.at_level(logging.DEBUG):
        session = open_session(headers={"X-Studio": "north"}, cookies={"gate": "open"})
        session.event_hub.connect(SECONDS)
    hub = session.event_hub
    assert (hub._endpoint.headers, hub._endpoint.cookies) == ({"X-Studio": "north"}, {"gate": "open"})
    # Neither what connects nor what it connects with writes the key down.
    assert site.api_key not in caplog.text
