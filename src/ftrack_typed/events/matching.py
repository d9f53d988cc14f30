"""Finding the subscribers that want an event, quickly: most subscriptions are settled by its topic alone."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any as Anything
from typing import NamedTuple

from ftrack_typed.events.event import Event
from ftrack_typed.events.expressions import All, Any, Condition, Expression, Not
from ftrack_typed.events.expressions.comparing import Predicate, condition, only_text, text_at
from ftrack_typed.events.subscriber import Subscriber

_TOPICS_KEPT = 4096
"""Topics whose subscribers are remembered; studios use some dozens."""


class _Candidate(NamedTuple):
    position: int
    """Its place in the order of calling; no two have the same."""
    subscriber: Subscriber
    wants: Predicate | None
    """What is left to ask; None when nothing is."""


class _OfTopic(NamedTuple):
    """Who may want the events of one topic."""

    always: tuple[_Candidate, ...]
    """Those who are to be asked about each event."""
    by_text: tuple[tuple[tuple[str, ...], Mapping[str, Sequence[_Candidate]]], ...]
    """The others, by a key of the event and the text it has to have."""


class SubscriberIndex:
    """Subscribers in the order they are called: by ascending priority, then as they were added.

    What a subscription says of the topic is worked out once per topic. Of those that also ask for a certain text
    under some key, as listeners for one action do, only those for the text at hand are looked at. May be used from
    several threads.
    """

    def __init__(self, subscribers: Iterable[Subscriber] = ()) -> None:
        self._lock = threading.Lock()
        self._ordered: tuple[Subscriber, ...] = ()
        self._by_topic: dict[str, _OfTopic] = {}
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

    def keep_only(self, subscribers: Iterable[Subscriber]) -> None:
        """Let go of all others, at once: no event is matched with some of them."""
        with self._lock:
            self._keep(tuple(subscribers))

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
        if not candidates.by_text:
            return [each for _, each, wants in candidates.always if wants is None or wants(values)]
        found = [each for each in candidates.always if each.wants is None or each.wants(values)]
        for parts, by_text in candidates.by_text:
            text = text_at(values, parts)
            for each in () if text is None else by_text.get(text, ()):
                if each.wants is None or each.wants(values):
                    found.append(each)
        found.sort()
        return [each.subscriber for each in found]

    def has_candidates(self, topic: str) -> bool:
        """Whether there is a subscription that may include events of a topic, depending on what else they hold."""
        known = self._by_topic.get(topic)
        found = self._of_topic(topic) if known is None else known
        return bool(found.always or found.by_text)

    def _keep(self, subscribers: tuple[Subscriber, ...]) -> None:
        # A new dictionary, as another thread may be using the old one.
        self._ordered, self._by_topic = tuple(sorted(subscribers, key=_priority)), {}

    def _of_topic(self, topic: str) -> _OfTopic:
        with self._lock:
            if len(self._by_topic) >= _TOPICS_KEPT:
                self._by_topic = {}
            found = self._by_topic[topic] = _sorted_out(self._ordered, topic)
            return found


def _priority(subscriber: Subscriber) -> Anything:
    return subscriber.priority


def _sorted_out(subscribers: Iterable[Subscriber], topic: str) -> _OfTopic:
    always: list[_Candidate] = []
    by_text: dict[str, dict[str, list[_Candidate]]] = {}
    for position, subscriber in enumerate(subscribers):
        left = _given("topic", topic, subscriber.subscription.expression)
        if left is False:
            continue
        texts = None if isinstance(left, bool) else _texts(left)
        if isinstance(left, bool) or texts is None:
            always.append(_Candidate(position, subscriber, _predicate(left)))
            continue
        key, wanted = texts
        for text in wanted:
            rest = _given(key, text, left)
            if rest is not False:
                candidate = _Candidate(position, subscriber, _predicate(rest))
                by_text.setdefault(key, {}).setdefault(text, []).append(candidate)
    return _OfTopic(tuple(always), tuple((tuple(key.split(".")), texts) for key, texts in by_text.items()))


def _predicate(left: Expression | bool) -> Predicate | None:
    return None if isinstance(left, bool) else left.predicate


def _given(key: str, text: str, expression: Expression) -> Expression | bool:
    """What is left of an expression once the text under a key is known: nothing, when that settles it."""
    if isinstance(expression, Condition):
        if expression.key != key:
            return expression
        return condition("key", expression.operator, expression.value)({"key": text})
    if isinstance(expression, Not):
        inner = _given(key, text, expression.expression)
        return (not inner) if isinstance(inner, bool) else Not(inner)
    if isinstance(expression, (All, Any)):
        settles = isinstance(expression, Any)
        open_: list[Expression] = []
        for part in expression.expressions:
            left = _given(key, text, part)
            if left is settles:
                return settles
            if not isinstance(left, bool):
                open_.append(left)
        if not open_:
            return not settles
        return open_[0] if len(open_) == 1 else type(expression)(open_)
    return True


def _texts(expression: Expression) -> tuple[str, frozenset[str]] | None:
    """A key, and the texts of which it must have one for an expression to match; None where there is no such key."""
    if isinstance(expression, Condition):
        if only_text(expression.operator, expression.value):
            return expression.key, frozenset((expression.value,))
    elif isinstance(expression, All):
        return next(filter(None, map(_texts, expression.expressions)), None)
    elif isinstance(expression, Any):
        found = [_texts(part) for part in expression.expressions]
        keys = {each[0] for each in found if each is not None}
        if len(keys) == 1 and None not in found:
            return keys.pop(), frozenset().union(*(each[1] for each in found if each is not None))
    return None
