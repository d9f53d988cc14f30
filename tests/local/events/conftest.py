"""A bare socket.io 0.9 client, which knows only how packets are framed."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
import websocket

from ftrack_local import LocalServer


class HubClient:
    """One connection to the event server; heartbeats are answered while it receives."""

    def __init__(self, server: LocalServer, *, receive_buffer: int | None = None) -> None:
        self.server = server
        answer = requests.get(
            f"{server.url}/socket.io/1/",
            headers={"ftrack-user": server.api_user, "ftrack-api-key": server.api_key},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        sid = answer.text.split(":")[0]
        options = [] if receive_buffer is None else [(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)]
        self.socket = websocket.create_connection(
            f"{server.url.replace('http', 'ws')}/socket.io/1/websocket/{sid}",
            timeout=20,
            sockopt=options,
        )
        self.heartbeats = 0
        self._packets = 0
        assert self.socket.recv() == "1::"

    def send(self, frame: str) -> None:
        """Send a text frame."""
        self.socket.send(frame)

    def receive(self) -> str:
        """Return the next packet that is no heartbeat; empty when the server has closed the connection."""
        while True:
            frame = self.socket.recv()
            assert isinstance(frame, str)
            if frame != "2::":
                return frame
            self.heartbeats += 1
            self.send("2:::")

    def emit(self, event: dict[str, Any]) -> dict[str, Any]:
        """Send an event and return its acknowledgement; events that come first are kept for :meth:`event`."""
        self._packets += 1
        packet = {"name": "ftrack.event", "args": [event]}
        self.send(f"5:{self._packets}+::{json.dumps(packet)}")
        while True:
            frame = self.receive()
            if frame.startswith("6:::"):
                number, _, arguments = frame.removeprefix("6:::").partition("+")
                assert int(number) == self._packets
                loaded = json.loads(arguments)
                assert len(loaded) == 1
                answer: dict[str, Any] = loaded[0]
                return answer
            self._kept.append(_event(frame))

    def publish(self, topic: str, **more: Any) -> dict[str, Any]:
        """Publish an event and return its acknowledgement."""
        return self.emit({"topic": topic, "data": {}, "source": {"id": "here"}, **more})

    def subscribe(self, subscription: str, identifier: str = "s-1", **metadata: Any) -> dict[str, Any]:
        """Subscribe and return the acknowledgement."""
        subscriber = {"id": identifier, **metadata}
        return self.publish(
            "ftrack.meta.subscribe", data={"subscriber": subscriber, "subscription": subscription}
        )

    def event(self) -> dict[str, Any]:
        """Return the next event."""
        if self._kept:
            return self._kept.pop(0)
        return _event(self.receive())

    def events_until_marker(self) -> list[dict[str, Any]]:
        """Return the events received up to one this client sends itself; nothing can come out of order."""
        self.subscribe("topic=test.marker", "marker")
        self.publish("test.marker")
        found: list[dict[str, Any]] = []
        while True:
            event = self.event()
            if event["topic"] == "test.marker":
                self.publish("ftrack.meta.unsubscribe", data={"subscriber": {"id": "marker"}})
                return found
            found.append(event)

    def close(self) -> None:
        """Close the connection."""
        self.socket.shutdown()  # type: ignore[no-untyped-call]

    @property
    def _kept(self) -> list[dict[str, Any]]:
        kept: list[dict[str, Any]] = self.__dict__.setdefault("kept", [])
        return kept


def _event(frame: str) -> dict[str, Any]:
    assert frame.startswith("5:::"), frame
    packet = json.loads(frame.removeprefix("5:::"))
    assert packet["name"] == "ftrack.event"
    assert len(packet["args"]) == 1
    event: dict[str, Any] = packet["args"][0]
    assert set(event) == {"id", "topic", "data", "target", "source", "sent", "inReplyToEvent"}
    return event


Join = Callable[..., HubClient]


@pytest.fixture
def join() -> Iterator[Join]:
    """Connect clients that are closed at the end of the test."""
    opened: list[HubClient] = []

    def connect(server: LocalServer, **options: Any) -> HubClient:
        client = HubClient(server, **options)
        opened.append(client)
        return client

    yield connect
    for client in opened:
        client.close()
