"""Finding the subscribers that want an event, quickly: most subscriptions are settled by its topic alone."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any as Anything
from typing import NamedTuple

from ftrack_typed.events.event import Event
from ftrack_typed.events.expressions import All, Any, Condition, Expression, Not
from ftrack_typed.events.expressions.comparing import Predicate
from ftrack_typed.events.subscriber import Subscriber

_TOPICS_KEPT = 4096
"""Topics whose subscribers are remembered; studios use some dozens."""


class _Candidate(NamedTuple):
    subscriber: Subscriber
    wants: Predicate | None
    """What is left to ask once the topic is known; None when nothing is."""


class SubscriberIndex:
    """Subscribers in the order they are called: by ascending priority, then as they were added.

    What a subscription says of the topic is worked out once per topic, so that an event costs what is left of the
    subscriptions its topic does not settle. May be used from several threads.
    """

    def __init__(self, subscribers: Iterable[Subscriber] = ()) -> None:
        self._lock = threading.Lock()
        self._ordered: tuple[Subscriber, ...] = ()
        self._by_topic: dict[str, tuple[_Candidate, ...]] = {}
        for subscriber in subscribers:
            self.add(subscriber)

    def __len__(self) -> int:
        return len(self._ordered)

    def add(self, subscriber: Subscriber) -> None:
        """Take up a subscriber."""
        with self._lock:
            self._keep((*self._ordered, subscriber))

    def remove(self, subscriber: Subscriber) -> None:
        """Let go of a subscriber; one that was never added is ignored."""
        with self._lock:
            self._keep(tuple(each for each in self._ordered if each is not subscriber))

    def matching(self, event: Event) -> list[Subscriber]:
        """Those whose subscription includes an event, in the order they are called."""
        # Within the plain dictionary, keys are found several times as fast as through the event.
        values = event._data
        topic: object = values["topic"]
        if not isinstance(topic, str):  # an event made by hand
            return [each for each in self._ordered if each.interested_in(event)]
        candidates = self._by_topic.get(topic)
        if candidates is None:
            candidates = self._of_topic(topic)
        return [subscriber for subscriber, wants in candidates if wants is None or wants(values)]

    def has_candidates(self, topic: str) -> bool:
        """Whether there is a subscription that may include events of a topic, depending on what else they hold."""
        candidates = self._by_topic.get(topic)
        return bool(self._of_topic(topic) if candidates is None else candidates)

    def _keep(self, subscribers: tuple[Subscriber, ...]) -> None:
        # A new dictionary, as another thread may be using the old one.
        self._ordered, self._by_topic = tuple(sorted(subscribers, key=_priority)), {}

    def _of_topic(self, topic: str) -> tuple[_Candidate, ...]:
        with self._lock:
            found: list[_Candidate] = []
            for subscriber in self._ordered:
                left = _given_topic(subscriber.subscription.expression, topic)
                if left is not False:
                    found.append(_Candidate(subscriber, None if left is True else left.predicate))
            if len(self._by_topic) >= _TOPICS_KEPT:
                self._by_topic = {}
            self._by_topic[topic] = tuple(found)
            return self._by_topic[topic]


def _priority(subscriber: Subscriber) -> Anything:
    return subscriber.priority


def _given_topic(expression: Expression, topic: str) -> Expression | bool:
    """What is left of an expression once the topic is known: nothing, when that settles it."""
    if isinstance(expression, Condition):
        return expression.matches({"topic": topic}) if expression.key == "topic" else expression
    if isinstance(expression, Not):
        inner = _given_topic(expression.expression, topic)
        return (not inner) if isinstance(inner, bool) else Not(inner)
    if isinstance(expression, (All, Any)):
        settles = isinstance(expression, Any)
        open_: list[Expression] = []
        for part in expression.expressions:
            left = _given_topic(part, topic)
            if left is settles:
                return settles
            if not isinstance(left, bool):
                open_.append(left)
        if not open_:
            return not settles
        return open_[0] if len(open_) == 1 else type(expression)(open_)
    return True
