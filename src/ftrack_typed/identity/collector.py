"""The garbage collector while many entities are made at once.

Left alone it would walk what came so far again and again, and find nothing, as all of it is alive. Switched off until
the end it would walk everything after it left the processor's cache. So it is asked between slices, for what the last
slice brought: this frees the program of about as much work as it makes.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

WORTH_COLLECTING = 64
"""Rows; fewer are left to the collector's own rhythm."""


@contextmanager
def collector_paused() -> Iterator[Callable[[int], None]]:
    """Have the garbage collector run only when it is told to, within a ``with`` block.

    Yields a function to be told how many rows were just read, which collects the youngest generation when that is
    worth it. Where the program has switched the collector off, it stays off, and the function does nothing.
    """
    if not gc.isenabled():
        yield _leave
        return
    gc.disable()
    try:
        yield _Nursery().grown
    finally:
        gc.enable()


class _Nursery:
    """The youngest generation, by the rows that went into it."""

    def __init__(self) -> None:
        self._rows = 0

    def grown(self, rows: int) -> None:
        """Collect it when it holds enough."""
        self._rows += rows
        if self._rows >= WORTH_COLLECTING:
            self._rows = 0
            gc.collect(0)


def _leave(rows: int) -> None:
    """Do nothing."""
