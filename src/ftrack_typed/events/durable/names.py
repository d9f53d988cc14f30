"""Names of handlers that are the same whenever a program is started."""

from __future__ import annotations

import threading
import weakref
from collections import Counter
from collections.abc import Callable, Sequence

from ftrack_typed.events.subscriber import Subscriber


class HandlerNames:
    """Names subscribers after their function and subscription.

    Where both are the same for several, they are numbered in the order they subscribed: a program that subscribes
    in the same order each time it starts gives the same names.
    """

    def __init__(self, subscribers: Callable[[], Sequence[Subscriber]]) -> None:
        self._subscribers = subscribers
        self._names: weakref.WeakKeyDictionary[Subscriber, str] = weakref.WeakKeyDictionary()
        self._used: Counter[str] = Counter()
        self._lock = threading.Lock()

    def of(self, subscriber: Subscriber) -> str:
        """The name of a subscriber."""
        with self._lock:
            if subscriber not in self._names:
                for other in (*self._subscribers(), subscriber):
                    if other not in self._names:
                        self._names[other] = self._unused(_name(other))
            return self._names[subscriber]

    def _unused(self, name: str) -> str:
        self._used[name] += 1
        return name if self._used[name] == 1 else f"{name} ({self._used[name]})"


def _name(subscriber: Subscriber) -> str:
    callback = subscriber.callback
    function = getattr(callback, "func", callback)  # of a partial
    name = getattr(function, "__qualname__", type(function).__qualname__)
    module = getattr(function, "__module__", type(function).__module__)
    return f"{module}.{name} on {subscriber.subscription}"


__all__ = ["HandlerNames"]
