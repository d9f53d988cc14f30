"""Subscribing to the events of a hub."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from ftrack_typed.events.decorating import Decorating
from ftrack_typed.events.registry import Registry
from ftrack_typed.events.subscriber import Callback, Subscriber
from ftrack_typed.events.supervisor import Supervisor


class Subscribing(Decorating):
    """What event hubs offer to those who want to hear of events."""

    id: str
    """Identity of the hub: `source` of what it publishes, and where replies to it go."""
    _registry: Registry
    _supervisor: Supervisor

    def subscribe(
        self,
        subscription: str,
        callback: Callback,
        subscriber: Mapping[str, Any] | None = None,
        priority: int = 100,
    ) -> str:
        """Have `callback` called with the events a subscription includes; no connection is needed.

        Args:
            subscription: Expression over the keys of events, such as ``"topic=ftrack.update"``.
            callback: Called with each event; what it returns, unless it is None, is sent to the publisher.
            subscriber: What a publisher's `target` is matched with. Its ``id``, else a new one, identifies
                the subscriber; the mapping itself is left as it is.
            priority: Lower ones are called first; in the order they subscribed where it is equal.

        Returns:
            The id of the subscriber, for `unsubscribe`.

        Raises:
            ParseError: when the subscription can't be read.
            SubscriberNotUniqueError: when there is a subscriber with this id.
        """
        metadata = dict(subscriber or {})
        metadata.setdefault("id", uuid.uuid4().hex)
        added = Subscriber(subscription, callback, metadata, priority)
        self._registry.add(added)
        self._supervisor.wake()
        return added.id

    def unsubscribe(self, subscriber_identifier: str) -> None:
        """Stop calling a subscriber.

        Raises:
            SubscriberNotFoundError: when there is none with this id.
        """
        self._registry.remove(subscriber_identifier)
        self._supervisor.wake()

    @contextlib.contextmanager
    def subscription(
        self,
        subscription: str,
        callback: Callback,
        subscriber: Mapping[str, Any] | None = None,
        priority: int = 100,
    ) -> Iterator[str]:
        """Subscribe for the time of a ``with`` block, which gets the id of the subscriber."""
        identifier = self.subscribe(subscription, callback, subscriber, priority)
        try:
            yield identifier
        finally:
            self.unsubscribe(identifier)

    def get_subscriber_by_identifier(self, identifier: str) -> Subscriber | None:
        """The subscriber with this id, None when there is none."""
        return self._registry.get(identifier)

    def subscribers(self) -> list[Subscriber]:
        """All subscribers, in the order they subscribed."""
        return [subscriber for subscriber in self._registry.all() if subscriber.id != self.id]

    def has_subscribers(self, topic: str) -> bool:
        """Whether anybody here may want events of a topic, depending on what else they hold."""
        return self._registry.has_candidates(topic)
