"""Handles events from a journal, so that none is forgotten."""

from __future__ import annotations

import contextlib
import logging
import math
import os
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from types import TracebackType

from typing_extensions import Self

from ftrack_typed.errors import EventHubConnectionError, InvalidStateError, JournalError
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
from ftrack_typed.events.state import HubState
from ftrack_typed.events.subscriber import Subscriber

_logger = logging.getLogger("ftrack_typed.events")

_STOPPED = " (stopped it)"
"""Follows the name of the handler that stopped an event, among those that have had it."""
_NOTE_EVERY = 5.0
_EVER = "1970-01-01T00:00:00.000000+00:00"
"""A moment before anything, for gap markers."""
_ENDED = (HubState.OFFLINE, HubState.CLOSED)


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
        self._schedule = Schedule()
        self._inbox = JournalInbox(self.journal, self._schedule, key, self._is_wanted, hub.inbox)
        self._workers: Workers | None = None
        self._lock = threading.Lock()
        self._deciding = threading.Lock()
        self._process = os.getpid()
        self._unnoted: dict[int, set[str]] = {}
        """Handlers that have had an event, where the journal could not take that."""
        self._put_offs: dict[int, int] = {}
        """How often events had to be put off for want of the journal."""
        self._finished = self._failed = self._timeouts = self._set_aside = 0
        self._noted = -math.inf
        self._misplaced = False

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
            JournalError: when the journal can't be used.
            EventHubConnectionError: when the hub is closed.
        """
        if self._workers is not None:
            raise InvalidStateError("A durable listener is started once; make another one.")
        if self._hub.state is HubState.CLOSED:
            raise EventHubConnectionError("The event hub is closed; make a new one.")
        self._count_cut_off()
        now = self.policy.clock()
        for number, key, due in self.journal.waiting():
            # The clock may have been set back since then.
            delay = 0.0 if due is None else min(due - now, self.policy.longest_delay)
            self._schedule.add(number, key, delay)
        self._hub.use_inbox(self._inbox)
        self._report_pause()
        if self._hub.state is HubState.OFFLINE:
            self._hub.init_connection()
        self._workers = Workers(
            self.policy.workers,
            self._schedule.take,
            self._handle,
            self._overdue,
            watch=self._watch,
            interval=min(1.0, self.policy.handler_timeout / 4),
        )

    def run(self, stop: threading.Event | None = None, timeout: float | None = None) -> None:
        """Stay here until `stop` is set, the listener stopped, the hub let go of, or the time, in seconds, is up.

        Replies to what the hub published are handled in the meantime, in this thread.
        """
        ends = None if timeout is None else time.monotonic() + timeout
        while not (self._schedule.closed or (stop is not None and stop.is_set())):
            if self._hub.state in _ENDED:
                return
            left = 0.25 if ends is None else min(0.25, ends - time.monotonic())
            if left <= 0:
                return
            with contextlib.suppress(EventHubConnectionError):  # it was disconnected just now
                self._hub.wait(left)

    def wait_until_idle(self, timeout: float | None = None) -> bool:
        """Wait until nothing is left to handle; False when the time, in seconds, is up before."""
        return self._schedule.idle(timeout)

    def stop(self, grace: float | None = None) -> bool:
        """Begin nothing more, and wait for the handlers that run; may be called again.

        The hub keeps its connection and its subscribers; from here on `EventHub.wait` handles all events again.
        Called by a handler it makes a beginning: `run` comes back, and whoever started the listener stops it.

        Args:
            grace: Seconds to wait; those of the policy if left out.

        Returns:
            False when a handler was still running. Its event is handled again by the next listener.
        """
        if self._process != os.getpid():
            return True  # its threads and its journal are those of the process this one was forked from
        self._schedule.close()
        if self._workers is not None and self._workers.in_worker:
            return False
        ended = True
        if self._workers is not None:
            # What comes in the meantime is stored for the next listener.
            ended = self._workers.join(self.policy.grace if grace is None else grace)
            if not ended:
                _logger.warning(
                    "%d handlers were still running when the listener stopped.", self._workers.running
                )
            if self._hub.inbox is self._inbox:
                self._note_listening(now=True)
                self._hub.use_inbox(None)
        self._inbox.close()
        if self._owns_journal:
            self.journal.close()
        return ended

    def retry(self, event_id: str) -> None:
        """Have an event that was set aside handled again, by the handlers that have not had it.

        Raises:
            JournalError: when no event with this id was set aside.
        """
        with self._deciding:
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
        try:
            errors = self._attempt(run)
        except (JournalError, InvalidStateError) as error:
            if run.end():
                self._put_off(run.number, error)
        except Exception as error:
            _logger.exception("Handling event %d went wrong outside its handlers.", run.number)
            if run.end():
                self._decide(run.number, [self._told(error)])
        else:
            if run.end():
                self._decide(run.number, errors)

    def _attempt(self, run: Run) -> list[str]:
        """Call the handlers that have not had an event; return what they raised, as text."""
        self._require_subscribers()
        entry = self.journal.begin(run.number)
        if entry is None:
            return []
        event = Event.from_wire(entry.content)
        had = self.journal.handled_by(run.number) | self._unnoted.get(run.number, set())
        errors: list[str] = []
        targets = self._hub.subscribers_for(event)
        if not targets:
            self._require_subscribers()  # they may have been forgotten since
        for subscriber in targets:
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
                break
            if event.is_stopped():
                self._acknowledge(run.number, name + _STOPPED)
                break
        return errors

    def _require_subscribers(self) -> None:
        """Raise where all have been forgotten, as `EventHub.disconnect` does: that finishes no event."""
        if not self._hub.subscribers():
            raise InvalidStateError("Nobody subscribes to anything any more.")

    def _call(self, run: Run, name: str, subscriber: Subscriber, event: Event) -> str | None:
        """Call a handler and send its reply; return what it raised, as text."""
        handling = Handling()
        raised: BaseException | None = None
        run.begin(name, time.monotonic() + self.policy.handler_timeout)
        try:
            self._hub.call_subscriber(subscriber, event, handling)
        except BaseException as error:  # not even sys.exit() in a handler may end the worker
            raised = error
        if os.getpid() != self._process:
            # The handler has forked, and its child comes back here: the work is the parent's, this thread ends.
            raise SystemExit from raised
        run.pause()
        if raised is not None:
            _logger.error("The handler %s raised on %r.", name, event, exc_info=raised)
            return self._told(raised)
        # A handler that returned has had the event, also where its reply could not be sent.
        return None if handling.results or not handling.errors else self._told(handling.errors[0][1])

    def _told(self, error: BaseException) -> str:
        try:
            return self._hub.without_key(f"{type(error).__name__}: {error}")
        except Exception:  # of an error that can't even be told
            return type(error).__name__

    def _overdue(self, run: Run) -> None:
        """Give up an attempt whose handler runs for too long; the handler itself can't be ended."""
        _logger.error("The handler %s runs for more than %g s.", run.handler, self.policy.handler_timeout)
        self._count("_timeouts")
        self._decide(run.number, [f"{run.handler}: did not end within {self.policy.handler_timeout:g} s"])

    def _acknowledge(self, number: int, name: str) -> None:
        try:
            self.journal.acknowledge(number, name)
        except JournalError as error:
            _logger.warning("That %s has had event %d can't be noted yet: %s", name, number, error)
            with self._lock:
                self._unnoted.setdefault(number, set()).add(name)

    def _decide(self, number: int, errors: list[str]) -> None:
        """Finish an event whose attempt has ended, try it again later, or give it up."""
        try:
            with self._deciding:
                if errors:
                    self._fail(number, errors)
                else:
                    self.journal.finish(number)
                    self._schedule.finish(number)
                    self._count("_finished")
        except JournalError as error:
            self._put_off(number, error)
            return
        with self._lock:
            self._put_offs.pop(number, None)
            if not errors:
                self._unnoted.pop(number, None)

    def _put_off(self, number: int, error: Exception) -> None:
        """Try an event again later that could not be handled, or its end not be noted, through no fault of its own."""
        with self._lock:
            times = self._put_offs[number] = self._put_offs.get(number, 0) + 1
        delay = self.policy.delay(times)
        _logger.error("Event %d is put off for %.1f s: %s", number, delay, error)
        self._schedule.postpone(number, delay)

    def _fail(self, number: int, errors: list[str]) -> None:
        delay = self._note_failure(self.journal.entry(number), errors)
        if delay is None:
            self._schedule.finish(number)
        else:
            self._schedule.postpone(number, delay)

    def _note_failure(self, entry: Entry, errors: list[str]) -> float | None:
        """Note an attempt that failed; return the seconds until the next one, None where the event is given up."""
        attempts = entry.attempts + 1
        if attempts < self.policy.attempts:
            delay = self.policy.delay(attempts)
            self.journal.fail(entry.number, errors, self.policy.clock() + delay)
            self._count("_failed")
            return delay
        self.journal.set_aside(entry.number, errors)
        self._count("_failed")
        self._count("_set_aside")
        _logger.error(
            "Event %s of topic %r failed %d times and is set aside: %s",
            entry.event_id,
            entry.topic,
            attempts,
            errors[-1],
        )
        return None

    def _count(self, name: str) -> None:
        with self._lock:
            setattr(self, name, getattr(self, name) + 1)

    # -- pauses ------------------------------------------------------------------------------------

    def _count_cut_off(self) -> None:
        """Count attempts in which the process died: an event that kills it every time is poison, too."""
        for entry in self.journal.cut_off():
            self._note_failure(entry, ["the process ended while the event was handled"])

    def _report_pause(self) -> None:
        """Have a gap marker told for the time since a listener last worked on this journal."""
        since = self.journal.last_listening
        if self.journal.was_damaged:
            self._hub.report_gap("the journal was damaged", _EVER)
        if since is None:
            self.journal.note_listening(self.policy.clock())
        else:
            paused = datetime.fromtimestamp(since, timezone.utc).isoformat(timespec="microseconds")
            self._hub.report_gap("the listener was not running", paused)

    def _watch(self) -> None:
        self._inbox.settle()
        self._note_listening()
        if not self._misplaced and not self.journal.in_place:
            self._misplaced = True
            _logger.error(
                "The journal %s was deleted or replaced. What waits in it is lost when this process ends.",
                self.journal.path,
            )

    def _note_listening(self, now: bool = False) -> None:
        """Note until when nothing is missing of which no gap marker in the journal tells."""
        moment = time.monotonic()
        if not now and moment - self._noted < _NOTE_EVERY:
            return
        complete = self._hub.complete_until
        if complete is None or not self._inbox.settle():
            return
        self._noted = moment
        try:
            self.journal.note_listening(datetime.fromisoformat(complete).timestamp())
        except JournalError as error:
            _logger.warning("%s", error)


__all__ = ["DurableListener", "ListenerStatistics"]
