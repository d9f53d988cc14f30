"""Who waits for replies to which event."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from ftrack_typed.events.event import Event

OnReply = Callable[[Event], Any]

_logger = logging.getLogger("ftrack_typed.events")


class Replies:
    """Callbacks for replies by the id of the event they answer. May be used from several threads.

    They are forgotten after a time, because nobody can know how many replies will come.

    Args:
        limit: Most events waited for at once; the oldest is forgotten first.
        clock: Seconds since whenever.
    """

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self._limit = limit
        self._clock = clock
        self._expected: OrderedDict[str, tuple[OnReply, float]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._expected)

    def expect(self, identifier: str, callback: OnReply, seconds: float) -> None:
        """Have `callback` called with each reply to an event that comes within so many seconds."""
        now = self._clock()
        with self._lock:
            while self._expected:
                oldest, (_, deadline) = next(iter(self._expected.items()))
                if deadline > now and len(self._expected) < self._limit:
                    break
                if deadline > now:
                    _logger.warning(
                        "Replies to event %s are waited for no longer: too many others are.", oldest
                    )
                del self._expected[oldest]
            self._expected[identifier] = (callback, now + seconds)
            self._expected.move_to_end(identifier)

    def forget(self, identifier: str) -> None:
        """Wait for no more replies to an event."""
        with self._lock:
            self._expected.pop(identifier, None)

    def handle(self, event: Event) -> None:
        """Give a reply to whoever waits for it."""
        with self._lock:
            callback, deadline = self._expected.get(event.in_reply_to_event or "", (None, 0.0))
        if callback is not None and deadline > self._clock():
            callback(event)
