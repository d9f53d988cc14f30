"""Hubs on a local event server, and what they heard."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings

from ftrack_local import LocalServer
from ftrack_typed.events import Event, EventHub, HubOptions

# A busy machine is no failure.
settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")

SECONDS = 20.0
"""Longer than anything here takes."""

QUICK: dict[str, Any] = {"first_delay": 0.02, "longest_delay": 0.1, "linger": 2.0}
"""Settings of hubs that have no time."""


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the proxy settings of the machine out of loopback requests."""
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture(scope="module")
def event_server() -> Iterator[LocalServer]:
    """A local server; tests leave its rows alone."""
    with LocalServer(seed="empty") as server:
        yield server


@pytest.fixture
def site(event_server: LocalServer) -> Iterator[LocalServer]:
    """The same server, without the faults of other tests."""
    event_server.faults.clear()
    event_server.requests.clear()
    yield event_server
    event_server.faults.clear()


MakeHub = Callable[..., EventHub]


@pytest.fixture
def make_hub(site: LocalServer) -> Iterator[MakeHub]:
    """Makes hubs that are closed after the test; connected ones unless told otherwise. No thread of theirs is left."""
    made: list[EventHub] = []

    def make(*, connect: bool = True, url: str | None = None, **options: Any) -> EventHub:
        hub = EventHub(
            url or site.url, site.api_user, site.api_key, options=HubOptions(**{**QUICK, **options})
        )
        made.append(hub)
        if connect:
            hub.connect(SECONDS)
        return hub

    yield make
    for hub in made:
        hub.close()
    assert [thread.name for thread in threading.enumerate() if thread.name == "ftrack-events"] == []


def handle_until(hub: EventHub, condition: Callable[[], object]) -> None:
    """Handle what comes until something is the case."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it never came to be"
        hub.wait(0.02)


class Heard(list[Event]):
    """Events a subscriber was called with."""

    def __call__(self, event: Event) -> None:
        self.append(event)

    @property
    def data(self) -> list[Any]:
        """What they had to say."""
        return [event.data for event in self]

    @property
    def topics(self) -> list[str]:
        """What they were about."""
        return [event.topic for event in self]
