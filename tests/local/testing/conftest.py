"""An event client that shows frames as they come."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
import requests
import websocket

from ftrack_local import LocalServer


class Listener:
    """Subscribed to everything; shows raw frames."""

    def __init__(self, server: LocalServer) -> None:
        answer = requests.get(
            f"{server.url}/socket.io/1/",
            headers={"ftrack-user": server.api_user, "ftrack-api-key": server.api_key},
            timeout=20,
        )
        sid = answer.text.split(":")[0]
        address = f"{server.url.replace('http', 'ws')}/socket.io/1/websocket/{sid}"
        self.socket = websocket.create_connection(address, timeout=20)
        assert self.socket.recv() == "1::"
        self.publish(
            "ftrack.meta.subscribe", {"subscriber": {"id": "all"}, "subscription": "topic=*"}, number="1+"
        )
        assert self.next().startswith("6:::1+")

    def publish(self, topic: str, data: object = None, *, number: str = "") -> None:
        """Send an event."""
        event = {"topic": topic, "data": data or {}, "source": {}}
        self.socket.send(f"5:{number}::{json.dumps({'name': 'ftrack.event', 'args': [event]})}")

    def next(self) -> str:
        """Return the next frame; raise :class:`ConnectionError` when the connection is gone."""
        try:
            frame = self.socket.recv()
        except websocket.WebSocketConnectionClosedException as error:
            raise ConnectionError from error
        if not frame:
            raise ConnectionError
        assert isinstance(frame, str)
        return frame


@pytest.fixture
def hear() -> Iterator[Callable[[LocalServer], Listener]]:
    """Connect listeners that are closed at the end of the test."""
    opened: list[Listener] = []

    def connect(server: LocalServer) -> Listener:
        opened.append(Listener(server))
        return opened[-1]

    yield connect
    for listener in opened:
        listener.socket.shutdown()  # type: ignore[no-untyped-call]
