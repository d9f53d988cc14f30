"""Threads that handle events, and one that looks whether they get stuck."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable

_logger = logging.getLogger("ftrack_typed.events")

_SLICE = 0.2
"""Seconds after which a wait lets signals through; elsewhere than on Linux they would wait for its end."""
_SHORTEST_INTERVAL = 0.01


class Run:
    """One attempt to handle one event. Either its thread ends it or the time limit does, never both."""

    number: int
    """Which event."""
    handler: str
    """The handler that is running, or ran last."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.handler = ""
        self._deadline: float | None = None
        self._ended = False
        self._lock = threading.Lock()

    def begin(self, handler: str, deadline: float) -> None:
        """Note that a handler is called now, and until when it may run."""
        with self._lock:
            self.handler = handler
            self._deadline = deadline

    def pause(self) -> None:
        """Note that the handler has returned."""
        with self._lock:
            self._deadline = None

    def end(self) -> bool:
        """End the attempt; False when it has been ended before, and what comes of it is somebody else's."""
        with self._lock:
            first, self._ended = not self._ended, True
            return first

    @property
    def ended(self) -> bool:
        """Whether the attempt has been ended."""
        return self._ended

    def end_overdue(self, now: float) -> bool:
        """End the attempt if its handler has run for too long; whether that is so."""
        with self._lock:
            if self._ended or self._deadline is None or now < self._deadline:
                return False
            self._ended = True
            return True


class Workers:
    """So many threads, each of which takes an event and handles it, again and again.

    Python can't end a thread. One whose handler runs for too long is left to itself and another takes its place,
    `max_stuck` times at most at once: behind that, events wait.

    Args:
        count: How many events are handled at once.
        take: Waits for an event; None means that there is no more to do.
        handle: Handles it in one of the threads.
        overdue: Told, from another thread, of an attempt that was ended for taking too long.
        max_stuck: How many threads may be stuck before no more take their place.
        watch: Called about every second, from the thread that looks for stuck ones.
    """

    def __init__(
        self,
        count: int,
        take: Callable[[], int | None],
        handle: Callable[[Run], None],
        overdue: Callable[[Run], None],
        *,
        max_stuck: int = 32,
        watch: Callable[[], None] = lambda: None,
        interval: float = 1.0,
    ) -> None:
        self._take = take
        self._handle = handle
        self._overdue = overdue
        self._max_stuck = max_stuck
        self._watch_also = watch
        self._interval = max(interval, _SHORTEST_INTERVAL)
        self._changed = threading.Condition()
        self._runs: dict[threading.Thread, Run] = {}
        self._stuck: set[threading.Thread] = set()
        self._alive: set[threading.Thread] = set()
        self._missing = 0
        self._process = os.getpid()
        self._closing = threading.Event()
        self._left = False
        for _ in range(count):
            self._start()
        self._watcher = threading.Thread(target=self._watch, name="ftrack-events-watch", daemon=True)
        self._watcher.start()

    @property
    def running(self) -> int:
        """How many events are being handled, stuck ones included."""
        with self._changed:
            return len(self._runs)

    @property
    def stuck(self) -> int:
        """How many threads are in a handler that should have ended."""
        with self._changed:
            return len(self._stuck)

    @property
    def in_worker(self) -> bool:
        """Whether the calling thread is one of those that handle events."""
        with self._changed:
            return threading.current_thread() in self._runs

    def join(self, timeout: float) -> bool:
        """Wait until all threads have ended, stuck ones left out; `take` has to say that there is no more to do.

        Returns:
            False when some have not ended in time, in seconds.
        """
        self._closing.set()
        ends = time.monotonic() + timeout
        with self._changed:
            while self._alive and (left := min(_SLICE, ends - time.monotonic())) > 0:
                self._changed.wait(left)
            ended = not self._alive
            self._left = True
            self._changed.notify_all()
        self._watcher.join(5.0)
        return ended

    def _start(self) -> None:
        worker = threading.Thread(target=self._work, name="ftrack-events-worker", daemon=True)
        with self._changed:
            self._alive.add(worker)
        try:
            worker.start()
        except RuntimeError:  # the system has no more threads to give
            with self._changed:
                self._alive.discard(worker)
            raise

    def _work(self) -> None:
        me = threading.current_thread()
        try:
            while (number := self._take()) is not None:
                run = Run(number)
                with self._changed:
                    self._runs[me] = run
                try:
                    self._handle(run)
                except BaseException:  # what a handler raises is dealt with before it comes here
                    if self._is_forked():
                        return
                    _logger.exception("Handling event %d went wrong outside its handlers.", number)
                with self._changed:
                    del self._runs[me]
                    if me in self._stuck:
                        # Its place was taken, unless too many were stuck: then it goes on itself.
                        self._stuck.remove(me)
                        if not self._missing:
                            return
                        self._missing -= 1
                        self._alive.add(me)
        finally:
            if not self._is_forked():
                with self._changed:
                    self._alive.discard(me)
                    self._changed.notify_all()

    def _is_forked(self) -> bool:
        """Whether a handler has forked and this is the child: nothing here is its own, locks included."""
        return os.getpid() != self._process

    def _watch(self) -> None:
        while not self._closing.wait(self._interval):
            self._look()
            try:
                self._watch_also()
            except Exception:
                _logger.exception("Watching over the listener went wrong; it goes on.")
        while True:  # what is stuck must not hold up the end, so looking goes on
            self._look()
            with self._changed:
                if self._changed.wait_for(lambda: self._left or not self._alive, self._interval):
                    return

    def _look(self) -> None:
        with self._changed:
            overdue = [
                (thread, run) for thread, run in self._runs.items() if run.end_overdue(time.monotonic())
            ]
            for thread, _ in overdue:
                self._stuck.add(thread)
                self._alive.discard(thread)
                self._changed.notify_all()
        for _, run in overdue:
            try:
                self._overdue(run)
            except Exception:
                _logger.exception("Giving up on event %d for now went wrong.", run.number)
            with self._changed:
                if len(self._stuck) > self._max_stuck:
                    self._missing += 1
                    continue
            try:
                self._start()
            except RuntimeError as error:
                _logger.error("No thread can take the place of one that is stuck: %s", error)
                with self._changed:
                    self._missing += 1


__all__ = ["Run", "Workers"]
