"""An inbox that keeps what matters in a journal."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from ftrack_typed.errors import JournalError
from ftrack_typed.events.durable.journal import Journal
from ftrack_typed.events.durable.keys import Key
from ftrack_typed.events.durable.schedule import Schedule
from ftrack_typed.events.event import Event
from ftrack_typed.events.inbox import Inbox, Receipt
from ftrack_typed.events.local import GAP, Gap, moment

_logger = logging.getLogger("ftrack_typed.events")


class JournalInbox:
    """Stores the events somebody wants, for workers to handle; replies and news of the hub go the usual way.

    What can't be stored is told by a gap marker, which comes before the next event that can.

    Args:
        journal: Where events are stored.
        schedule: Who is told that there is one more.
        key: What orders events.
        wanted: Whether anybody wants an event.
        others: Where everything else goes, to be handled by `EventHub.wait`.
    """

    stored: int
    """Events put in the journal."""
    duplicates: int
    """Events left out because they had been stored before."""
    refused: int
    """Events that could not be stored."""

    def __init__(
        self,
        journal: Journal,
        schedule: Schedule,
        key: Key,
        wanted: Callable[[Event], bool],
        others: Inbox,
    ) -> None:
        self._journal = journal
        self._schedule = schedule
        self._key = key
        self._wanted = wanted
        self._others = others
        self._untold: Gap | None = None
        self._since = self._put_at = moment()
        self._closed = False
        self._lock = threading.Lock()
        self.stored = self.duplicates = self.refused = 0

    def __len__(self) -> int:
        """How many events are waiting, in the journal and beside it."""
        return len(self._schedule) + len(self._others)

    def put(self, event: Event) -> Receipt:
        """Store an event, or pass it on where it is none for the journal."""
        if event.topic != GAP and event.topic.startswith("ftrack.meta."):
            return self._others.put(event)
        with self._lock:
            self._since, self._put_at = self._put_at, moment()
            if self._closed:
                return self._others.put(event)
            if event.topic == GAP:
                self._tell(Gap.from_event(event))
                return Receipt.ACCEPTED
            if not self._wanted(event):
                return Receipt.ACCEPTED
            if self._untold is not None and not self._tell():
                return self._refuse("a gap before it could not be noted.")
            try:
                if self._store(event):
                    self.stored += 1
                    return Receipt.ACCEPTED
            except JournalError as error:
                return self._refuse(str(error))
            self.duplicates += 1
            return Receipt.DUPLICATE

    def get(self, timeout: float) -> Event | None:
        """The next event that is not for the journal, None when none comes within so many seconds."""
        return self._others.get(timeout)

    def done(self, event: Event) -> None:
        """The event from `get` has been handled."""
        self._others.done(event)

    def settle(self) -> bool:
        """Store the gap marker that could not be stored before, if any; whether nothing is left to tell."""
        with self._lock:
            return self._untold is None or self._tell()

    def close(self) -> None:
        """Store nothing any more: what comes from here on goes the usual way."""
        with self._lock:
            self._closed = True

    def _refuse(self, why: str) -> Receipt:
        _logger.error("An event is lost: %s", why)
        self.refused += 1
        lost = Gap.now("the journal took no more", since=self._since, lost=1)
        self._untold = lost if self._untold is None else self._untold.joined(lost)
        return Receipt.LOST

    def _tell(self, gap: Gap | None = None) -> bool:
        """Store a gap marker, of this and what has not been told before; keep it, and say False, where that fails."""
        if gap is not None:
            self._untold = gap if self._untold is None else self._untold.joined(gap)
        assert self._untold is not None
        event = self._untold.event()
        try:
            if self._wanted(event):
                self._store(event)
        except JournalError as error:
            _logger.error("A gap could not be noted yet: %s", error)
            return False
        self._untold = None
        return True

    def _store(self, event: Event) -> bool:
        entry = self._journal.store({**event.extra, **event.to_wire()}, self._key_of(event))
        if entry is None:
            return False
        self._schedule.add(entry.number, entry.key)
        return True

    def _key_of(self, event: Event) -> str | None:
        try:
            return self._key(event)
        except Exception:
            _logger.exception("The key of %r can't be told; it goes with others of its topic.", event)
            return f"topic {event.topic}"


__all__ = ["JournalInbox"]
