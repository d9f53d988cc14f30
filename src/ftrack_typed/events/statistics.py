"""What a hub has seen and done, in numbers."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Statistics:
    """Numbers since the hub was made; a snapshot that does not change."""

    received: int = 0
    """Events that came from the server, duplicates included."""
    duplicates: int = 0
    """Events that had come before, and were left out."""
    lost: int = 0
    """Events left out because too many were waiting; each is counted in a gap marker."""
    gaps: int = 0
    """Gap markers made for other reasons: times at which events may be missing."""
    handled: int = 0
    """Events given to the handlers that wanted them."""
    handler_errors: int = 0
    """Handlers that raised."""
    bad_packets: int = 0
    """Packets that could not be read."""
    unknown_packets: int = 0
    """Packets of kinds this library has no use for."""
    unknown_keys: int = 0
    """Events with keys this library does not know."""
    published: int = 0
    """Events given to `publish` for the server."""
    acknowledged: int = 0
    """Publications the server has confirmed."""
    dropped: int = 0
    """Publications that ended without reaching the server."""
    expired: int = 0
    """Publications that were not confirmed in time."""
    resent: int = 0
    """Publications sent once more, because the connection broke before they were confirmed."""
    connects: int = 0
    """Connections made."""
    disconnects: int = 0
    """Connections that broke."""
    failures: int = 0
    """Attempts to connect that failed."""
    internal_errors: int = 0
    """Times the thread of the hub had to recover from an error of its own."""
    waiting: int = 0
    """Events received and not yet handled."""
    queued: int = 0
    """Publications not yet confirmed by the server."""
    last_packet_age: float | None = None
    """Seconds since something came from the server on this connection, None when there is none."""


_COUNTED = frozenset(field.name for field in fields(Statistics)) - {"waiting", "queued", "last_packet_age"}


class Counters:
    """Counts for `Statistics`. May be used from several threads."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def add(self, name: str, amount: int = 1) -> None:
        """Count something; `name` is a field of `Statistics`."""
        assert name in _COUNTED, name
        with self._lock:
            self._counts[name] += amount

    def read(self) -> Mapping[str, int]:
        """The numbers so far."""
        with self._lock:
            return dict(self._counts)
