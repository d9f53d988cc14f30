"""Which waiting event may be handled next: one at a time of each key, in the order they came."""

from __future__ import annotations

import heapq
from collections import deque
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Lane:
    waiting: deque[int] = field(default_factory=deque)
    """Numbers of events, the oldest first; the first one is ready, postponed or taken."""


class Lanes:
    """Events by their number, in lanes. All of one key share a lane; one without a key has a lane to itself.

    Only numbers and keys are held here, not the events. Times are numbers on whatever clock the caller uses.
    Not safe for several threads by itself.
    """

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane] = {}
        self._keys: dict[int, str | None] = {}
        self._ready: list[int] = []
        self._postponed: list[tuple[float, int]] = []
        self._taken: set[int] = set()

    def __len__(self) -> int:
        """How many events are here, taken ones included."""
        return len(self._keys)

    @property
    def taken(self) -> int:
        """How many events are being handled."""
        return len(self._taken)

    def add(self, number: int, key: str | None, due: float | None = None) -> None:
        """Put an event at the end of its lane, not to be handled before `due`.

        Raises:
            ValueError: when it is here already.
        """
        if number in self._keys:
            raise ValueError(f"Event {number} is in its lane already.")
        self._keys[number] = key
        if key is not None:
            lane = self._lanes.setdefault(key, _Lane())
            lane.waiting.append(number)
            if lane.waiting[0] != number:
                # A time of its own has no meaning behind others: it would have been first when it got one.
                return
        self._offer(number, due)

    def take(self, now: float) -> int | None:
        """Take the oldest event that may be handled now; None when there is none."""
        while self._postponed and self._postponed[0][0] <= now:
            heapq.heappush(self._ready, heapq.heappop(self._postponed)[1])
        if not self._ready:
            return None
        number = heapq.heappop(self._ready)
        self._taken.add(number)
        return number

    def finish(self, number: int) -> None:
        """Take an event that was taken out of its lane; the next one of its key may follow."""
        self._taken.remove(number)
        key = self._keys.pop(number)
        if key is None:
            return
        lane = self._lanes[key]
        lane.waiting.popleft()
        if lane.waiting:
            self._offer(lane.waiting[0], None)
        else:
            del self._lanes[key]

    def postpone(self, number: int, due: float) -> None:
        """Give an event that was taken back, to be handled again from `due` on; its lane waits for it."""
        self._taken.remove(number)
        self._offer(number, due)

    def next_due(self) -> float | None:
        """When the first of the postponed events may be handled; None when none is postponed."""
        return self._postponed[0][0] if self._postponed else None

    def _offer(self, number: int, due: float | None) -> None:
        if due is None:
            heapq.heappush(self._ready, number)
        else:
            heapq.heappush(self._postponed, (due, number))


__all__ = ["Lanes"]
