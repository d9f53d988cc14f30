"""Events that have come and are yet to be handled."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from enum import Enum
from typing import Protocol

from ftrack_typed.events.event import Event
from ftrack_typed.events.local import CONNECTED, DISCONNECTED, GAP, Gap, moment


class Receipt(Enum):
    """What became of an event that was put into an inbox."""

    ACCEPTED = "accepted"
    """It will be handled."""
    DUPLICATE = "duplicate"
    """It had come before, and is left out."""
    LOST = "lost"
    """There is no room for it; a gap marker will say so."""


class Inbox(Protocol):
    """Where a hub puts what comes, and takes from what is handled. May be used from several threads.

    Order is kept. Events of the hub itself (topics ``ftrack.meta.connected``, ``.disconnected`` and ``.gap``)
    come this way too; a gap marker is never lost.
    """

    def put(self, event: Event) -> Receipt:
        """Take an event up; called by the thread that reads from the server, which must not be held up."""
        ...

    def get(self, timeout: float) -> Event | None:
        """The next event, None when none comes within so many seconds."""
        ...

    def done(self, event: Event) -> None:
        """The event from `get` has been handled."""
        ...

    def __len__(self) -> int:
        """How many events are waiting."""
        ...


class RecentIds:
    """Remembers the latest ids it was shown."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._ids: OrderedDict[str, None] = OrderedDict()

    def is_new(self, identifier: str) -> bool:
        """Whether this id was not shown lately; from now on it was."""
        if identifier in self._ids:
            self._ids.move_to_end(identifier)
            return False
        self._ids[identifier] = None
        if len(self._ids) > self._limit:
            self._ids.popitem(last=False)
        return True

    def forget(self, identifier: str) -> None:
        """Take an id as never shown."""
        self._ids.pop(identifier, None)


class MemoryInbox:
    """An inbox that holds so many events, and forgets them with the process.

    Where it is full, what comes is left out and counted; a gap marker stands in its place.

    Args:
        limit: Most events that may wait.
        remembered_ids: How many ids are remembered to leave out duplicates.
    """

    def __init__(self, limit: int = 10_000, remembered_ids: int = 10_000) -> None:
        self._limit = limit
        self._events: deque[Event] = deque()
        self._recent = RecentIds(remembered_ids)
        self._gap: Gap | None = None
        self._put_at = moment()
        self._changed = threading.Condition()

    def put(self, event: Event) -> Receipt:
        """Take an event up, unless it came before or there is no room."""
        with self._changed:
            since, self._put_at = self._put_at, moment()
            if not self._recent.is_new(event.id):
                return Receipt.DUPLICATE
            if len(self._events) >= self._limit:
                return self._leave_out(event, since)
            if self._gap is not None:
                self._events.append(self._gap.event())
                self._gap = None
            self._events.append(event)
            self._changed.notify()
            return Receipt.ACCEPTED

    def get(self, timeout: float) -> Event | None:
        """The next event, None when none comes within so many seconds."""
        with self._changed:
            if not self._events and self._gap is None:
                self._changed.wait(timeout)
            if self._events:
                return self._events.popleft()
            gap, self._gap = self._gap, None
            return None if gap is None else gap.event()

    def done(self, event: Event) -> None:
        """Nothing to do: what was taken out is forgotten."""

    def __len__(self) -> int:
        return len(self._events) + (self._gap is not None)

    def _leave_out(self, event: Event, since: str) -> Receipt:
        if event.topic == GAP:
            told = Gap.from_event(event)
            self._gap = told if self._gap is None else self._gap.joined(told)
            return Receipt.ACCEPTED
        if event.topic in (CONNECTED, DISCONNECTED):
            return Receipt.ACCEPTED  # nothing of anybody's is lost
        # Should the server send it again, there may be room.
        self._recent.forget(event.id)
        lost = Gap.now("too many events were waiting", since=since, lost=1)
        self._gap = lost if self._gap is None else self._gap.joined(lost)
        return Receipt.LOST
