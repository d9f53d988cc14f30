"""Keeps a connection to the event server: makes it, watches over it, and makes it anew when it breaks.

One thread does everything that concerns the connection, in steps. Between them it holds neither the hub nor
its subscribers, so that a hub nobody holds is collected, and its thread ends.
"""

from __future__ import annotations

import logging
import threading
import time
import weakref
from collections.abc import Callable

from ftrack_typed.errors import EventHubConnectionError
from ftrack_typed.events.connection import Connection, Endpoint
from ftrack_typed.events.event import Event
from ftrack_typed.events.link import Link
from ftrack_typed.events.local import CONNECTED, DISCONNECTED, moment
from ftrack_typed.events.options import Backoff, HubOptions
from ftrack_typed.events.outbox import Outbox
from ftrack_typed.events.reception import Reception
from ftrack_typed.events.registry import Registry
from ftrack_typed.events.state import HubState, OnState
from ftrack_typed.events.statistics import Counters
from ftrack_typed.events.waiting import Waiter

_logger = logging.getLogger("ftrack_typed.events")

_FRAMES_PER_STEP = 200
"""Frames read in one step, after which signs of life and what expires are seen to."""
_SETTLING_SECONDS = 10.0
"""How long the server may take to confirm subscribers before a gap is told without that."""
_ENDING_SECONDS = 5.0
"""How long the end of the thread is waited for."""
_IDLE_SECONDS = 60.0
"""How long nothing is looked at where nothing is due."""
_SLICE = 0.2
"""Seconds after which a wait lets signals through."""

_TRYING = (HubState.CONNECTING, HubState.WAITING)


class Supervisor:
    """Keeps a connection, in a thread that lives as long as one is wanted. May be used from any thread.

    Args:
        endpoint: Where to connect.
        options: How.
        registry: The subscribers to announce.
        outbox: What to send.
        reception: Where to put what comes.
        counters: Where things are counted.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        options: HubOptions,
        registry: Registry,
        outbox: Outbox,
        reception: Reception,
        counters: Counters,
    ) -> None:
        self._endpoint = endpoint
        self._options = options
        self._clock = options.clock
        self._registry = registry
        self._outbox = outbox
        self._reception = reception
        self._counters = counters
        self._backoff = Backoff(options)
        self._changed = threading.Condition()
        self._state = HubState.OFFLINE
        self._listeners: list[OnState] = []
        self._wanted = False
        self._attempts: int | None = None
        self._delay: float | None = None
        self._due: float | None = None
        self._dropping = False
        self._failed: EventHubConnectionError | None = None
        self._running = False
        self._thread: threading.Thread | None = None
        self._waiter: Waiter | None = None
        self._finalizer: weakref.finalize[..., Supervisor] | None = None
        # What follows belongs to the thread.
        self._link: Link | None = None
        self._opened = 0.0
        self._heard = 0.0
        self._drained_at = self._complete_until = moment()
        self._beat_due = 0.0
        self._connected_before = False

    # -- for any thread ----------------------------------------------------------------------------

    @property
    def state(self) -> HubState:
        """What it is doing."""
        return self._state

    @property
    def silent_for(self) -> float | None:
        """Seconds since something came on this connection, None when there is none."""
        return max(0.0, self._clock() - self._heard) if self._state is HubState.CONNECTED else None

    @property
    def complete_until(self) -> str | None:
        """Until when all that came was taken up, in UTC as ISO 8601; None without a connection, or in an untold gap."""
        complete = self._complete_until if self._state is HubState.CONNECTED else None
        # Asked for last: a connection made meanwhile begins with a gap.
        return None if self._reception.in_gap else complete

    @property
    def paused(self) -> bool:
        """Whether it waits for `start`, after `pause`."""
        return self._wanted and self._due is None

    @property
    def in_thread(self) -> bool:
        """Whether the calling thread is the supervisor's own."""
        return threading.current_thread() is self._thread

    def in_forked_process(self) -> None:
        """Let go of what is the parent's. The supervisor must not be used any more."""
        if self._finalizer is not None:
            self._finalizer.detach()
        if self._waiter is not None:
            self._waiter.in_forked_process()

    def on_state(self, callback: OnState) -> Callable[[], None]:
        """Have `callback` called with each new state; returns a function that ends that."""
        self._listeners.append(callback)

        def undo() -> None:
            if callback in self._listeners:
                self._listeners.remove(callback)

        return undo

    def start(self, attempts: int | None = None, delay: float | None = None) -> None:
        """Want a connection, and try at once.

        Args:
            attempts: How many failures in a row end it; None for the number in the options.
            delay: Seconds between them; None for growing ones, as in the options.
        """
        with self._changed:
            if self._state is HubState.CLOSED:
                raise EventHubConnectionError("The event hub is closed; make a new one.")
            self._wanted = True
            self._failed = None
            self._backoff.reset()
            self._attempts = self._options.attempts if attempts is None else attempts
            self._delay = delay
            self._due = self._clock()
            connected = self._state is HubState.CONNECTED
            news = None if connected else self._switch(HubState.CONNECTING)
            if not self._running:
                self._begin()
        self._tell(news)
        self.wake()

    def wait_until_connected(self, timeout: float) -> None:
        """Wait for the connection.

        Raises:
            EventHubConnectionError: when it could not be made, is not wanted any more, or takes too long.
        """
        if not self._wait_for(lambda: self._state not in _TRYING, timeout):
            raise EventHubConnectionError(
                f"There is no connection to the event server at {self._endpoint.url} after {timeout:g} s."
            )
        with self._changed:
            if self._state is not HubState.CONNECTED:
                raise self._failed or EventHubConnectionError("The event hub was disconnected meanwhile.")

    def hurry(self) -> None:
        """Try at once, where it is waiting to."""
        with self._changed:
            if self._wanted and self._due is not None:
                self._due = self._clock()
        self.wake()

    def wait_until_quiet(self, timeout: float) -> bool:
        """Wait until the server has confirmed all subscribers and publications; False when that takes longer."""
        return self._wait_for(self._quiet, timeout)

    def pause(self) -> None:
        """Let go of the connection until `start`; what is published is queued."""
        with self._changed:
            self._due = None
            self._dropping = True
            news = self._switch(HubState.WAITING)
        self._tell(news)
        self.wake()
        if not self.in_thread:
            # What is published from here on must not go out on the old connection.
            self._wait_for(lambda: self._link is None, _ENDING_SECONDS)

    def stop(self, state: HubState = HubState.OFFLINE) -> None:
        """Want no connection any more, and wait for the thread to end."""
        with self._changed:
            self._wanted = False
            self._dropping = True
            thread, waiter = self._thread, self._waiter
            news = self._switch(state)
        self._tell(news)
        if waiter is not None:
            waiter.wake()
        if thread is not None and thread is not threading.current_thread():
            thread.join(_ENDING_SECONDS / 2)
            if thread.is_alive() and waiter is not None:
                # It is in the middle of a frame that does not come to its end.
                waiter.interrupt()
                thread.join(_ENDING_SECONDS / 2)

    def wake(self) -> None:
        """There is something to say; does nothing where there is no connection to say it on."""
        with self._changed:
            if self._wanted and not self._running:
                self._begin()
            waiter = self._waiter
        if waiter is not None:
            waiter.wake()

    def _quiet(self) -> bool:
        link = self._link
        return link is not None and link.settled and not len(self._outbox)

    def _wait_for(self, condition: Callable[[], bool], timeout: float) -> bool:
        if self.in_thread:
            raise EventHubConnectionError(
                "The event hub can't be waited for in its own thread, which calls `on_state` and `on_end`."
            )
        deadline = time.monotonic() + timeout
        with self._changed:
            while not condition():
                left = min(_SLICE, deadline - time.monotonic())
                if left <= 0:
                    return False
                self._changed.wait(left)
            return True

    def _begin(self) -> None:
        """Start the thread; called with the lock held."""
        if self._finalizer is not None:
            self._finalizer.detach()
        waiter = self._waiter = Waiter()
        self._finalizer = weakref.finalize(self, _abandoned, waiter, self._counters)
        self._finalizer.atexit = False
        self._running = True
        self._thread = threading.Thread(
            target=_run, args=(weakref.ref(self), waiter), name="ftrack-events", daemon=True
        )
        self._thread.start()

    def _switch(self, state: HubState) -> HubState | None:
        """Change the state, with the lock held; return it for `_tell` where it is new."""
        if state is self._state or self._state is HubState.CLOSED:
            return None
        self._state = state
        self._changed.notify_all()
        return state

    def _tell(self, state: HubState | None) -> None:
        """Tell of a new state, without the lock: callbacks may do anything."""
        if state is None:
            return
        _logger.info("The event hub at %s is %s.", self._endpoint.url, state.value)
        for listener in list(self._listeners):
            try:
                listener(state)
            except Exception:
                _logger.exception("A callback raised on the state %s of the event hub.", state.value)

    # -- for its own thread ------------------------------------------------------------------------

    def step(self, waiter: Waiter) -> Endpoint | float | None:
        """Do what is due. Return where to connect now, else how many seconds to wait, or None when it is over."""
        try:
            return self._step(waiter)
        except EventHubConnectionError as error:
            self._lose(waiter, error)
        except Exception as error:
            self._counters.add("internal_errors")
            _logger.exception("The event hub has to connect anew.")
            self._lose(waiter, EventHubConnectionError(f"An unexpected error: {error!r}."))
        return 0.0

    def opened(self, waiter: Waiter, connection: Connection) -> None:
        """Take up a connection that was made."""
        waiter.watch(connection)
        connection.limit(self._options.silence)
        now = self._clock()
        self._counters.add("connects")
        self._link = Link(connection, self._registry, self._outbox, self._counters)
        self._opened = self._heard = now
        self._beat_due = now + self._options.silence / 2
        if self._connected_before:
            self._reception.begin_gap("the connection was interrupted", self._complete_until)
        self._drained_at = moment()
        self._connected_before = True
        if not self._dropping:
            self._reception.tell(Event(CONNECTED))
        with self._changed:
            self._attempts = self._options.attempts
            self._delay = None
            news = None if self._dropping else self._switch(HubState.CONNECTED)
        self._tell(news)

    def failed(self, error: EventHubConnectionError) -> None:
        """Note that no connection could be made, and decide what to do next."""
        self._counters.add("failures")
        self._retry(error)

    def _step(self, waiter: Waiter) -> Endpoint | float | None:
        now = self._clock()
        if self._dropping:
            self._release(waiter, goodbye=True)
        with self._changed:
            self._dropping = self._dropping and self._link is not None
            self._changed.notify_all()
            if not self._wanted:
                self._running = False
                self._waiter = None
                return None
            due = self._due
            news = None
            if self._link is None and due is not None and due <= now:
                news = self._switch(HubState.CONNECTING)
        self._tell(news)
        expiry = self._outbox.expire(now)
        until = _IDLE_SECONDS if expiry is None else expiry - now
        if self._link is not None:
            self._converse(waiter, self._link)
            with self._changed:
                self._changed.notify_all()
            return min(until, self._watch(self._link))
        if due is None:
            return until
        if due > now:
            return min(until, due - now)
        return self._endpoint

    def _release(self, waiter: Waiter, *, goodbye: bool) -> None:
        self._link = None
        self._reception.interrupt()
        waiter.release(goodbye=goodbye)
        self._outbox.send_again()

    def _converse(self, waiter: Waiter, link: Link) -> None:
        for _ in range(_FRAMES_PER_STEP):
            link.speak()
            looked = moment()
            if not waiter.readable():
                self._drained_at = looked
                return
            # What is lost from here on came after this: frames keep their order.
            self._complete_until = self._drained_at
            events = link.listen(self._complete_until)
            self._heard = self._clock()
            for event in events:
                self._reception.take(event)
            if link.settled:
                self._reception.end_gap()

    def _watch(self, link: Link) -> float:
        """Look for signs of life and give one; return how many seconds that can wait."""
        now = self._clock()
        dead = self._heard + self._options.silence
        if now >= dead:
            raise EventHubConnectionError(
                f"Nothing has come from the event server at {self._endpoint.url} for {now - self._heard:.0f} s."
            )
        if now >= self._beat_due:
            link.beat()
            self._beat_due = now + self._options.silence / 2
        if now - self._opened >= self._options.stable_after:
            self._backoff.reset()
        settled = self._opened + _SETTLING_SECONDS if self._reception.in_gap else dead
        if link.settled or now >= settled:
            self._reception.end_gap()
            settled = dead
        return max(0.0, min(dead, self._beat_due, settled) - now)

    def _lose(self, waiter: Waiter, error: EventHubConnectionError) -> None:
        if self._link is not None:
            self._counters.add("disconnects")
        self._release(waiter, goodbye=False)
        self._retry(error)

    def _retry(self, error: EventHubConnectionError) -> None:
        delay = self._backoff.next()
        with self._changed:
            if not self._wanted or self._due is None:
                return
            delay = delay if self._delay is None else self._delay
            known = str(self._failed) == str(error)
            self._failed = error
            self._due = self._clock() + delay
            if self._attempts is not None:
                self._attempts -= 1
            over = self._attempts == 0
            news = None if over else self._switch(HubState.WAITING)
        if over:
            self._give_up(error)
            return
        level = logging.INFO if known else logging.WARNING
        _logger.log(level, "%s Another attempt follows in %.1f s.", error, delay)
        self._tell(news)

    def _give_up(self, error: EventHubConnectionError) -> None:
        _logger.warning("%s No attempt is left.", error)
        if self._connected_before:
            self._reception.tell(Event(DISCONNECTED))
        with self._changed:
            if self._attempts != 0:
                return  # another thread wants a connection by now
            self._wanted = False
            news = self._switch(HubState.OFFLINE)
        self._outbox.drop_all("there is no connection to the event server, and no attempt is left.")
        self._tell(news)

    def revive(self) -> None:
        """The thread has died of an unexpected error: go on in another one."""
        self._counters.add("internal_errors")
        self._link = None
        self._outbox.send_again()
        with self._changed:
            self._running = False
            news = None
            if self._wanted:
                self._due = None if self._due is None else self._clock() + self._backoff.next()
                news = self._switch(HubState.WAITING)
                self._begin()
        self._tell(news)


def _abandoned(waiter: Waiter, counters: Counters) -> None:
    """Nobody holds the hub any more: end its thread."""
    counts = counters.read()
    ended = sum(counts.get(end, 0) for end in ("acknowledged", "dropped", "expired"))
    left = counts.get("published", 0) - ended
    if left > 0:
        _logger.warning("An event hub was dropped without being closed; %d publications are lost.", left)
    waiter.wake()


def _run(reference: weakref.ref[Supervisor], waiter: Waiter) -> None:
    """The thread: holds the supervisor for no longer than a step takes."""
    try:
        while True:
            supervisor = reference()
            plan = None if supervisor is None else supervisor.step(waiter)
            del supervisor
            if plan is None:
                break
            if isinstance(plan, Endpoint):
                _open(plan, reference, waiter)
            else:
                waiter.wait(plan)
        waiter.close()
    except Exception:
        _logger.exception("The thread of the event hub died; another one takes over.")
        waiter.close()
        supervisor = reference()
        if supervisor is not None:
            supervisor.revive()


def _open(endpoint: Endpoint, reference: weakref.ref[Supervisor], waiter: Waiter) -> None:
    try:
        connection = endpoint.open()
    except EventHubConnectionError as error:
        supervisor = reference()
        if supervisor is not None:
            supervisor.failed(error)
        return
    supervisor = reference()
    if supervisor is None:
        connection.close()
    else:
        supervisor.opened(waiter, connection)
