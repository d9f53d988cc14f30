"""Closing what is still open when the interpreter exits."""

from __future__ import annotations

import atexit
from typing import Protocol
from weakref import WeakSet

from ftrack_typed.locks import ForkSafeLock


class Closable(Protocol):
    """Something with a connection to close."""

    def close(self) -> None:
        """Close it; may be called again."""


_open: WeakSet[Closable] = WeakSet()
_lock = ForkSafeLock()
_registered = False


def close_at_exit(closable: Closable) -> None:
    """Have `closable` closed at the end of the program, unless it is collected before."""
    global _registered
    with _lock:
        if not _registered:
            atexit.register(_close_all)
            _registered = True
        _open.add(closable)


def _close_all() -> None:
    for closable in list(_open):
        closable.close()
