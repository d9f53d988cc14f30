"""The subscribers of one hub."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from ftrack_typed.errors import SubscriberNotFoundError, SubscriberNotUniqueError, suggestion
from ftrack_typed.events.event import Event
from ftrack_typed.events.matching import SubscriberIndex
from ftrack_typed.events.subscriber import Subscriber


class Registry:
    """Subscribers by id, and in the order they are called. May be used from several threads."""

    def __init__(self, subscribers: Iterable[Subscriber] = ()) -> None:
        self._by_id: dict[str, Subscriber] = {subscriber.id: subscriber for subscriber in subscribers}
        self._index = SubscriberIndex(self._by_id.values())
        self._lock = threading.Lock()
        self.version: int = 0
        """Grows with each change."""

    def __len__(self) -> int:
        return len(self._by_id)

    def all(self) -> list[Subscriber]:
        """All of them, in the order they subscribed."""
        with self._lock:
            return list(self._by_id.values())

    def all_unlocked(self) -> list[Subscriber]:
        """As `all`, for a process just forked: a thread of the parent may have held the lock."""
        return list(self._by_id.values())

    def get(self, identifier: str) -> Subscriber | None:
        """The subscriber with this id, None when there is none."""
        return self._by_id.get(identifier)

    def add(self, subscriber: Subscriber) -> None:
        """Take one up.

        Raises:
            SubscriberNotUniqueError: when there is one with its id.
        """
        with self._lock:
            if subscriber.id in self._by_id:
                raise SubscriberNotUniqueError(
                    f"There is a subscriber {subscriber.id!r} already: {self._by_id[subscriber.id]}.",
                    identifier=subscriber.id,
                )
            self._by_id[subscriber.id] = subscriber
            self._index.add(subscriber)
            self.version += 1

    def remove(self, identifier: str) -> Subscriber:
        """Let one go and return it.

        Raises:
            SubscriberNotFoundError: when there is none with this id.
        """
        with self._lock:
            subscriber = self._by_id.pop(identifier, None)
            if subscriber is None:
                raise SubscriberNotFoundError(
                    f"There is no subscriber {identifier!r}.{suggestion(str(identifier), self._by_id)}",
                    identifier=identifier,
                )
            self._index.remove(subscriber)
            self.version += 1
            return subscriber

    def keep_only(self, identifier: str) -> None:
        """Let all others go, at once: no event is given to some of them."""
        with self._lock:
            self._by_id = {key: one for key, one in self._by_id.items() if key == identifier}
            self._index.keep_only(self._by_id.values())
            self.version += 1

    def interested(self, event: Event) -> list[Subscriber]:
        """Who wants an event: ascending priority, and in the order they subscribed where that is equal."""
        return self._index.matching(event)

    def has_candidates(self, topic: str) -> bool:
        """Whether anybody may want events of a topic, depending on what else they hold."""
        return self._index.has_candidates(topic)
