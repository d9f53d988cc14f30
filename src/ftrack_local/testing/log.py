"""What a server was asked. Keys, bodies and the query parts of addresses are never kept."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

MAX_ENTRIES = 10_000
"""How many requests a log remembers."""


@dataclass(frozen=True, slots=True)
class LoggedRequest:
    """One request and how it was answered."""

    method: str
    path: str
    user: str | None
    """User name the client gave, right or wrong."""
    actions: tuple[str, ...]
    """Action of each operation in the batch, in order; empty for anything but the API."""
    status: int | None
    """HTTP status of the answer, None when there was none."""
    duration: float
    """Seconds until the answer was complete."""
    fault: str | None = None
    """Name of the planned fault that struck."""

    @property
    def operations(self) -> int:
        """How many operations the batch had."""
        return len(self.actions)


class RequestLog(Sequence[LoggedRequest]):
    """The latest requests, oldest first; may be read while the server works."""

    def __init__(self) -> None:
        self._entries: deque[LoggedRequest] = deque(maxlen=MAX_ENTRIES)
        self._lock = threading.Lock()

    def add(self, entry: LoggedRequest) -> None:
        """Remember a request."""
        with self._lock:
            self._entries.append(entry)

    def clear(self) -> None:
        """Forget all requests."""
        with self._lock:
            self._entries.clear()

    def actions(self) -> list[str]:
        """Return the action of every operation received, in order."""
        return [action for entry in self for action in entry.actions]

    def count(self, value: object) -> int:
        """Return how often a request was logged, or, given a text, how often an action was received."""
        return self.actions().count(value) if isinstance(value, str) else super().count(value)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[LoggedRequest]:
        with self._lock:
            return iter(list(self._entries))

    @overload
    def __getitem__(self, index: int) -> LoggedRequest: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[LoggedRequest]: ...
    def __getitem__(self, index: int | slice) -> LoggedRequest | Sequence[LoggedRequest]:
        return list(self)[index]
