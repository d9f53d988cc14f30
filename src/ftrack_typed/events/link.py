"""What is said on one connection: subscriptions, events, confirmations and signs of life."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

from ftrack_typed.errors import EventHubConnectionError, EventHubPacketError
from ftrack_typed.events import packets
from ftrack_typed.events.connection import Connection
from ftrack_typed.events.event import Event
from ftrack_typed.events.local import LOCAL, SUBSCRIBE, UNSUBSCRIBE, Gap, moment
from ftrack_typed.events.outbox import Outbox, Publication
from ftrack_typed.events.packets import Packet
from ftrack_typed.events.registry import Registry
from ftrack_typed.events.statistics import Counters
from ftrack_typed.events.subscriber import Subscriber

_logger = logging.getLogger("ftrack_typed.events")

_MOST_UNCONFIRMED = 100
"""Publications sent ahead of their confirmation: more than that, and what the server answers, or sends for them, could
be more than it lets wait for one client."""

_MOST_REMEMBERED = 20_000
"""Packets whose confirmation is still known what to do with."""

_Confirm = Callable[[list[Any]], object]


class Link:
    """The conversation on one connection. Used by one thread.

    Each subscriber is announced exactly once, whenever it subscribed.

    Args:
        connection: The connection.
        registry: The subscribers the server is to know of.
        outbox: What is to be published.
        counters: Where packets are counted.
    """

    def __init__(
        self, connection: Connection, registry: Registry, outbox: Outbox, counters: Counters
    ) -> None:
        self._connection = connection
        self._registry = registry
        self._outbox = outbox
        self._counters = counters
        self._number = 0
        self._unconfirmed: dict[int, _Confirm] = {}
        self._announcing: set[int] = set()
        self._announced: dict[str, Subscriber] = {}
        self._version = -1
        self._since = moment()

    @property
    def settled(self) -> bool:
        """Whether the server has confirmed all subscribers there are."""
        return not self._announcing and self._version == self._registry.version

    def speak(self) -> None:
        """Say what there is to say: changes of subscribers, then publications.

        Raises:
            EventHubConnectionError: when the connection is gone.
        """
        while True:
            publication = self._outbox.take() if self._outbox.unconfirmed < _MOST_UNCONFIRMED else None
            # Whoever subscribed before publishing is told of to the server first, so this comes after taking.
            self._announce()
            if publication is None:
                return
            self._send(publication.text, partial(self._confirm, publication))

    def beat(self) -> None:
        """Give a sign of life."""
        self._connection.send(packets.BEAT)

    def listen(self, since: str) -> list[Event]:
        """Read one frame and return the events in it; a gap marker stands for what can't be read.

        Args:
            since: When what is in it can have been sent at the earliest, in UTC as ISO 8601.

        Raises:
            EventHubConnectionError: when the connection is gone, or the server says so.
        """
        self._since = since
        frame = self._connection.receive()
        if frame is None:
            return []
        try:
            packet = packets.decode(frame)
        except EventHubPacketError as error:
            return [self._unreadable(error)]
        if packet.code == packets.EVENT:
            return self._events(packet)
        if packet.code == packets.ACKNOWLEDGEMENT:
            self._confirmed(packet)
        elif packet.code == packets.HEARTBEAT:
            self.beat()
        elif packet.code == packets.DISCONNECT:
            raise EventHubConnectionError("The event server is going away.")
        elif packet.code == packets.ERROR:
            self._counters.add("unknown_packets")
            _logger.warning("The event server reports an error: %s", packet.data[:500])
        elif packet.code not in (packets.CONNECT, packets.NOOP):
            self._counters.add("unknown_packets")
            _logger.info("A packet of kind %s was left out.", packet.code[:20])
        return []

    def _events(self, packet: Packet) -> list[Event]:
        if packet.id:
            self._connection.send(packets.acknowledgement_frame(packet))
        try:
            found = packets.arguments(packet)
        except EventHubPacketError as error:
            return [self._unreadable(error)]
        if found is None:
            self._counters.add("unknown_packets")
            return []
        return [event for event in map(self._event, found) if event is not None]

    def _event(self, document: Any) -> Event | None:
        try:
            event = Event.from_wire(document)
        except EventHubPacketError as error:
            return self._unreadable(error)
        if event.topic in LOCAL:
            self._counters.add("unknown_packets")
            _logger.warning("%r was left out: a hub tells such events itself.", event)
            return None
        if event.extra:
            self._counters.add("unknown_keys")
        return event

    def _unreadable(self, error: EventHubPacketError) -> Event:
        self._counters.add("bad_packets")
        _logger.warning("A packet of the event server was left out: %s", error)
        return Gap.now("a packet could not be read", since=self._since).event()

    def _announce(self) -> None:
        version = self._registry.version
        if version == self._version:
            return
        known = {subscriber.id: subscriber for subscriber in self._registry.all()}
        for identifier, subscriber in list(self._announced.items()):
            if known.get(identifier) is not subscriber:
                del self._announced[identifier]
                self._tell(UNSUBSCRIBE, {"subscriber": {"id": identifier}}, subscriber)
        for identifier, subscriber in known.items():
            if identifier not in self._announced:
                self._announced[identifier] = subscriber
                text = subscriber.subscription.wire_text
                self._tell(SUBSCRIBE, {"subscriber": subscriber.metadata, "subscription": text}, subscriber)
        self._version = version

    def _tell(self, topic: str, data: dict[str, Any], subscriber: Subscriber) -> None:
        try:
            text = packets.dump(Event(topic, data=data).to_wire())
        except ValueError as error:
            _logger.error("The event server can't be told of %s: %s", subscriber, error)
            return
        number = self._number + 1

        def confirm(answers: list[Any]) -> None:
            self._announcing.discard(number)
            answer = answers[0] if answers else None
            if isinstance(answer, dict) and answer.get("success") is False:
                _logger.error(
                    "The event server refuses %s of %s: %s", topic, subscriber, answer.get("message")
                )

        self._announcing.add(number)
        self._send(text, confirm)

    def _send(self, event: str, confirm: _Confirm) -> None:
        self._number += 1
        self._unconfirmed[self._number] = confirm
        if len(self._unconfirmed) > _MOST_REMEMBERED:
            del self._unconfirmed[next(iter(self._unconfirmed))]
        self._connection.send(packets.event_frame(self._number, event))

    def _confirm(self, publication: Publication, answers: list[Any]) -> None:
        answer = answers[0] if answers else {"success": True}
        taken = not isinstance(answer, dict) or bool(answer.get("success"))
        refusal = None if taken else str(answer.get("message") or "it gave no reason")
        self._outbox.confirm(publication, refusal)

    def _confirmed(self, packet: Packet) -> None:
        try:
            number, answers = packets.acknowledged(packet)
        except EventHubPacketError as error:
            self._counters.add("bad_packets")
            _logger.warning("A confirmation of the event server was left out: %s", error)
            return
        confirm = self._unconfirmed.pop(number, None)
        if confirm is not None:
            confirm(answers)
