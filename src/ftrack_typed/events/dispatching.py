"""Giving events to the subscribers of this process."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ftrack_typed.errors import ParseError
from ftrack_typed.events.event import Event
from ftrack_typed.events.expressions import parse
from ftrack_typed.events.statistics import Counters
from ftrack_typed.events.subscriber import Subscriber

Reply: TypeAlias = Callable[[Event, Any, Subscriber], object]
"""Sends what a handler returned for an event."""

_logger = logging.getLogger("ftrack_typed.events")


@dataclass(slots=True)
class Handling:
    """What came of giving an event to its subscribers."""

    results: list[Any] = field(default_factory=list)
    """What handlers returned, in the order they were called."""
    errors: list[tuple[Subscriber, Exception]] = field(default_factory=list)
    """Handlers that raised, and what."""


class Dispatcher:
    """Calls whoever wants an event; what one of them does wrong is of no concern to the others.

    Args:
        candidates: Subscribers whose subscription includes an event, in the order they are to be called.
        counters: Where handled events and errors are counted.
    """

    def __init__(self, candidates: Callable[[Event], list[Subscriber]], counters: Counters) -> None:
        self._candidates = candidates
        self._counters = counters

    def targets(self, event: Event) -> list[Subscriber]:
        """Whom an event is for, in the order they are to be called; none, and a word in the log, where its
        target can't be read."""
        if not event.target:
            return self._candidates(event)
        try:
            target = parse(event.target)
        except ParseError as error:
            _logger.warning("%r is delivered to nobody, its target can't be read: %s", event, error)
            return []
        return [subscriber for subscriber in self._candidates(event) if target.matches(subscriber.metadata)]

    def call(
        self, subscriber: Subscriber, event: Event, handling: Handling, reply: Reply | None = None
    ) -> None:
        """Call one subscriber, send its reply, and note the outcome in `handling`."""
        try:
            result = subscriber.callback(event)
        except Exception as error:
            self._counters.add("handler_errors")
            _logger.exception("The handler of %s raised on %r.", subscriber, event)
            handling.errors.append((subscriber, error))
            return
        handling.results.append(result)
        if result is None or reply is None:
            return
        try:
            reply(event, result, subscriber)
        except Exception as error:
            self._counters.add("handler_errors")
            _logger.error(
                "What the handler of %s returned for %r can't be sent: %s", subscriber, event, error
            )
            handling.errors.append((subscriber, error))

    def handle(self, event: Event, reply: Reply | None = None) -> Handling:
        """Call everybody an event is for, until one of them stops it.

        Args:
            event: The event.
            reply: Called with the event, each result that is not None, and its subscriber.
        """
        handling = Handling()
        for subscriber in self.targets(event):
            self.call(subscriber, event, handling, reply)
            if event.is_stopped():
                break
        self._counters.add("handled")
        return handling
