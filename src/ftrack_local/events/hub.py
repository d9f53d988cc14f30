"""Who is connected, what they want to hear of, and passing it on.

Everything here happens on the server's event loop, but for :meth:`Hub.publish_threadsafe`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from . import packets
from .envelope import EnvelopeError, normalise
from .expressions import Expression, parse

SUBSCRIBE = "ftrack.meta.subscribe"
UNSUBSCRIBE = "ftrack.meta.unsubscribe"

MAX_SUBSCRIPTIONS = 10_000
"""Most subscriptions of one connection."""

_logger = logging.getLogger("ftrack_local.events")


@dataclass(frozen=True, slots=True)
class Subscription:
    """What one subscriber of a connection wants to hear of."""

    metadata: Mapping[str, Any]
    expression: Expression


@dataclass(slots=True, eq=False)
class Connection:
    """One client: its user, its subscriptions and what is yet to be sent to it."""

    user_id: str
    username: str
    outbox: asyncio.Queue[str | None]
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    overrun: bool = False
    """Whether the client reads too slowly and has been given up."""

    def send(self, frame: str) -> None:
        """Have a frame sent; give the connection up when too much is waiting already."""
        if self.overrun:
            return
        try:
            self.outbox.put_nowait(frame)
        except asyncio.QueueFull:
            self.overrun = True
            _logger.warning(
                "An event client of %s reads too slowly: %d packets wait. It is disconnected.",
                self.username,
                self.outbox.qsize(),
            )
            self.outbox.get_nowait()
            self.outbox.put_nowait(None)

    def wants(self, event: Mapping[str, Any], target: Expression) -> bool:
        """Whether a subscriber of this connection is meant by the event and interested in it."""
        return any(
            target.matches(subscription.metadata) and subscription.expression.matches(event)
            for subscription in self.subscriptions.values()
        )


class Hub:
    """Passes events on to every connection that wants them, once each."""

    def __init__(self, max_waiting: int = 1000) -> None:
        """`max_waiting` is how many packets may wait for one client before it is given up."""
        self._max_waiting = max_waiting
        self._connections: dict[Connection, None] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def listening(self) -> bool:
        """Whether anybody is connected; may be asked from any thread."""
        return bool(self._connections)

    def connect(self, user_id: str, username: str) -> Connection:
        """Take up a client that has just connected."""
        self._loop = asyncio.get_running_loop()
        connection = Connection(user_id, username, asyncio.Queue(self._max_waiting))
        self._connections[connection] = None
        return connection

    def disconnect(self, connection: Connection) -> None:
        """Forget a client and its subscriptions."""
        self._connections.pop(connection, None)

    def receive(self, connection: Connection, event: Any) -> None:
        """Take an event from a client: subscribe, unsubscribe, or pass it on.

        Raises:
            EnvelopeError: It cannot be passed on.
            ExpressionError: Its subscription or target cannot be understood.
        """
        envelope = normalise(event, connection.user_id, connection.username)
        if envelope["topic"] == SUBSCRIBE:
            self._subscribe(connection, envelope["data"])
        elif envelope["topic"] == UNSUBSCRIBE:
            self._unsubscribe(connection, envelope["data"])
        else:
            self.publish(envelope)

    def publish(self, envelope: dict[str, Any]) -> None:
        """Send an event to every connection that wants it, the publisher's included."""
        target = parse(envelope["target"])
        frame: str | None = None
        for connection in list(self._connections):
            if connection.wants(envelope, target):
                frame = frame or packets.event(envelope)
                connection.send(frame)

    def publish_threadsafe(self, envelope: dict[str, Any]) -> None:
        """Publish from any thread; events published by one thread keep their order."""
        loop = self._loop
        if loop is None:
            return
        try:
            loop.call_soon_threadsafe(self.publish, envelope)
        except RuntimeError:
            # The server is stopping and its loop is closed: nobody is left to tell.
            _logger.debug("An event was published after the last client had left.")

    def _subscribe(self, connection: Connection, data: Any) -> None:
        metadata = _subscriber(data)
        if metadata["id"] in connection.subscriptions:
            raise EnvelopeError(f"There is a subscriber {metadata['id']} on this connection already.")
        if len(connection.subscriptions) >= MAX_SUBSCRIPTIONS:
            raise EnvelopeError(f"A connection may have {MAX_SUBSCRIPTIONS} subscriptions at most.")
        subscription = data.get("subscription")
        if not isinstance(subscription, str):
            raise EnvelopeError("The `subscription` is an expression such as `topic=ftrack.update`.")
        connection.subscriptions[metadata["id"]] = Subscription(metadata, parse(subscription))

    def _unsubscribe(self, connection: Connection, data: Any) -> None:
        identifier = _subscriber(data)["id"]
        if connection.subscriptions.pop(identifier, None) is None:
            raise EnvelopeError(f"There is no subscriber {identifier} on this connection.")


def _subscriber(data: Any) -> Mapping[str, Any]:
    metadata = data.get("subscriber") if isinstance(data, Mapping) else None
    if not isinstance(metadata, Mapping) or not isinstance(metadata.get("id"), str) or not metadata["id"]:
        raise EnvelopeError("A subscription needs its `subscriber` as an object with an `id`.")
    return metadata
