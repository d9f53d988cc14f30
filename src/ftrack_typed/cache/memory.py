"""A cache in memory."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from ftrack_typed.cache.interface import Cache
from ftrack_typed.locks import ForkSafeLock


class MemoryCache(Cache):
    """Keeps values as they are; may be shared by threads.

    Args:
        max_entries: How many to keep at most, None for all; what was not used for longest goes first.
    """

    def __init__(self, max_entries: int | None = None) -> None:
        if max_entries is not None and max_entries < 1:
            raise ValueError(f"max_entries must be at least 1, or None for no bound, not {max_entries}.")
        self._values: OrderedDict[Any, Any] = OrderedDict()
        self._max_entries = max_entries
        self._lock = ForkSafeLock()

    def get(self, key: Any) -> Any:
        with self._lock:
            value = self._values[key]
            if self._max_entries is not None:
                self._values.move_to_end(key)
            return value

    def set(self, key: Any, value: Any) -> None:
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            if self._max_entries is not None and len(self._values) > self._max_entries:
                self._values.popitem(last=False)

    def remove(self, key: Any) -> Any:
        with self._lock:
            return self._values.pop(key)

    def keys(self) -> list[Any]:
        with self._lock:
            return list(self._values)
