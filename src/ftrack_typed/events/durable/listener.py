"""Handles events from a journal, so that none is forgotten."""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from types import TracebackType

from typing_extensions import Self

from ftrack_typed.errors import InvalidStateError, JournalError
from ftrack_typed.events.dispatching import Handling
from ftrack_typed.events.durable.inbox import JournalInbox
from ftrack_typed.events.durable.journal import Entry, Journal
from ftrack_typed.events.durable.keys import Key, by_project
from ftrack_typed.events.durable.names import HandlerNames
from ftrack_typed.events.durable.policy import HandlingPolicy
from ftrack_typed.events.durable.schedule import Schedule
from ftrack_typed.events.durable.workers import Run, Workers
from ftrack_typed.events.event import Event
from ftrack_typed.events.hub import EventHub
from ftrack_typed.events.local import Gap
from ftrack_typed.events.state import HubState
from ftrack_typed.events.subscriber import Subscriber

_logger = logging.getLogger("ftrack_typed.events")

_STOPPED = " (stopped it)"
"""Follows the name of the handler that stopped an event, among those that have had it."""
_NOTE_EVERY = 5.0


@dataclass(frozen=True)
class ListenerStatistics:
    """Numbers since the listener was started, and how things stand."""

    stored: int
    """Events put in the journal."""
    duplicates: int
    """Events that had been stored before, in whatever run, and were left out."""
    refused: int
    """Events that could not be stored; a gap marker follows them."""
    finished: int
    """Events every handler has had."""
    failed: int
    """Attempts that failed."""
    timeouts: int
    """Handlers that ran for too long; part of what failed."""
    set_aside: int
    """Events given up."""
    waiting: int
    """Events in the journal that are not finished, those being handled included."""
    running: int
    """Events being handled."""
    stuck: int
    """Handlers that should have ended and have not."""


class DurableListener:
    """Stores what a hub receives in a journal, and has worker threads call the hub's subscribers with it.

    A handler is called at least once with every event that was stored, in whatever order events with different
    keys allow, and never again once it has returned; only a crash between its end and the note of it makes it get
    an event twice. Replies to what the hub publishes are not stored: `EventHub.wait` handles them as ever.

    Subscribe first, then start: what waits from before is handled at once, and what nobody wants any more is
    finished.

    Args:
        hub: Whose events to handle. It is connected in the background if it is not.
        journal: Where they are kept, or the path of the file; a journal made here is closed by `stop`.
        key: What orders events; within a project as they come, if left out.
        policy: How they are handled.

    Raises:
        JournalBusyError: when another listener works on the journal.
        JournalError: when it can't be used.
    """

    journal: Journal
    """Where events are kept."""
    policy: HandlingPolicy
    """How they are handled."""

    def __init__(
        self,
        hub: EventHub,
        journal: Journal | str | os.PathLike[str],
        *,
        key: Key = by_project,
        policy: HandlingPolicy | None = None,
    ) -> None:
        self._owns_journal = not isinstance(journal, Journal)
        self.journal = journal if isinstance(journal, Journal) else Journal(journal)
        self.policy = policy or HandlingPolicy()
        self._hub = hub
        self._names = HandlerNames(hub.subscribers)
        self._schedule = Schedule(self.policy.clock)
        self._inbox = JournalInbox(self.journal, self._schedule, key, self._is_wanted, hub.inbox)
        self._workers: Workers | None = None
        self._lock = threading.Lock()
        self._finished = self._failed = self._timeouts = self._set_aside = 0
        self._noted = 0.0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    # -- life --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to store and handle events.

        Raises:
            InvalidStateError: when it was started before; make another one.
        """
        if self._workers is not None:
            raise InvalidStateError("A durable listener is started once; make another one.")
        for number, key, due in self.journal.waiting():
            self._schedule.add(number, key, due)
        self._report_pause()
        self._hub.use_inbox(self._inbox)
        self._workers = Workers(
            self.policy.workers,
            self._schedule.take,
            self._handle,
            self._overdue,
            watch=self._note_listening,
            interval=min(1.0, self.policy.handler_timeout / 4),
        )
        if self._hub.state is HubState.OFFLINE:
            self._hub.init_connection()

    def run(self, stop: threading.Event | None = None, timeout: float | None = None) -> None:
        """Stay here until `stop` is set, the hub is closed or the time, in seconds, is up.

        Replies to what the hub published are handled in the meantime, in this thread.
        """
        ends = None if timeout is None else self.policy.clock() + timeout
        while not (stop is not None and stop.is_set()) and self._hub.state is not HubState.CLOSED:
            left = 0.25 if ends is None else min(0.25, ends - self.policy.clock())
            if left <= 0:
                return
            self._hub.wait(left)

    def wait_until_idle(self, timeout: float | None = None) -> bool:
        """Wait until nothing is left to handle; False when the time, in seconds, is up before."""
        return self._schedule.idle(timeout)

    def stop(self, grace: float | None = None) -> bool:
        """Begin nothing more, and wait for the handlers that run; may be called again.

        The hub keeps its connection and its subscribers; from here on `EventHub.wait` handles all events again.

        Args:
            grace: Seconds to wait; those of the policy if left out.

        Returns:
            False when a handler was still running. Its event is handled again by the next listener.
        """
        self._schedule.close()
        if self._workers is None:
            ended = True
        else:
            self._hub.use_inbox(None)
            ended = self._workers.join(self.policy.grace if grace is None else grace)
            if not ended:
                _logger.warning(
                    "%d handlers were still running when the listener stopped.", self._workers.running
                )
            self._note_listening(now=True)
        if self._owns_journal:
            self.journal.close()
        return ended

    def retry(self, event_id: str) -> None:
        """Have an event that was set aside handled again, by the handlers that have not had it.

        Raises:
            JournalError: when no event with this id was set aside.
        """
        entry = self.journal.retry(event_id)
        self._schedule.add(entry.number, entry.key)

    @property
    def statistics(self) -> ListenerStatistics:
        """Numbers as of now."""
        workers = self._workers
        return ListenerStatistics(
            stored=self._inbox.stored,
            duplicates=self._inbox.duplicates,
            refused=self._inbox.refused,
            finished=self._finished,
            failed=self._failed,
            timeouts=self._timeouts,
            set_aside=self._set_aside,
            waiting=len(self._schedule),
            running=workers.running if workers else 0,
            stuck=workers.stuck if workers else 0,
        )

    # -- handling ----------------------------------------------------------------------------------

    def _is_wanted(self, event: Event) -> bool:
        return bool(self._hub.subscribers_for(event))

    def _handle(self, run: Run) -> None:
        entry = self.journal.entry(run.number)
        event = Event.from_wire(entry.content)
        had = set(self.journal.handled_by(run.number))
        errors: list[str] = []
        for subscriber in self._hub.subscribers_for(event):
            name = self._names.of(subscriber)
            if name + _STOPPED in had:
                break
            if name in had:
                continue
            error = self._call(run, name, subscriber, event)
            if error is None:
                self._acknowledge(run.number, name)
            else:
                errors.append(f"{name}: {error}")
            if run.ended:  # while the handler ran its time was up, and the rest went to another attempt
                return
            if event.is_stopped():
                self._acknowledge(run.number, name + _STOPPED)
                break
        if not run.end():
            return
        if errors:
            self._fail(entry, errors)
        else:
            self.journal.finish(run.number)
            self._schedule.finish(run.number)
            self._count("_finished")

    def _call(self, run: Run, name: str, subscriber: Subscriber, event: Event) -> str | None:
        """Call a handler and send its reply; return what it raised, as text."""
        handling = Handling()
        run.begin(name, time.monotonic() + self.policy.handler_timeout)
        try:
            self._hub.call_subscriber(subscriber, event, handling)
        except BaseException as error:  # not even sys.exit() in a handler may end the worker
            _logger.exception("The handler %s raised on %r.", name, event)
            return _told(error)
        finally:
            run.pause()
        return _told(handling.errors[0][1]) if handling.errors else None

    def _overdue(self, run: Run) -> None:
        """Give up an attempt whose handler runs for too long; the handler itself can't be ended."""
        _logger.error("The handler %s runs for more than %g s.", run.handler, self.policy.handler_timeout)
        self._count("_timeouts")
        text = f"{run.handler}: did not end within {self.policy.handler_timeout:g} s"
        self._fail(self.journal.entry(run.number), [text])

    def _acknowledge(self, number: int, name: str) -> None:
        try:
            self.journal.acknowledge(number, name)
        except JournalError as error:
            _logger.warning("That %s has had event %d can't be noted: %s", name, number, error)

    def _fail(self, entry: Entry, errors: list[str]) -> None:
        self._count("_failed")
        if entry.attempts + 1 >= self.policy.attempts:
            self.journal.set_aside(entry.number, errors)
            self._schedule.finish(entry.number)
            self._count("_set_aside")
            _logger.error(
                "Event %s of topic %r failed %d times and is set aside: %s",
                entry.event_id,
                entry.topic,
                entry.attempts + 1,
                errors[-1],
            )
            return
        due = self.policy.due(entry.attempts + 1)
        self.journal.fail(entry.number, errors, due)
        self._schedule.postpone(entry.number, due)

    def _count(self, name: str) -> None:
        with self._lock:
            setattr(self, name, getattr(self, name) + 1)

    # -- pauses ------------------------------------------------------------------------------------

    def _report_pause(self) -> None:
        """Store a gap marker for the time since a listener last worked on this journal."""
        since = max(self.journal.last_listening or 0.0, self.journal.last_received or 0.0)
        if since:
            paused = datetime.fromtimestamp(since, timezone.utc).isoformat(timespec="microseconds")
            self._inbox.put(Gap.now("the listener was not running", since=paused).event())

    def _note_listening(self, now: bool = False) -> None:
        moment = self.policy.clock()
        if self._hub.connected and (now or moment - self._noted >= _NOTE_EVERY):
            self._noted = moment
            try:
                self.journal.note_listening(moment)
            except JournalError as error:
                _logger.warning("%s", error)


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


__all__ = ["DurableListener", "ListenerStatistics"]
