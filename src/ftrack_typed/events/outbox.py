"""Events on their way to the server."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from enum import Enum

from ftrack_typed.errors import PublicationError
from ftrack_typed.events.event import Event
from ftrack_typed.events.statistics import Counters

_logger = logging.getLogger("ftrack_typed.events")

_clock = time.monotonic

_SLICE = 0.2
"""Seconds after which a wait lets signals through; elsewhere than on Linux they would wait for its end."""


class PublicationState(Enum):
    """How far a publication has come."""

    QUEUED = "queued"
    """On its way: not sent, or not confirmed."""
    SENT = "sent"
    """The server has confirmed it."""
    DROPPED = "dropped"
    """It did not reach the server, or the server refused it."""
    EXPIRED = "expired"
    """It was not confirmed in time. Where it was sent, nobody knows whether it arrived."""


class Publication:
    """An event on its way to the server; ends as sent, dropped or expired. May be used from any thread."""

    event: Event
    """The event."""

    def __init__(self, event: Event, text: str, deadline: float) -> None:
        self.event = event
        self.text: str = text
        """The event as JSON, as it was when it was published."""
        self.deadline: float = deadline
        """When it expires, by the clock of the hub."""
        self.attempts: int = 0
        """How often it has been sent."""
        self._identifier = event.id
        self._state = PublicationState.QUEUED
        self._error: PublicationError | None = None
        self._callbacks: list[Callable[[Publication], object]] = []
        self._changed = threading.Condition()

    def __repr__(self) -> str:
        return f"<Publication {self.event!r} {self._state.value}>"

    @property
    def state(self) -> PublicationState:
        """How far it has come."""
        return self._state

    @property
    def error(self) -> PublicationError | None:
        """Why it did not arrive, where it did not; not raised by itself."""
        return self._error

    def wait(self, timeout: float | None = None) -> PublicationState:
        """Wait for its end and return the state, which is ``QUEUED`` still where `timeout` seconds were too few."""
        deadline = None if timeout is None else _clock() + timeout
        with self._changed:
            while self._state is PublicationState.QUEUED:
                left = _SLICE if deadline is None else min(_SLICE, deadline - _clock())
                if left <= 0:
                    break
                self._changed.wait(left)
            return self._state

    def on_end(self, callback: Callable[[Publication], object]) -> None:
        """Have `callback` called with this publication when it ends; at once where it has.

        It is called in the thread that ends it: mostly that of the hub, which does nothing else meanwhile.
        """
        with self._changed:
            if self._state is PublicationState.QUEUED:
                self._callbacks.append(callback)
                return
        self._call(callback)

    def end(self, state: PublicationState, why: str = "") -> bool:
        """End it, unless it has ended; return whether that was done."""
        with self._changed:
            if self._state is not PublicationState.QUEUED:
                return False
            if state is not PublicationState.SENT:
                self._error = PublicationError(
                    f"{self.event!r} was not published: {why}", event_id=self._identifier, state=state.value
                )
            self._state = state
            callbacks, self._callbacks = self._callbacks, []
            self._changed.notify_all()
        for callback in callbacks:
            self._call(callback)
        return True

    def _call(self, callback: Callable[[Publication], object]) -> None:
        try:
            callback(self)
        except Exception:
            _logger.exception("A callback raised at the end of %r.", self)


class Outbox:
    """Publications that are not confirmed: those to be sent, and those sent. May be used from several threads.

    Args:
        limit: Most publications it holds.
        counters: Where their ends are counted.
    """

    def __init__(self, limit: int, counters: Counters) -> None:
        self._limit = limit
        self._counters = counters
        self._waiting: OrderedDict[int, Publication] = OrderedDict()
        self._sent: OrderedDict[int, Publication] = OrderedDict()
        self._next_deadline: float | None = None
        self._changed = threading.Condition()

    def __len__(self) -> int:
        return len(self._waiting) + len(self._sent)

    @property
    def unconfirmed(self) -> int:
        """How many were sent and are not confirmed."""
        return len(self._sent)

    def add(self, publication: Publication) -> bool:
        """Queue a publication; where there is no room it ends as dropped, and False is returned."""
        self._counters.add("published")
        with self._changed:
            full = len(self) >= self._limit
            if not full:
                self._waiting[id(publication)] = publication
                known = self._next_deadline
                self._next_deadline = (
                    publication.deadline if known is None else min(known, publication.deadline)
                )
        if full:
            why = f"{self._limit} others are waiting, which is the limit (`HubOptions.outbox_limit`)."
            self._finish(publication, PublicationState.DROPPED, why, log=True)
        return not full

    def take(self) -> Publication | None:
        """The next publication to send, None when there is none; it counts as sent now, but not as confirmed."""
        with self._changed:
            if not self._waiting:
                return None
            key, publication = self._waiting.popitem(last=False)
            self._sent[key] = publication
            publication.attempts += 1
        if publication.attempts > 1:
            self._counters.add("resent")
        return publication

    def confirm(self, publication: Publication, refusal: str | None) -> None:
        """The server has taken a publication, or refused it for a reason."""
        if refusal is None:
            self._end(publication, PublicationState.SENT)
        else:
            self._end(publication, PublicationState.DROPPED, f"the server refused it: {refusal}")

    def send_again(self) -> None:
        """The connection broke: what was not confirmed goes first on the next one, in the same order."""
        with self._changed:
            while self._sent:
                key, publication = self._sent.popitem()
                self._waiting[key] = publication
                self._waiting.move_to_end(key, last=False)

    def expire(self, now: float) -> float | None:
        """End what is overdue; return when there may be something again, None when nothing is waiting."""
        with self._changed:
            if self._next_deadline is None or now < self._next_deadline:
                return self._next_deadline
            pending = [*self._sent.values(), *self._waiting.values()]
            self._next_deadline = min((one.deadline for one in pending if one.deadline > now), default=None)
        overdue = [publication for publication in pending if publication.deadline <= now]
        self._end_all(overdue, PublicationState.EXPIRED, "the server did not confirm it in time.")
        return self._next_deadline

    def drop_all(self, why: str) -> None:
        """End everything as dropped."""
        with self._changed:
            pending = [*self._sent.values(), *self._waiting.values()]
        self._end_all(pending, PublicationState.DROPPED, why)

    def wait_until_empty(self, timeout: float) -> bool:
        """Wait until everything has ended; False when that takes longer than so many seconds."""
        deadline = _clock() + timeout
        with self._changed:
            while len(self):
                left = min(_SLICE, deadline - _clock())
                if left <= 0:
                    return False
                self._changed.wait(left)
            return True

    def _end_all(self, publications: list[Publication], state: PublicationState, why: str) -> None:
        """End some for the same reason, which is logged once."""
        if len(publications) > 1:
            first = publications[0].event
            _logger.warning("%d events were not published, %r first: %s", len(publications), first, why)
        for publication in publications:
            self._end(publication, state, why, log=len(publications) == 1)

    def _end(
        self, publication: Publication, state: PublicationState, why: str = "", *, log: bool = True
    ) -> None:
        """End a publication it holds."""
        with self._changed:
            key = id(publication)
            held = self._sent.pop(key, None) or self._waiting.pop(key, None)
        if held is not None:
            self._finish(publication, state, why, log=log)
        with self._changed:
            self._changed.notify_all()

    def _finish(self, publication: Publication, state: PublicationState, why: str, *, log: bool) -> None:
        # Whoever hears of the end finds it counted and logged.
        self._counters.add("acknowledged" if state is PublicationState.SENT else state.value)
        if log and state is not PublicationState.SENT:
            _logger.warning("%r was not published: %s", publication.event, why)
        publication.end(state, why)
