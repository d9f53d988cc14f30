"""Lanes that threads wait at."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ftrack_typed.events.durable.lanes import Lanes


class Schedule:
    """Hands out numbers of waiting events to threads, one of each key at a time.

    Args:
        clock: Seconds since 1970, by which postponed events fall due: they outlive the process.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
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

    def add(self, number: int, key: str | None, due: float | None = None) -> None:
        """Put an event in line."""
        with self._changed:
            self._lanes.add(number, key, due)
            self._changed.notify()

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

    def postpone(self, number: int, due: float) -> None:
        """Put an event that was taken back in line, for later."""
        with self._changed:
            self._lanes.postpone(number, due)
            self._changed.notify_all()

    def idle(self, timeout: float | None = None) -> bool:
        """Wait until no event waits or is being handled; False when the time, in seconds, is up before."""
        with self._changed:
            return self._changed.wait_for(lambda: not len(self._lanes), timeout)

    def close(self) -> None:
        """Hand out nothing more, and let go who waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


__all__ = ["Schedule"]
