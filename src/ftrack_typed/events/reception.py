"""What comes, on its way into the inbox; gap markers go ahead of what follows the gap."""

from __future__ import annotations

import logging
import threading

from ftrack_typed.events.event import Event
from ftrack_typed.events.inbox import Inbox, Receipt
from ftrack_typed.events.local import GAP, LOCAL, Gap
from ftrack_typed.events.registry import Registry
from ftrack_typed.events.statistics import Counters

_logger = logging.getLogger("ftrack_typed.events")


class Reception:
    """Puts events into an inbox. Used by one thread, save for `inbox`, `in_gap` and `begin_gap`.

    Args:
        inbox: Where they go.
        registry: Whether anybody wants news of the hub itself.
        counters: Where events are counted.
    """

    inbox: Inbox
    """Where they go; may be exchanged at any time."""

    def __init__(self, inbox: Inbox, registry: Registry, counters: Counters) -> None:
        self.inbox = inbox
        self._registry = registry
        self._counters = counters
        self._gap: Gap | None = None
        self._lock = threading.Lock()
        self._held: list[Event] = []
        self._refused: Gap | None = None

    @property
    def in_gap(self) -> bool:
        """Whether there is a gap that has not been told."""
        return self._gap is not None

    def begin_gap(self, reason: str, since: str) -> None:
        """From this moment on events may have been missed; hold back what comes until `end_gap`."""
        gap = Gap.now(reason, since=since)
        with self._lock:
            self._gap = gap if self._gap is None else self._gap.joined(gap)

    def end_gap(self) -> None:
        """No more events are missed: tell of the gap, and then of what came meanwhile."""
        gap = self._gap
        if gap is not None:
            self._put(Gap.now(gap.reason, since=gap.since).event())
            with self._lock:
                if self._gap is gap:  # or else there is another one by now
                    self._gap = None
        held, self._held = self._held, []
        for event in held:
            self._put(event)

    def interrupt(self) -> None:
        """The connection broke; what was held back is not held any longer."""
        if self._held:
            self.end_gap()

    def take(self, event: Event) -> None:
        """Take up an event that came."""
        if self._gap is None:
            self._put(event)
        else:
            self._held.append(event)

    def tell(self, event: Event) -> None:
        """Take up news of the hub itself."""
        self._put(event)

    def _put(self, event: Event) -> None:
        """Put an event into the inbox; news of the hub itself only where somebody wants them."""
        if event.topic == GAP:
            self._counters.add("gaps")
        if event.topic not in LOCAL:
            self._counters.add("received")
        elif not self._registry.interested(event):
            return
        try:
            if self._refused is not None:
                self.inbox.put(self._refused.event())
                self._refused = None
                self._counters.add("gaps")
            receipt = self.inbox.put(event)
        except Exception:
            _logger.exception("The inbox takes no events.")
            self._counters.add("lost")
            lost = Gap.now("the inbox failed", lost=1)
            self._refused = lost if self._refused is None else self._refused.joined(lost)
            return
        if receipt is Receipt.DUPLICATE:
            self._counters.add("duplicates")
        elif receipt is Receipt.LOST:
            self._counters.add("lost")
