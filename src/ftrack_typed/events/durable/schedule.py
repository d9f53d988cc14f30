"""Lanes that threads wait at."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ftrack_typed.events.durable.lanes import Lanes

_SLICE = 0.2
"""Seconds after which a wait lets signals through; elsewhere than on Linux they would wait for its end."""


class Schedule:
    """Hands out numbers of waiting events to threads, one of each key at a time.

    Args:
        clock: Seconds by a clock that nobody sets back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lanes = Lanes()
        self._changed = threading.Condition()
        self._closed = False

    def __len__(self) -> int:
        """How many events wait or are being handled."""
        with self._changed:
            return len(self._lanes)

    @property
    def taken(self) -> int:
        """How many events are being handled."""
        with self._changed:
            return self._lanes.taken

    def add(self, number: int, key: str | None, delay: float = 0.0) -> None:
        """Put an event in line, not to be handed out for so many seconds."""
        with self._changed:
            self._lanes.add(number, key, self._clock() + delay if delay > 0 else None)
            self._changed.notify_all()  # who waits for the end of all events would take a single one for nothing

    def take(self) -> int | None:
        """Wait for an event that may be handled and take it; None once the schedule is closed."""
        with self._changed:
            while not self._closed:
                number = self._lanes.take(self._clock())
                if number is not None:
                    return number
                due = self._lanes.next_due()
                self._changed.wait(None if due is None else max(0.0, due - self._clock()))
            return None

    def finish(self, number: int) -> None:
        """Take an event that was taken out of the line."""
        with self._changed:
            self._lanes.finish(number)
            self._changed.notify_all()

    def postpone(self, number: int, delay: float) -> None:
        """Put an event that was taken back in line, to be handed out in so many seconds."""
        with self._changed:
            self._lanes.postpone(number, self._clock() + delay)
            self._changed.notify_all()

    def idle(self, timeout: float | None = None) -> bool:
        """Wait until no event waits or is being handled; False when the time, in seconds, is up before."""
        ends = None if timeout is None else self._clock() + timeout
        with self._changed:
            while len(self._lanes):
                left = _SLICE if ends is None else min(_SLICE, ends - self._clock())
                if left <= 0:
                    return False
                self._changed.wait(left)
            return True

    @property
    def closed(self) -> bool:
        """Whether nothing is handed out any more."""
        return self._closed

    def close(self) -> None:
        """Hand out nothing more, and let go who waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


__all__ = ["Schedule"]
